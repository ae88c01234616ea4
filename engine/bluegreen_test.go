package engine

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rota/lb"
	"rota/lb/lbtest"
	"rota/rollout"
)

const sidesYAML = `
app: shop
servers:
  - name: b{1..2}
    address: 10.0.1.{1..2}:80
    group: blue
  - name: g{1..2}
    address: 10.0.2.{1..2}:80
    group: green
balancers:
  - name: lb1
    haproxy: {socket: /run/haproxy.sock, backends: [app]}
  - name: lb2
    haproxy: {socket: /run/haproxy.sock, backends: [app]}
deploy:
  steps:
    - run: activate
  version: "true"
health: {http: "http://127.0.0.1/"}
rollout:
  strategy: blue-green
  soak: 1s
`

// newSides makes a world in which blue is in rotation; the watchdogs see that
// never fewer than its two servers are.
func newSides(t testing.TB, yaml string) *world {
	w := newWorld(t, yaml, 2)
	for _, f := range w.fronts {
		f.Put("g1", lb.Out)
		f.Put("g2", lb.Out)
	}
	return w
}

const (
	blueLive  = "b1 in 1, b2 in 1, g1 out 1, g2 out 1"
	greenLive = "b1 out 1, b2 out 1, g1 in 2, g2 in 2"
)

func TestBlueGreen(t *testing.T) {
	failsOn := func(bad string) func(server, command, version string) error {
		return func(server, _, _ string) error {
			if server == bad {
				return exitError(1)
			}
			return nil
		}
	}
	for _, tt := range []struct {
		name    string
		rules   string
		o       rollout.Options
		command func(server, command, version string) error
		answers string
		asked   []rollout.QuestionKind
		want    string
		status  int
		idle    string
	}{
		{
			"the idle group is deployed to, comes in, and the other one leaves", "",
			rollout.Options{},
			nil, "continue continue",
			[]rollout.QuestionKind{rollout.AskGate, rollout.AskGate},
			greenLive, 0, "b1 b2",
		},
		{"no gate, no question", "confirm: never", rollout.Options{}, nil, "", nil, greenLive, 0, "b1 b2"},
		{"first asks before the switch alone", "confirm: first", rollout.Options{}, nil, "continue", []rollout.QuestionKind{rollout.AskGate}, greenLive, 0, "b1 b2"},
		{"nobody answers whether to keep it: it is done", "", rollout.Options{}, nil, "continue none", []rollout.QuestionKind{rollout.AskGate, rollout.AskGate}, greenLive, 0, "b1 b2"},
		{
			"back at the last gate", "",
			rollout.Options{},
			nil, "continue rollback",
			[]rollout.QuestionKind{rollout.AskGate, rollout.AskGate},
			"b1 in 1, b2 in 1, g1 out 2, g2 out 2", 3, "g1 g2",
		},
		{
			"back before the switch: no traffic has moved", "",
			rollout.Options{},
			nil, "rollback",
			[]rollout.QuestionKind{rollout.AskGate},
			"b1 in 1, b2 in 1, g1 out 2, g2 out 2", 3, "g1 g2",
		},
		{
			"stopped before the switch", "",
			rollout.Options{},
			nil, "pause",
			[]rollout.QuestionKind{rollout.AskGate},
			"b1 in 1, b2 in 1, g1 out 2, g2 out 2", 4, "g1 g2",
		},
		{"without the switch", "", rollout.Options{NoSwitch: true}, nil, "", nil, "b1 in 1, b2 in 1, g1 out 2, g2 out 2", 0, "g1 g2"},
		{
			"a step that fails, and the policy goes back", "on_failure: rollback",
			rollout.Options{},
			failsOn("g2"), "", nil,
			"b1 in 1, b2 in 1, g1 out 2, g2 out 1", 3, "g1 g2",
		},
		{
			"a step that fails, and a person leaves it out", "",
			rollout.Options{},
			failsOn("g2"), "skip continue continue",
			[]rollout.QuestionKind{rollout.AskFailure, rollout.AskGate, rollout.AskGate},
			"", 1, "",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newSides(t, strings.Replace(sidesYAML, "soak: 1s", "soak: 1s\n  "+tt.rules, 1))
				if tt.want == "" { // one fewer comes than leaves
					w = newWorld(t, sidesYAML, 1)
					for _, f := range w.fronts {
						f.Put("g1", lb.Out)
						f.Put("g2", lb.Out)
					}
					tt.want = "b1 out 1, b2 out 1, g1 in 2, g2 out 1"
				}
				w.command = tt.command
				answers := strings.Fields(tt.answers)
				var asked []rollout.QuestionKind
				w.decide = func(q rollout.Question) (string, error) {
					asked = append(asked, q.Kind)
					if len(answers) == 0 {
						return "", errors.New("asked once too often: " + q.Text)
					}
					a := answers[0]
					answers = answers[1:]
					if a == "none" {
						return "", errors.New("end of input")
					}
					return a, nil
				}
				tt.o.Version = "2"
				plan, err := rollout.New(w.inv, w.facts(), tt.o)
				if err != nil {
					t.Fatal(err)
				}
				sum, _ := w.process().run(plan)
				w.says(tt.want)
				if sum.ExitStatus() != tt.status {
					t.Errorf("%s, exit status %d, want %d (%s)", sum.Outcome, sum.ExitStatus(), tt.status, sum.Why)
				}
				if fmt.Sprint(asked) != fmt.Sprint(tt.asked) || len(answers) > 0 {
					t.Errorf("asked: %v, want %v", asked, tt.asked)
				}
				if got := strings.Join(sum.Idle, " "); tt.idle != "" && got != tt.idle {
					t.Errorf("idle as wanted: %q, want %q", got, tt.idle)
				}
				if tt.idle != "" && len(sum.Left) > 0 {
					t.Errorf("left: %+v", sum.Left)
				}
				w.replays()
			})
		})
	}
}

func TestASwitchIsOneChangeOnEachBalancer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSides(t, sidesYAML)
		said := make([]string, len(w.fronts))
		for i, f := range w.fronts {
			f.Fault = func(c lbtest.Call) lbtest.Fault {
				if c.Method == "Set" {
					said[i] += fmt.Sprint(c.Changes)
				}
				return lbtest.Fault{}
			}
		}
		plan, err := rollout.NewSwitch(w.inv, w.facts(), "green", rollout.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if sum, err := w.process().run(plan); err != nil || sum.ExitStatus() != 0 {
			t.Errorf("%s, %v", sum.Outcome, err)
		}
		w.says("b1 out 1, b2 out 1, g1 in 1, g2 in 1")
		for i, got := range said {
			if want := "[{g1 in} {g2 in}][{b1 draining} {b2 draining}][{b1 out} {b2 out}]"; got != want {
				t.Errorf("balancer %d was told %s, want %s", i+1, got, want)
			}
		}
		w.replays()
	})
}

// Whoever leaves may have connections for as long as they last: nothing is done
// to it, so nobody is asked.
func TestASwitchDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSides(t, strings.Replace(sidesYAML, "soak: 1s", "soak: 0s\n  confirm: never\n  drain_timeout: 10s", 1))
		end, err := w.fronts[0].Request("b1")
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		sum, err := w.deploy("2")
		if err != nil || sum.ExitStatus() != 0 {
			t.Errorf("%s, %v", sum.Outcome, err)
		}
		if took := time.Since(begun); took > 25*time.Second {
			t.Errorf("it took %v", took)
		}
		w.says(greenLive)
		if err := end(); err != nil {
			t.Errorf("the request was not left alone: %v", err)
		}
	})
}

// TestABlueGreenRunKilledAtEveryEventAndResumed wants the whole switch done in
// the end, with never fewer servers in rotation.
func TestABlueGreenRunKilledAtEveryEventAndResumed(t *testing.T) {
	for n, whole := 1, false; !whole; n += 2 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newSides(t, sidesYAML)
				w.decide = w.wise
				over, wait := w.process().untilKilled(w.plan("2"), n)
				defer wait()
				whole = over
				if !whole {
					w.resumed(n)
				}
				w.says(greenLive)
				w.replays()
				if t.Failed() {
					for _, e := range w.events {
						t.Logf("%d %s %s %s %s %s %s", e.Seq, e.Kind, e.Server, e.Step, e.State, e.Text, e.Error)
					}
				}
			})
		})
		if t.Failed() {
			return
		}
	}
}

// TestWhoLeavesIsSeenDrainedAfterAll loses both balancers while blue drains, so
// that it can be neither closed nor put back, and resumes.
func TestWhoLeavesIsSeenDrainedAfterAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSides(t, strings.Replace(sidesYAML, "soak: 1s", "soak: 0s\n  confirm: never\n  drain_timeout: 10s", 1))
		var silent atomic.Bool
		for _, f := range w.fronts {
			f.Fault = func(c lbtest.Call) lbtest.Fault {
				if silent.Load() {
					return lbtest.Fault{Err: errors.New("nobody listens")}
				}
				return lbtest.Fault{}
			}
		}
		w.seen = func(e rollout.Event) {
			if e.Kind == rollout.StepBegun && e.Step == "b3/drained" {
				silent.Store(true)
			}
		}
		if sum, err := w.deploy("2"); err == nil || sum.ExitStatus() != 1 {
			t.Errorf("%s, %v", sum.Outcome, err)
		}
		silent.Store(false)
		w.seen = nil
		if sum, err := w.resume(); err != nil || sum.ExitStatus() != 0 {
			t.Errorf("%s, %v", sum.Outcome, err)
		}
		w.says(greenLive)
		w.replays()
	})
}

// TestASwitchThatIsUndoneTellsTheWayOn lets a balancer die when blue has left, and
// come back with it: to resume finds nothing to do.
func TestASwitchThatIsUndoneTellsTheWayOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSides(t, strings.Replace(sidesYAML, "soak: 1s", "soak: 1s\n  confirm: never", 1))
		var silent atomic.Bool
		w.fronts[0].Fault = func(lbtest.Call) lbtest.Fault {
			if silent.Load() {
				return lbtest.Fault{Err: errors.New("nobody listens")}
			}
			return lbtest.Fault{}
		}
		w.seen = func(e rollout.Event) {
			silent.Store(silent.Load() || e.Kind == rollout.StepBegun && e.Step == "b3/soak")
		}
		if sum, _ := w.deploy("2"); sum.ExitStatus() != 1 {
			t.Errorf("%s", sum.Outcome)
		}
		w.seen = nil
		silent.Store(false)
		w.fronts[0].Put("b1", lb.In)
		sum, _ := w.resume()
		if sum.ExitStatus() != 1 || len(sum.GoOn) == 0 || sum.GoOn[0] != "rota switch green" {
			t.Fatalf("%s, go on with %q", sum.Outcome, sum.GoOn)
		}
		plan, err := rollout.NewSwitch(w.inv, w.facts(), "green", rollout.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if sum, err := w.process().run(plan); err != nil || sum.ExitStatus() != 0 {
			t.Errorf("%s, %v", sum.Outcome, err)
		}
		w.says(greenLive)
	})
}
