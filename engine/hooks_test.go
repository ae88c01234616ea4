package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/inventory"
	"rota/rollout"
)

const hooksYAML = `
app: shop
environment: test
servers:
  - name: web{1..2}
    address: 10.0.0.{1..2}:80
balancers:
  - name: lb1
    haproxy: {socket: /run/haproxy.sock, backends: [app]}
    before: puppet off
    after: puppet on
    sudo: true
  - name: lb2
    haproxy: {socket: /run/haproxy.sock, backends: [app]}
    after: tidy
deploy:
  prepare:
    - {run: stage, only: [web1]}
  steps:
    - run: activate
  finish:
    - {run: clean, only: [web1]}
  env: {TEAM: red}
  version: "true"
health: {http: "http://127.0.0.1/"}
rollout:
  soak: 0s
  confirm: never
  on_failure: pause
hooks:
  before: ci
  after-batch: smoke
  after: tell
  on-failure: alarm
`

// beside is this machine, or a balancer's, as a process reaches it.
type beside struct {
	*process
	where string
}

var exported = regexp.MustCompile(`(?m)^export (\w+)='(.*)'$`)

// Run does an errand, which takes a moment and goes on when rota was killed.
func (b beside) Run(_ context.Context, script, sudo string, out io.Writer) error {
	if b.dead.Load() {
		return errKilled
	}
	_, rest, ok := strings.Cut(script, "set -eu\n")
	if !ok { // it ends one
		return nil
	}
	command, _, _ := strings.Cut(rest, "\n")
	vars := map[string]string{"sudo": sudo}
	for _, m := range exported.FindAllStringSubmatch(script, -1) {
		vars[m[1]] = m[2]
	}
	b.mu.Lock()
	b.did = append(b.did, b.where+": "+command)
	b.mu.Unlock()
	time.Sleep(50 * time.Millisecond)
	_, _ = io.WriteString(out, command+" says\nso\n")
	if b.errand != nil {
		return b.errand(b.where, command, vars)
	}
	return nil
}

// order lists what was done, in order: the side-by-side ones sorted.
func (w *world) order() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var did []string
	for _, d := range w.did {
		if n := len(did); strings.HasSuffix(d, ": tidy") && n > 0 && strings.HasSuffix(did[n-1], ": puppet on") {
			did = slices.Insert(did, n-1, d)
			continue
		}
		did = append(did, d)
	}
	return did
}

func TestHooksAndBalancersCommandsStandAroundARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, hooksYAML, 1)
		got := map[string]string{}
		w.errand = func(where, command string, vars map[string]string) error {
			var said []string
			for _, name := range append(inventory.Names(), varOutcome, varFailed, "TEAM", "sudo") {
				if v := vars[name]; v != "" {
					said = append(said, strings.TrimPrefix(name, "ROTA_")+"="+v)
				}
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			got[where+": "+command] += strings.Join(said, " ") + "; "
			return nil
		}
		if sum, err := w.deploy("2"); err != nil || sum.Outcome != rollout.Done || sum.Told != nil {
			t.Errorf("%s, %v, told %q", sum.Outcome, err, sum.Told)
		}
		want := strings.Split("here: ci, lb1: puppet off, web1: stage 2, web1: activate 2, here: smoke, web2: activate 2, here: smoke, "+
			"web1: clean 2, lb2: tidy, lb1: puppet on, here: tell", ", ")
		if diff := cmp.Diff(want, w.order()); diff != "" {
			t.Error(diff)
		}
		vars := func(more string) string {
			return "APP=shop ENV=test VERSION=2 " + more + "RUN=" + testRun
		}
		wantVars := map[string]string{
			"here: ci":        vars("") + " TEAM=red; ",
			"here: smoke":     vars("BATCH=1 ") + " TEAM=red; " + vars("BATCH=2 ") + " TEAM=red; ",
			"here: tell":      vars("") + " OUTCOME=done TEAM=red; ",
			"lb1: puppet off": vars("") + " TEAM=red sudo=root; ",
			"lb1: puppet on":  vars("") + " TEAM=red sudo=root; ",
			"lb2: tidy":       vars("") + " TEAM=red; ",
		}
		if diff := cmp.Diff(wantVars, got); diff != "" {
			t.Error(diff)
		}
		w.replays()
	})
}

func TestAHookOrABalancersCommandThatFails(t *testing.T) {
	tests := []struct {
		name    string
		fails   string // this one, or a server's command
		outcome rollout.Outcome
		why     string
		told    []string
		did     string
		stands  string
	}{
		{
			"hooks.before ends the run before its first change", "here: ci", rollout.Aborted,
			"hooks.before: exit status 1: so: nothing was touched", nil,
			"here: ci, here: alarm", "web1 in 1, web2 in 1",
		},
		{
			"a balancer's before ends it too, and what comes after it is done", "lb1: puppet off", rollout.Aborted,
			"lb1: before: exit status 1: so: nothing was touched", nil,
			"here: ci, lb1: puppet off, lb2: tidy, lb1: puppet on, here: alarm", "web1 in 1, web2 in 1",
		},
		{
			"hooks.after-batch holds the run", "here: smoke", rollout.Paused, "hooks.after-batch: exit status 1: so", nil,
			"here: ci, lb1: puppet off, web1: stage 2, web1: activate 2, here: smoke, lb2: tidy, lb1: puppet on, here: alarm",
			"web1 in 2, web2 in 1",
		},
		{
			"a balancer's after is told", "lb1: puppet on", rollout.Done, "",
			[]string{"lb1: after: exit status 1: so"},
			"here: ci, lb1: puppet off, web1: stage 2, web1: activate 2, here: smoke, web2: activate 2, here: smoke, " +
				"web1: clean 2, lb2: tidy, lb1: puppet on, here: tell", "web1 in 2, web2 in 2",
		},
		{
			"hooks.after is told", "here: tell", rollout.Done, "",
			[]string{"hooks.after: exit status 1: so"},
			"here: ci, lb1: puppet off, web1: stage 2, web1: activate 2, here: smoke, web2: activate 2, here: smoke, " +
				"web1: clean 2, lb2: tidy, lb1: puppet on, here: tell", "web1 in 2, web2 in 2",
		},
		{
			"a step that fails: what comes after a run is done, and the alarm raised", "web1: activate", rollout.Paused, "web1: activate: exit status 1", nil,
			"here: ci, lb1: puppet off, web1: stage 2, web1: activate 2, lb2: tidy, lb1: puppet on, here: alarm",
			"web1 out 1, web2 in 1",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, hooksYAML, 1)
				broken, alarm := true, ""
				w.errand = func(where, command string, vars map[string]string) error {
					if command == "alarm" {
						alarm = vars[varOutcome] + " " + vars[varFailed]
					}
					if broken && tt.fails == where+": "+command {
						return exitError(1)
					}
					return nil
				}
				w.command = func(server, command, _ string) error {
					if broken && tt.fails == server+": "+command {
						return exitError(1)
					}
					return nil
				}
				sum, _ := w.deploy("2")
				if sum.Outcome != tt.outcome || sum.Why != tt.why {
					t.Errorf("%s: %q; want %s: %q", sum.Outcome, sum.Why, tt.outcome, tt.why)
				}
				if diff := cmp.Diff(tt.told, sum.Told); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(strings.Split(tt.did, ", "), w.order()); diff != "" {
					t.Error(diff)
				}
				w.says(tt.stands)
				if want := string(tt.outcome) + " " + strings.Join(sum.Failed, " "); tt.outcome != rollout.Done && alarm != want {
					t.Errorf("the alarm got %q, want %q", alarm, want)
				}
				if st := w.replays(); !st.Resumable() {
					return
				}
				broken, w.did = false, nil
				if sum, err := w.resume(); err != nil || sum.Outcome != rollout.Done {
					t.Errorf("resume: %s, %v", sum.Outcome, err)
				}
				rest := "lb1: puppet off, here: smoke, web2: activate 2, here: smoke, web1: clean 2, lb2: tidy, lb1: puppet on, here: tell"
				if strings.HasPrefix(tt.fails, "web1") {
					rest = strings.Replace(rest, "off, ", "off, web1: activate 2, ", 1)
				}
				if diff := cmp.Diff(strings.Split(rest, ", "), w.order()); diff != "" {
					t.Errorf("resumed: %s", diff)
				}
				w.says("web1 in 2, web2 in 2")
				w.replays()
			})
		})
	}
}

func TestTheGateAfterABatchComesWhenItsHookHasPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, strings.Replace(hooksYAML, "confirm: never", "confirm: batch", 1), 1)
		gates, broken := 0, true
		w.decide = func(q rollout.Question) (string, error) {
			if q.Kind != rollout.AskGate {
				return "", errors.New("not foreseen: " + q.Text)
			}
			gates++
			return rollout.RollBack, nil
		}
		w.errand = func(_, command string, _ map[string]string) error {
			if command == "smoke" && broken {
				return exitError(1)
			}
			return nil
		}
		if sum, _ := w.deploy("2"); sum.Outcome != rollout.Paused || gates != 0 {
			t.Errorf("%s, asked %d times", sum.Outcome, gates)
		}
		broken = false
		if sum, _ := w.resume(); sum.Outcome != rollout.RolledBack || gates != 1 {
			t.Errorf("resume: %s, asked %d times", sum.Outcome, gates)
		}
		w.says("web1 in 1, web2 in 1")
		if n := strings.Count(strings.Join(w.did, ","), "here: smoke"); n != 3 { // there in vain, there, and back
			t.Errorf("the hook was done %d times: %q", n, w.did)
		}
		w.replays()
	})
}

// TestBalancersGetTheirCommandAfterARunWheneverRotaIsKilled kills a run right
// after each event and goes on.
func TestBalancersGetTheirCommandAfterARunWheneverRotaIsKilled(t *testing.T) {
	for n, whole := 1, false; !whole && !t.Failed(); n += 2 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, hooksYAML, 1)
				over, wait := w.process().untilKilled(w.plan("2"), n)
				defer wait()
				whole = over
				if !whole {
					w.resumed(n)
				}
				w.says("web1 in 2, web2 in 2")
				w.replays()
				last := map[string]string{}
				count := map[string]int{}
				for _, d := range w.did {
					where, _, _ := strings.Cut(d, ": ")
					last[where] = d
					count[d]++
				}
				if last["lb1"] != "lb1: puppet on" || last["lb2"] != "lb2: tidy" || last["here"] != "here: tell" || count["here: smoke"] < 2 {
					t.Errorf("did %q", w.did)
				}
			})
		})
	}
}
