package inventory

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestDeployRefusals(t *testing.T) {
	const (
		step  = "    - run: ./deploy\n"
		steps = "  steps:\n" + step
	)
	refused(t, []bad{
		{"no deploy", "deploy:\n" + steps, "", []string{`1:1 missing key "deploy" (add it, such as deploy: {steps: [{run: COMMAND}]})`}},
		{"no steps", steps, "  env: {A: b}\n", []string{`10:1 missing key "steps" (add it, such as steps: [{run: COMMAND}])`}},
		{"an empty list of steps", steps, "  steps: []\n", []string{`11:10 the list is empty (write a list of steps, such as - run: COMMAND)`}},
		{"steps that are a text", steps, "  steps: ./deploy\n", []string{`11:10 a single value where a list is needed (write a list of steps, such as - run: COMMAND)`}},
		{"a step that is a text", step, "    - ./deploy\n", []string{`12:7 a single value where keys are needed (the keys here: "run", "only", "upload", "to", "reboot", "timeout", "sudo", "retry", "once", "on")`}},
		{"an empty item", step, step + "    -\n", []string{`13:6 an empty item (remove it)`}},
		{"a step that does nothing", step, "    - sudo: true\n", []string{`12:7 one of "run", "upload", "reboot" is needed here`}},
		{"a step that does two things", step, "    - run: a\n      upload: b\n      to: /c\n", []string{
			`13:7 "upload" cannot stand beside "run" (keep one of them)`,
			`14:7 "to" belongs to an upload (remove it)`,
		}},
		{"a command that is a list", step, "    - run: [a, b]\n", []string{`12:12 a list where a single value is needed`}},
		{"an upload to nowhere", step, "    - upload: a\n", []string{`12:7 missing key "to" (add it, such as to: /opt/shop/)`}},
		{"an upload of an option", step, "    - {upload: -a, to: ' '}\n", []string{
			`12:16 "-a" is not a path (write a path)`,
			`12:24 " " is not a path (write a path)`,
		}},
		{"an unknown name in an upload", step, "    - upload: a-${ROTA_VERSIN}\n      to: /b\n", []string{`12:17 unknown name ${ROTA_VERSIN} (did you mean "ROTA_VERSION"?)`}},
		{"a name of the environment's", step, "    - upload: a\n      to: /home/${USER}/\n", []string{
			`13:17 unknown name ${USER} (there are "ROTA_APP", "ROTA_ENV", "ROTA_VERSION", "ROTA_PREVIOUS", "ROTA_FROM", "ROTA_SERVER", "ROTA_HOST", "ROTA_ADDRESS", "ROTA_PORT", "ROTA_GROUP", "ROTA_BATCH" and "ROTA_RUN")`,
		}},
		{"a name without an end", step, "    - upload: a${ROTA_APP\n      to: /b\n", []string{`12:16 "${" without "}" (write ${NAME})`}},
		{"a name that has no value", step, "    - upload: a\n      to: /b/${ROTA_GROUP}\n    - upload: a${ROTA_ENV}\n      to: /b\n", []string{
			`13:14 ${ROTA_GROUP} has no value on web1`,
			`14:16 ${ROTA_ENV} has no value on web1`,
		}},
		{"a timeout without a unit", step, step + "      timeout: 90\n", []string{`13:16 "90" is not a duration (write a number and its unit, such as 90s or 2m)`}},
		{"a timeout of nothing", step, step + "      timeout: 0s\n", []string{`13:16 this duration must be more than 0 (write a number and its unit, such as 90s or 2m)`}},
		{"a timeout below nothing", step, step + "      timeout: -1s\n", []string{`13:16 a duration cannot be less than 0`}},
		{"a retry that is a text", step, step + "      retry: twice\n", []string{`13:14 "twice" is not a number (write a whole number, such as 2)`}},
		{"a retry below nothing", step, step + "      retry: -1\n", []string{`13:14 -1 is too small (it must be at least 0)`}},
		{"a retry without an end", step, step + "      retry: 10000000\n", []string{`13:14 10000000 is too big (it must be at most 1000000)`}},
		{"a once-step that is tried again", step, step + "      once: true\n      retry: 1\n", []string{`14:7 "retry" is not for a once-step: it is never run again unasked (remove it)`}},
		{"on without once", step, step + "      on: web1\n", []string{`13:7 "on" is for a once-step (add once: true, or write only: [web1])`}},
		{"on a server that nobody knows", step, step + "      once: true\n      on: wbe1\n", []string{`14:11 no server is called "wbe1" (did you mean "web1"?)`}},
		{"on a server without the step", step, step + "      once: true\n      on: web1\n      only: [web2]\n", []string{`14:7 "on" names web1, which does not have this step (add it to "only")`}},
		{"only for nobody", step, step + "      only: []\n", []string{`13:13 the list is empty (write [web1, web2], or groups of them)`}},
		{"only for one without brackets", step, step + "      only: web1\n", []string{`13:13 a single value where a list is needed (write [web1, web2], or groups of them)`}},
		{"only for a server that nobody knows", step, step + "      only: [web1, web3]\n", []string{`13:20 no server or group is called "web3" (did you mean "web1"?)`}},
		{"a reboot that waits twice", step, step + "    - reboot: 5m\n      timeout: 1m\n      to: /a\n", []string{
			`14:7 "timeout" cannot stand beside a reboot (write it as reboot: 10m)`,
			`15:7 "to" belongs to an upload (remove it)`,
		}},
		{"a reboot that is done once", step, step + "    - reboot: 5m\n      once: true\n", []string{
			`14:7 "once" is not for a reboot: every host is rebooted in its own turn (remove it)`,
		}},
		{"a reboot in rotation", step, step + "  prepare:\n    - reboot: 5m\n  finish: [{run: a}, {reboot: 5m}]\n", []string{
			`14:7 a reboot while the server is in rotation (move it to "steps")`,
			`15:22 a reboot while the server is in rotation (move it to "steps")`,
		}},
		{"a rollback that is wrong", step, step + "  rollback:\n    - rn: a\n", []string{
			`14:7 one of "run", "upload", "reboot" is needed here`,
			`14:7 unknown key "rn" (did you mean "run"?)`,
		}},
		{"a version that is a list", step, step + "  version: [a]\n", []string{`13:12 a list where a single value is needed`}},
		{"a version at no address", step, step + "  version: {http: web1/version}\n", []string{`13:19 "web1/version" is not a URL (write an address that begins with http:// or https://)`}},
		{"a version by nothing", step, step + "  version: {tcp: 'a:1'}\n", []string{
			`13:3 missing key "http" (add it, such as http: "http://${ROTA_ADDRESS}/version")`,
			`13:13 unknown key "tcp" (the keys here: "http")`,
		}},
		{"a secret that is no name", step, step + "  secrets: [A, 'B=c', A, ROTA_X]\n", []string{
			`13:16 "B=c" is not a name for a variable (write letters, digits and "_", not beginning with a digit)`,
			`13:26 "ROTA_X": the names that begin with ROTA_ are given by rota (rename it)`,
		}},
		{"a secret twice", step, step + "  secrets: [A, A]\n", []string{`13:16 "A" stands here twice (remove one of the two)`}},
		{"a variable without a name", step, step + "  env: {'': a}\n", []string{`13:9 "" is not a name for a variable (write letters, digits and "_", not beginning with a digit)`}},
		{"a variable twice", step, step + "  env: {A: a, A: b}\n", []string{`13:15 the key "A" stands here twice (remove one of the two)`}},
		{"a job without steps", "", "jobs: {patch: {}, 'a/b': {steps: []}}\n", []string{
			`14:8 missing key "steps" (add it, such as steps: [{run: COMMAND}])`,
			`14:19 "a/b" is not a name for a job (write letters, digits, "_", "." and "-", not beginning with "-")`,
			`14:34 the list is empty (write a list of steps, such as - run: COMMAND)`,
		}},
		{"jobs that are a list", "", "jobs: [a]\n", []string{`14:7 a list where names and values are needed (write NAME: {steps: [{run: COMMAND}]})`}},
	})
}

func TestDeployAsItIsWritten(t *testing.T) {
	text := strings.Replace(base, "10.0.0.1:80", "10.0.0.1:80\n    group: blue", 1)
	inv := load(t, strings.Replace(text, "deploy:\n  steps:\n    - run: ./deploy\n", `deploy:
  prepare:
    - {upload: 'a-${ROTA_VERSION}', to: '/opt/${ROTA_SERVER}/', only: [blue]}
    - {run: migrate, once: true, on: web1, sudo: db}
    - {run: slow, once: true, timeout: 1h}
  steps:
    - run: |
        one
        two
      timeout: 90s
      sudo: true
      retry: 2
    - {upload: x, to: '/opt/${ROTA_GROUP}', only: [blue, web1]}
    - reboot: 5m
  finish: []
  rollback: []
  version: {http: 'http://${ROTA_ADDRESS}/version'}
  versions: git tag
  env: {A: "1", B: two words}
  secrets: [TOKEN, _X]
jobs:
  z: {steps: [{run: a}]}
  a: {steps: [{run: b}]}
`, 1))
	const usual = 10 * time.Minute
	want := Deploy{
		Prepare: []Step{
			{Upload: "a-${ROTA_VERSION}", To: "/opt/${ROTA_SERVER}/", Only: []string{"blue"}, Timeout: usual},
			{Run: "migrate", Once: true, On: "web1", Sudo: "db"},
			{Run: "slow", Once: true, Timeout: time.Hour},
		},
		Steps: []Step{
			{Run: "one\ntwo\n", Timeout: 90 * time.Second, Sudo: "root", Retry: 2},
			{Upload: "x", To: "/opt/${ROTA_GROUP}", Only: []string{"blue", "web1"}, Timeout: usual},
			{Reboot: 5 * time.Minute},
		},
		Finish:   []Step{},
		Rollback: []Step{},
		Version:  VersionCheck{HTTP: "http://${ROTA_ADDRESS}/version"},
		Versions: "git tag",
		Env:      []Var{{"A", "1"}, {"B", "two words"}},
		Secrets:  []string{"TOKEN", "_X"},
	}
	if diff := cmp.Diff(want, inv.Deploy, cmpopts.IgnoreFields(Step{}, "Pos")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if inv.Jobs[0].Name != "z" || inv.Jobs[1].Name != "a" {
		t.Errorf("the jobs are %+v, not in the order of the file", inv.Jobs)
	}
}

func TestAStepIsForTheServersThatItNames(t *testing.T) {
	web := Server{Name: "web1", Groups: []string{"blue", "eu"}}
	for name, row := range map[string]struct {
		only []string
		want bool
	}{
		"no one named":  {nil, true},
		"itself":        {[]string{"web2", "web1"}, true},
		"a group of it": {[]string{"eu"}, true},
		"others":        {[]string{"web2", "green"}, false},
	} {
		if got := (Step{Only: row.only}).For(web); got != row.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
