package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rota/lb"
	"rota/lb/lbtest"
	"rota/record"
	"rota/rollout"
)

// twoYAML is the small world with two servers a batch and no question at gates.
var twoYAML = strings.Replace(worldYAML, "soak: 0s", "soak: 0s\n  confirm: never\n  batches: [2]\n  min_in_rotation: 1\n  drain_timeout: 10s", 1)

func with(yaml string, lines ...string) string {
	return strings.Replace(yaml, "soak: 0s", "soak: 0s\n  "+strings.Join(lines, "\n  "), 1)
}

// says fails the test unless the servers stand so.
func (w *world) says(want string) {
	w.t.Helper()
	if got := w.standing(); got != want {
		w.t.Errorf("standing: %s\nwant      %s", got, want)
	}
}

const (
	allNew = "web1 in 2, web2 in 2, web3 in 2, web4 in 2"
	allOld = "web1 in 1, web2 in 1, web3 in 1, web4 in 1"
)

func TestConnectionsThatDoNotEndAreDecidedAbout(t *testing.T) {
	tests := []struct {
		name, policy string
		answers      []string
		sticky       bool
		want         string
		status       int
		cut          bool
	}{
		{"wait, until they have ended", "ask", []string{"wait", "wait"}, false, allNew, 0, false},
		{"fail puts it back untouched and pauses", "fail", nil, false, allOld, 1, false},
		{"fail and skip goes on with the others", "fail", []string{"skip"}, false, "web1 in 1, web2 in 2, web3 in 2, web4 in 2", 1, false},
		{"continue deploys all the same", "continue", nil, false, allNew, 0, false},
		{"move closes it for sticky sessions", "move", nil, true, allNew, 0, false},
		{"cut ends them", "cut", nil, false, allNew, 0, true},
		{"abort puts it back", "ask", []string{"abort"}, false, allOld, 4, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				onFailure := "pause"
				if slices.Contains(tt.answers, "skip") {
					onFailure = "ask"
				}
				w := newWorld(t, with(twoYAML, "on_drain_timeout: "+tt.policy, "on_failure: "+onFailure), 1)
				w.fronts[0].Stick("web1", tt.sticky)
				end, err := w.fronts[0].Request("web1")
				if err != nil {
					t.Fatal(err)
				}
				long := 25 * time.Second
				if tt.sticky {
					long = 0
				}
				cut := make(chan error, 1)
				time.AfterFunc(long, func() { cut <- end() })
				answers := tt.answers
				w.decide = func(rollout.Question) (string, error) {
					if len(answers) == 0 {
						return "", errors.New("asked once too often")
					}
					a := answers[0]
					answers = answers[1:]
					return a, nil
				}
				sum, _ := w.deploy("2")
				w.says(tt.want)
				if sum.ExitStatus() != tt.status {
					t.Errorf("%s: exit status %d, want %d (%s)", sum.Outcome, sum.ExitStatus(), tt.status, sum.Why)
				}
				if err := <-cut; (err != nil) != tt.cut {
					t.Errorf("the request: %v", err)
				}
				w.replays()
			})
		})
	}
}

// An nginx whose old workers live on says that a server drains, whatever was
// asked for.
func TestOneThatDoesNotDrainIsDeployedToAllTheSameWhereThePolicySaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, with(strings.Replace(twoYAML, "- run: activate", "- run: unpack\n    - run: activate", 1), "on_drain_timeout: continue"), 1)
		begun := time.Now()
		w.shows = func(servers []lb.Server) {
			for i := range servers {
				if s := &servers[i]; s.Name == "web1" && s.State == lb.Out {
					s.State, s.Drained = lb.Draining, false
				}
			}
		}
		if sum, err := w.deploy("2"); err != nil || sum.Outcome != rollout.Done {
			t.Errorf("%s, %v", sum.Outcome, err)
		}
		if took := time.Since(begun); took > 20*time.Second {
			t.Errorf("it took %v: more than one drain timeout and the rest", took)
		}
		w.says(allNew)
		w.replays()
	})
}

func TestAFullDiskKeepsNobodyOut(t *testing.T) {
	for name, tt := range map[string]struct{ at, want string }{
		"before anything was taken out":            {"+", allOld},
		"while the first batch drains":             {"b1/drained", allOld},
		"while the last step of a batch runs":      {"web1/step1", "web1 in 2, web2 in 2, web3 in 1, web4 in 1"},
		"while the first batch is put back":        {"b1/in", "web1 in 2, web2 in 2, web3 in 1, web4 in 1"},
		"when the second batch is to be taken out": {"b2/out", allNew},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, with(twoYAML, "on_failure: pause"), 1)
				if tt.at == "+" {
					w.store.fill(errors.New("no space left on device"))
				}
				steps := 0
				w.seen = func(e rollout.Event) {
					if e.Kind == rollout.StepEnded && e.Step.Touches() {
						steps++
					}
					if e.Kind == rollout.StepBegun && string(e.Step) == tt.at && tt.at != "web1/step1" && tt.at != "b2/out" ||
						tt.at == "web1/step1" && steps == 2 {
						w.store.fill(errors.New("no space left on device"))
					}
				}
				sum, _ := w.deploy("2")
				w.says(tt.want)
				if tt.want != allNew && sum.ExitStatus() != 1 {
					t.Errorf("%s, exit status %d", sum.Outcome, sum.ExitStatus())
				}
				w.store.fill(nil)
				w.seen = nil
				if tt.want != allNew {
					if sum, err := w.resume(); err != nil {
						t.Errorf("resume: %s, %v", sum.Outcome, err)
					}
				}
				w.says(allNew)
			})
		})
	}
}

// TestWhoLosesTheLockActsNoMore loses the lock at every event of a run and
// wants no change of a balancer and no command after it was found out.
func TestWhoLosesTheLockActsNoMore(t *testing.T) {
	for n, whole := 2, false; !whole; n++ {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, strings.Replace(twoYAML, "soak: 0s", "soak: 1s", 1), 1)
			p := w.process()
			p.lock()
			defer p.unlock()
			whole = true
			acts, found := 0, false
			count := func() int {
				w.mu.Lock()
				defer w.mu.Unlock()
				return len(w.fronts[0].Log()) + len(w.did)
			}
			w.seen = func(e rollout.Event) {
				if e.Seq == n {
					whole = false
					w.store.lose(record.ErrLost)
					p.lease.mu.Lock()
					p.lease.last = time.Time{} // as after a sleep
					p.lease.mu.Unlock()
				}
				if e.Kind == rollout.RunEnded {
					found = true
				}
				if e.Seq == n {
					acts = count()
				}
			}
			sum, err := p.run(w.plan("2"))
			if whole {
				return
			}
			if sum.Outcome != rollout.LockLost || sum.ExitStatus() != 5 || err == nil {
				if sum.Outcome != rollout.Done || !found { // it was done before anybody could find out
					t.Errorf("event %d: %s, %v", n, sum.Outcome, err)
				}
			}
			// What was under way at that moment may still come.
			if more := count() - acts; more > 2 {
				t.Errorf("event %d: %d acts after the lock was lost", n, more)
			}
		})
		if t.Failed() {
			return
		}
	}
}

// TestWhoSleepsBetweenABeginAndItsDeedDoesNotDoIt lets a laptop fall asleep when
// the begin of a step is on the balancers' hosts, and wake up when the lock is
// another's.
func TestWhoSleepsBetweenABeginAndItsDeedDoesNotDoIt(t *testing.T) {
	for _, step := range []string{"b1/out", "web1/step1", "b1/in"} {
		t.Run(step, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, strings.Replace(twoYAML, "soak: 0s", "soak: 1s", 1), 1)
				p := w.process()
				p.lock()
				defer p.unlock()
				var acts []string
				count := func() int {
					w.mu.Lock()
					defer w.mu.Unlock()
					for _, c := range w.fronts[0].Log() {
						if c.Method == "Set" {
							acts = append(acts, fmt.Sprint(c.Changes))
						}
					}
					for _, did := range w.did {
						if strings.HasPrefix(did, "web1") { // web2 goes its own way beside it
							acts = append(acts, did)
						}
					}
					return len(acts)
				}
				before := 0
				w.store.appended = func(data string) {
					if strings.Contains(data, `"event":"begin"`) && strings.Contains(data, `"step":"`+step+`"`) {
						w.store.lost = record.ErrLost
						p.lease.mu.Lock()
						p.lease.last = time.Time{}
						p.lease.mu.Unlock()
						before = count()
						acts = nil
					}
				}
				sum, err := p.run(w.plan("2"))
				if sum.Outcome != rollout.LockLost || err == nil {
					t.Errorf("%s, %v", sum.Outcome, err)
				}
				if after := count(); after > before {
					t.Errorf("done all the same: %v", acts[before:])
				}
			})
		})
	}
}

// TestALockLostInTheMiddleOfAChangeIsTold finds the change undone by whoever has
// the lock by now, and nothing that it could put back.
func TestALockLostInTheMiddleOfAChangeIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSides(t, sidesYAML)
		p := w.process()
		p.lock()
		defer p.unlock()
		var lost atomic.Bool
		w.fronts[0].Fault = func(c lbtest.Call) lbtest.Fault {
			if c.Method == "Set" {
				lost.Store(true)
				w.store.lose(record.ErrLost)
				p.lease.mu.Lock()
				p.lease.last = time.Time{}
				p.lease.mu.Unlock()
			}
			return lbtest.Fault{}
		}
		w.shows = func(servers []lb.Server) {
			for i := range servers {
				if lost.Load() && servers[i].Name == "g1" {
					servers[i] = lb.Server{Name: "g1", State: lb.In}
				}
			}
		}
		sum, err := p.run(w.plan("2"))
		if sum.ExitStatus() != 5 || err == nil {
			t.Errorf("%s (%s), %v", sum.Outcome, sum.Why, err)
		}
	})
}

func TestALockThatIsLostAtAQuestionEndsTheRunAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, worldYAML, 3)
		p := w.process()
		p.lock()
		defer p.unlock()
		w.command = func(server, _, _ string) error { return exitError(1) }
		w.wait = true
		// Somebody took over, and put the server back.
		time.AfterFunc(time.Hour, func() { w.store.lose(record.ErrLost) })
		time.AfterFunc(time.Hour+beatFresh, func() { w.fronts[0].Put("web1", lb.In) })
		sum, _ := p.run(w.plan("2"))
		time.Sleep(time.Minute)
		if sum.ExitStatus() != 5 || w.fronts[0].State("web1") != lb.In {
			t.Errorf("%s; web1 is %s", sum.Outcome, w.fronts[0].State("web1"))
		}
	})
}

func TestAServerWhosePutBackFailedIsTakenOutBeforeItsWayBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, strings.Replace(pairYAML, "soak: 1s", "soak: 0s", 1), 1)
		broken := true
		w.fronts[1].Fault = func(c lbtest.Call) lbtest.Fault {
			if broken && c.Method == "Set" && c.Changes[0].To == lb.In {
				return lbtest.Fault{Err: errors.New("broken pipe")}
			}
			return lbtest.Fault{}
		}
		var facts []string
		w.decide = func(q rollout.Question) (string, error) {
			if q.Kind != rollout.AskFailure {
				return w.wise(q)
			}
			facts = append(facts, q.Facts...)
			broken = false
			return rollout.Back, nil
		}
		sum, err := w.deploy("2") // the watchdog sees it touched in rotation
		if err != nil || slices.Contains(sum.Updated, "web1") {
			t.Errorf("%v, updated %q", err, sum.Updated)
		}
		w.says("web1 in 1, web2 in 2, web3 in 2, worker1 absent 2")
		if !slices.ContainsFunc(facts, func(f string) bool { return strings.Contains(f, "in on lb1") }) {
			t.Errorf("the question does not tell that it is in rotation on lb1: %q", facts)
		}
		w.replays()
	})
}

func TestAStopAtEveryEventIsSafe(t *testing.T) {
	for _, stops := range []int{1, 2} {
		for n, whole := 2, false; !whole; n++ {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, twoYAML, 1)
				p := w.process()
				whole = true
				begun := map[string]bool{}
				after := 0
				w.seen = func(e rollout.Event) {
					if e.Kind == rollout.StepBegun && e.Step.Touches() {
						begun[e.Server] = true
						if !whole {
							after++
						}
					}
					if e.Seq == n {
						whole = false
						for range stops {
							p.runner.Control.Stop()
						}
					}
				}
				sum, _ := p.run(w.plan("2"))
				if whole {
					return
				}
				if sum.Outcome != rollout.Stopped && sum.Outcome != rollout.Done {
					t.Errorf("%d stops at %d: %s", stops, n, sum.Outcome)
				}
				for _, s := range w.inv.Servers {
					in := w.fronts[0].State(s.Name) == lb.In
					if !begun[s.Name] && (!in || w.runs[s.Name] != "1") {
						t.Errorf("%d stops at %d: %s was not begun and is not as it was: %s", stops, n, s.Name, w.standing())
					}
					if stops == 1 && !in {
						t.Errorf("one stop at %d: %s did not come back: %s", n, s.Name, w.standing())
					}
				}
				if stops == 2 && after > 2 { // those that the two servers were just beginning
					t.Errorf("two stops at %d: %d steps began after", n, after)
				}
				w.replays()
			})
			if t.Failed() {
				return
			}
		}
	}
}

// A watch that a stop has cut short does not tell that it was done.
func TestAWatchThatIsCutShortSaysSo(t *testing.T) {
	for when, want := range map[time.Duration]string{0: "cut short by a stop", time.Second: "cut short by a stop", 3 * time.Second: ""} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, strings.Replace(twoYAML, "soak: 0s", "soak: 2s", 1), 1)
			p := w.process()
			var ended []rollout.Event
			w.seen = func(e rollout.Event) {
				switch {
				case e.Step != rollout.BatchStep(1, "soak"):
				case e.Kind == rollout.StepEnded:
					ended = append(ended, e)
				case when == 0:
					p.runner.Control.Stop()
				default:
					time.AfterFunc(when, p.runner.Control.Stop)
				}
			}
			_, _ = p.run(w.plan("2"))
			if len(ended) != 1 || ended[0].Text != want || ended[0].Error != "" {
				t.Errorf("stopped after %v, the watch ends with %+v; want %q", when, ended, want)
			}
			if st := w.replays(); st.Server("web1").Phase != rollout.Serving {
				t.Errorf("web1 is %s", st.Server("web1").Phase)
			}
		})
	}
}
