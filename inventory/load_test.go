package inventory

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// base is the least that works. The tables below change one part of it.
const base = `app: shop
servers:
  - name: web1
    address: 10.0.0.1:80
  - name: web2
    address: 10.0.0.2:80
balancers:
  - name: lb1
    haproxy: {backends: [shop]}
deploy:
  steps:
    - run: ./deploy
health: none
`

// changed returns base with one part replaced, or with more below it where old is "".
func changed(t *testing.T, old, to string) string {
	t.Helper()
	if old == "" {
		return base + to
	}
	if !strings.Contains(base, old) {
		t.Fatalf("%q is not in the base", old)
	}
	return strings.Replace(base, old, to, 1)
}

// load loads a text that must be right.
func load(t *testing.T, text string) *Inventory {
	t.Helper()
	inv, err := Load(strings.NewReader(text), "inventory.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// told lists problems as "LINE:COLUMN text (hint)".
func told(problems []Problem) []string {
	var all []string
	for _, p := range problems {
		s := fmt.Sprintf("%d:%d %s", p.Pos.Line, p.Pos.Column, p.Text)
		if p.Hint != "" {
			s += " (" + p.Hint + ")"
		}
		all = append(all, s)
	}
	return all
}

// bad is a row of a table: base with old replaced by to, and what Load must say.
type bad struct {
	name, old, to string
	want          []string
}

func refused(t *testing.T, rows []bad) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, problemsOf(t, changed(t, row.old, row.to))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// problemsOf returns what is wrong with a text, which must be something.
func problemsOf(t *testing.T, text string) []string {
	t.Helper()
	inv, err := Load(strings.NewReader(text), "inventory.yaml")
	var problems Problems
	if inv != nil || !errors.As(err, &problems) {
		t.Fatalf("got %v, %v; want only problems", inv, err)
	}
	return told(problems)
}

func TestProblemsThatTakeMoreThanOneChange(t *testing.T) {
	for name, row := range map[string]struct {
		changes []string // old, new, old, new …
		want    []string
	}{
		"a once-step on a group": {
			[]string{"10.0.0.1:80\n", "10.0.0.1:80\n    group: blue\n", "./deploy\n", "./deploy\n      once: true\n      on: blue\n"},
			[]string{`15:11 no server is called "blue" (it is a group; write one server)`},
		},
		"a name that a worker has no value for": {
			[]string{"balancers:", "  - {name: job, balanced: false}\nbalancers:", "health: none", "health: {tcp: '${ROTA_ADDRESS}'}"},
			[]string{`14:16 ${ROTA_ADDRESS} has no value on job`},
		},
		"a name that only the blue ones have a value for": {
			[]string{"10.0.0.1:80\n", "10.0.0.1:80\n    group: blue\n", "- run: ./deploy\n", "- upload: a\n      to: /a/${ROTA_GROUP}\n      only: [web1, web2]\n"},
			[]string{`14:14 ${ROTA_GROUP} has no value on web2`},
		},
		"blue-green with one group": {
			[]string{"10.0.0.1:80\n", "10.0.0.1:80\n    group: blue\n", "health: none\n", "health: none\nrollout:\n  strategy: blue-green\n"},
			[]string{`16:13 blue-green needs two groups, and there are 1 (add blue_green: [blue, green])`},
		},
		"blue-green with a group that nobody knows": {
			[]string{"10.0.0.1:80\n", "10.0.0.1:80\n    group: [blue, green]\n", "health: none\n", "health: none\nrollout:\n  blue_green: [blue, grene]\n"},
			[]string{`16:22 no group is called "grene" (did you mean "green"?)`},
		},
		"blue-green with a server in both groups": {
			[]string{"10.0.0.1:80\n", "10.0.0.1:80\n    group: [blue, green]\n", "health: none\n", "health: none\nrollout:\n  blue_green: [blue, green]\n"},
			[]string{`16:15 web1 is in both groups (a server is in one of the two)`},
		},
		"a server in place of a group": {
			[]string{"10.0.0.1:80\n", "10.0.0.1:80\n    group: [blue, green]\n", "health: none\n", "health: none\nrollout:\n  blue_green: [blue, web1]\n"},
			[]string{`16:22 no group is called "web1" (there are "blue" and "green")`},
		},
		"unknown names are not told where not all servers could be read": {
			[]string{"name: web2", "nam: web2", "./deploy\n", "./deploy\n      only: [web2]\n"},
			[]string{`5:5 unknown key "nam" (did you mean "name"?)`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, problemsOf(t, strings.NewReplacer(row.changes...).Replace(base))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestTheLeastThatWorksGetsEveryDefault(t *testing.T) {
	want := &Inventory{
		File: "inventory.yaml",
		App:  "shop",
		SSH:  SSH{ConnectTimeout: 10 * time.Second, SudoPassword: "never"},
		Servers: []Server{
			{Name: "web1", SSH: "web1", Address: "10.0.0.1:80", Balanced: true, Pos: Position{Line: 3, Column: 5}},
			{Name: "web2", SSH: "web2", Address: "10.0.0.2:80", Balanced: true, Pos: Position{Line: 5, Column: 5}},
		},
		Balancers: []Balancer{{
			Name:    "lb1",
			SSH:     "lb1",
			HAProxy: &HAProxy{Socket: "/run/haproxy/admin.sock", Backends: []string{"shop"}},
			Servers: []string{"web1", "web2"},
			Pos:     Position{Line: 8, Column: 5},
		}},
		Deploy: Deploy{Steps: []Step{{Run: "./deploy", Timeout: 10 * time.Minute, Pos: Position{Line: 12, Column: 7}}}},
		Health: Health{None: true},
		Rollout: Rollout{
			Strategy:       "rolling",
			Batches:        []Size{{N: 1}},
			Confirm:        "batch",
			DrainTimeout:   time.Minute,
			OnDrainTimeout: "ask",
			Soak:           10 * time.Second,
			OnFailure:      "ask",
		},
		Lock: "shop",
	}
	if diff := cmp.Diff(want, load(t, base), cmpopts.IgnoreUnexported(Inventory{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestAProblemShowsPlaceLineAndHint(t *testing.T) {
	_, err := Load(strings.NewReader(changed(t, "", "rollout:\n  drain_timout: 60s\n")), "ops/inventory.yaml")
	want := "ops/inventory.yaml:15:3: unknown key \"drain_timout\"\n" +
		"      drain_timout: 60s\n" +
		"    did you mean \"drain_timeout\"?"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	long := Problem{File: "a", Pos: Position{Line: 1, Column: 2}, Text: "b", Line: strings.Repeat("é", 300)}
	if got, want := long.Error(), "a:1:2: b\n    "+strings.Repeat("é", 100)+"…"; got != want {
		t.Errorf("a long line: %s", got)
	}
	var one Problem
	if !errors.As(err, &one) || one.Line != "  drain_timout: 60s" {
		t.Errorf("the problem inside is %+v", one)
	}
}

func TestAllProblemsAreToldInTheOrderOfTheFile(t *testing.T) {
	text := `health: nine
deploy: {}
servers:
  - name: web 1
    address_: x
  - ssh: [a]
aap: shop
aap: shop
`
	_, err := Load(strings.NewReader(text), "inventory.yaml")
	want := []string{
		`1:1 missing key "balancers" (add it, such as balancers: [{name: lb1, haproxy: {backends: [shop_web]}}])`,
		`1:9 unknown value "nine" (write none, or keys such as http: http://127.0.0.1:8080/healthz)`,
		`2:1 missing key "steps" (add it, such as steps: [{run: COMMAND}])`,
		`4:11 "web 1" is not a name for a server (write letters, digits, "_", ".", ":" and "-", not beginning with "-")`,
		`5:5 unknown key "address_" (did you mean "address"?)`,
		`6:5 missing key "address" (add it, such as address: 10.0.0.11:8080, or balanced: false)`,
		`6:5 missing key "name" (add it, such as name: web1)`,
		`6:10 a list where a single value is needed`,
		`7:1 unknown key "aap" (did you mean "app"?)`,
		`8:1 the key "aap" stands here twice (remove one of the two)`,
	}
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, told(problems)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestFilesThatAreNoInventory(t *testing.T) {
	for name, row := range map[string]struct{ text, want string }{
		"empty":              {"", `1:1 the file is empty (an inventory needs at least app, servers, balancers, deploy and health)`},
		"comments":           {"# soon\n", `1:1 the file is empty (an inventory needs at least app, servers, balancers, deploy and health)`},
		"null":               {"~\n", `1:1 nothing where keys are needed (an inventory needs at least app, servers, balancers, deploy and health)`},
		"a list":             {"- app: shop\n", `1:1 a list where keys are needed (an inventory needs at least app, servers, balancers, deploy and health)`},
		"a text":             {"hello\n", `1:1 a single value where keys are needed (an inventory needs at least app, servers, balancers, deploy and health)`},
		"not UTF-8":          {"app: sh\xf6p\n", `1:8 this is not UTF-8 text (save the file as UTF-8)`},
		"several documents":  {base + "---\n" + base, `14:1 a second document begins here (an inventory is one document: one file for each application)`},
		"a tab":              {"app:\n\tshop\n", `2:1 this is not YAML: found character '\t' that cannot start any token (indent with spaces, not with tabs)`},
		"endless":            {strings.Repeat("- ", 1<<20), `1:1 the file is too big (an inventory has at most 256 KiB)`},
		"deep":               {strings.Repeat("[", 1000), `1:61 this is nested too deeply (an inventory has at most 60 levels)`},
		"a tag":              {"app: !!binary c2hvcA==\n" + base[10:], `1:6 tags (!!binary) are not supported (remove it; a number in quotes is a text)`},
		"an unknown alias":   {changed(t, "10.0.0.1:80", "*a"), `4:14 there is no anchor for the alias *a (an anchor, &a, must stand before it)`},
		"a key of two words": {changed(t, "app: shop", "app: shop\n? {a: b}\n: c"), `3:1 this is not YAML: found an invalid key for this map`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(strings.NewReader(row.text), "inventory.yaml")
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatal(err)
			}
			if got := told(problems); got[0] != row.want {
				t.Errorf("got  %q\nwant %q", got, row.want)
			}
		})
	}
}

func TestWhatCannotBeReadIsNoProblemOfTheFile(t *testing.T) {
	_, err := Load(iotest.ErrReader(errors.New("disk gone")), "inventory.yaml")
	var problems Problems
	if err == nil || errors.As(err, &problems) || err.Error() != "inventory.yaml: disk gone" {
		t.Errorf("got %v", err)
	}
}

func TestTopLevelRefusals(t *testing.T) {
	refused(t, []bad{
		{"no app", "app: shop\n", "", []string{`1:1 missing key "app" (add it, such as app: shop)`}},
		{"an app with a slash", "app: shop", "app: a/b", []string{`1:6 "a/b" is not a name (write letters, digits, "_", "." and "-", not beginning with "-")`}},
		{"an app that is a folder", "app: shop", "app: ..", []string{`1:6 ".." is not a name (write letters, digits, "_", "." and "-", not beginning with "-")`}},
		{"an app that is a list", "app: shop", "app: [shop]", []string{`1:6 a list where a single value is needed`}},
		{"an app without a value", "app: shop", "app:", []string{`1:1 "app" has no value (give it a value, or remove the key)`}},
		{"an environment with a blank", "", "environment: a b\n", []string{`14:14 "a b" is not a name (write letters, digits, "_", "." and "-", not beginning with "-")`}},
		{"protected by yes", "", "protected: yes\n", []string{`14:12 "yes" is not true or false (write true or false)`}},
		{"an unknown key", "", "rolout: {}\n", []string{`14:1 unknown key "rolout" (did you mean "rollout"?)`}},
		{"a key of nobody's", "", "zebra: {}\n", []string{`14:1 unknown key "zebra" (the keys here: "app", "environment", "protected", "ssh", "servers", "balancers", "deploy", "jobs", "health", "probe", "rollout", "hooks", "lock", "record")`}},
		{"x- below the top", "", "rollout: {x-y: 1}\n", []string{`14:11 unknown key "x-y" (the keys here: "strategy", "blue_green", "batches", "confirm", "min_in_rotation", "max_failures", "drain_timeout", "on_drain_timeout", "soak", "on_failure", "max_errors", "canary", "warm")`}},
		{"a mistyped key is not missed too", "app: shop", "ap: shop", []string{`1:1 unknown key "ap" (did you mean "app"?)`}},
		{"a section that is a list", "", "rollout: [a]\n", []string{`14:10 a list where keys are needed (the keys here: "strategy", "blue_green", "batches", "confirm", "min_in_rotation", "max_failures", "drain_timeout", "on_drain_timeout", "soak", "on_failure", "max_errors", "canary", "warm")`}},
		{"a record folder that is relative", "", "record: var/rota\n", []string{`14:9 "var/rota" is not an absolute path (write an absolute path)`}},
		{"a lock with a slash", "", "lock: ../x\n", []string{`14:7 "../x" is not a name (write letters, digits, "_", "." and "-", not beginning with "-")`}},
		{"ssh as an option", "", "ssh: {user: -oProxyCommand=x}\n", []string{`14:13 "-oProxyCommand=x" is not a user (write a login name)`}},
		{"ssh keys", "", "ssh:\n  users: a\n  config: ''\n  connect_timeout: 10\n  sudo_password: env\n", []string{
			`15:3 unknown key "users" (did you mean "user"?)`,
			`16:11 "" is not a path (write a path, such as ~/.ssh/config)`,
			`17:20 "10" is not a duration (write a number and its unit, such as 90s or 2m)`,
			`18:18 "env" is not a way to get a password (write never, ask or env:NAME)`,
		}},
		{"a problem in an anchor is told once", "", "x-a: &a {drain_timeout: 0s}\nrollout: *a\n", []string{`14:25 this duration must be more than 0 (write a number and its unit, such as 90s or 2m)`}},
		{"an unknown key that was merged", "", "x-a: &a {soaks: 1s}\nrollout:\n  <<: *a\n", []string{`14:10 unknown key "soaks" (did you mean "soak"?)`}},
		{"hooks have hyphens", "", "hooks: {on_failure: x}\n", []string{`14:9 unknown key "on_failure" (did you mean "on-failure"?)`}},
		{"an empty command", "", "hooks: {after: ' '}\n", []string{`14:16 an empty text (give it a value, or remove the key)`}},
		{"a zero byte", "", "hooks: {after: \"a\\0b\"}\n", []string{`14:16 this holds a zero byte (remove it)`}},
	})
}

func TestTopLevelValues(t *testing.T) {
	inv := load(t, base+"environment: prod\nssh: {user: deploy, sudo_password: env:PASS}\nrecord: /srv/rota\nx-any: {thing: [goes]}\n")
	if !inv.Protected || inv.Lock != "shop-prod" || inv.Record != "/srv/rota" {
		t.Errorf("got %+v", inv)
	}
	if want := (SSH{User: "deploy", ConnectTimeout: 10 * time.Second, SudoPassword: "env:PASS"}); inv.SSH != want {
		t.Errorf("got %+v", inv.SSH)
	}
	if load(t, base+"environment: production\nprotected: false\n").Protected {
		t.Error("protected although it says false")
	}
	if load(t, base+"environment: staging\n").Protected {
		t.Error("staging is protected")
	}
	if got := load(t, base+"environment: staging\nlock: both\n").Lock; got != "both" {
		t.Errorf("the lock is %q", got)
	}
}

func TestTheWeightsOfACanaryHaveADefault(t *testing.T) {
	inv := load(t, base+"rollout:\n  strategy: canary\n")
	if want := []Size{{1, true}, {10, true}, {50, true}}; !slices.Equal(inv.Rollout.Canary.Weights, want) || inv.Rollout.Canary.Hold != time.Minute {
		t.Errorf("canary has %v", inv.Rollout.Canary)
	}
}

func TestCommandsAroundARun(t *testing.T) {
	text := strings.Replace(base, "backends: [shop]}", "backends: [shop]}\n    before: a\n    after: b", 1)
	inv := load(t, text+"hooks: {before: c, after-batch: d, after: e, on-failure: f}\n")
	if b := inv.Balancers[0]; b.Before != "a" || b.After != "b" || inv.Hooks != (Hooks{"c", "d", "e", "f"}) {
		t.Errorf("got %q, %q, %+v", b.Before, b.After, inv.Hooks)
	}
}
