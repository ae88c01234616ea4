package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/lb"
	"rota/lb/lbtest"
	"rota/rollout"
)

const canaryYAML = `
app: shop
servers:
  - name: web{1..3}
    address: 10.0.0.{1..3}:80
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
  strategy: canary
  confirm: never
  soak: 0s
  canary: {weights: [10%, 50%], hold: 10s}
  max_errors: {over_old: 1%, min_requests: 20}
`

func (m mortal) Weights(ctx context.Context) ([]lb.Weight, error) {
	if m.p.dead.Load() {
		return nil, errKilled
	}
	return m.Watchdog.Weights(ctx)
}

func (m mortal) Weigh(ctx context.Context, want ...lb.Weight) error {
	if m.p.dead.Load() {
		return errKilled
	}
	return m.Watchdog.Weigh(ctx, want...)
}

func (m mortal) Counts(ctx context.Context) ([]lb.Count, error) {
	if m.p.dead.Load() {
		return nil, errKilled
	}
	return m.Watchdog.Counts(ctx)
}

// newCanary makes a world whose servers have the weights 100, 100, 40.
func newCanary(t testing.TB, yaml string) *world {
	w := newWorld(t, yaml, 2)
	for _, f := range w.fronts {
		f.PutWeight("web1", 100)
		f.PutWeight("web2", 100)
		f.PutWeight("web3", 40)
	}
	return w
}

// traffic sends requests through every balancer until it is stopped.
func (w *world) traffic() (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			for _, f := range w.fronts {
				if lost := f.Serve(24); lost > 0 {
					w.t.Errorf("%d requests were lost", lost)
				}
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	return func() { cancel(); wg.Wait() }
}

// weights tells the weights on every balancer: "100 100 40, 100 100 40".
func (w *world) weights() string {
	var all []string
	for _, f := range w.fronts {
		list, err := f.Weights(context.Background())
		if err != nil {
			w.t.Fatal(err)
		}
		var own []string
		for _, m := range list {
			own = append(own, fmt.Sprint(m.Weight))
		}
		all = append(all, strings.Join(own, " "))
	}
	return strings.Join(all, ", ")
}

const foundWeights = "100 100 40, 100 100 40"

// asFound fails the test unless the weights are as they were found.
func (w *world) asFound() {
	w.t.Helper()
	if got := w.weights(); got != foundWeights {
		w.t.Errorf("the weights are %s, and were found %s", got, foundWeights)
	}
}

// story tells what was done at a balancer about servers and weights.
func story(m *lbtest.Memory) []string {
	var said []string
	for _, c := range m.Log() {
		switch c.Method {
		case "Set":
			for _, change := range c.Changes {
				said = append(said, change.Server+" "+change.To.String())
			}
		case "Weigh":
			var own []string
			for _, w := range c.Weights {
				own = append(own, fmt.Sprintf("%s %d", w.Name, w.Weight))
			}
			said = append(said, "weigh "+strings.Join(own, ", "))
		}
	}
	return said
}

// told lists the texts of events of a kind.
func (w *world) told(kind rollout.Kind) []string {
	var all []string
	for _, e := range w.events {
		if e.Kind == kind {
			all = append(all, e.Text)
		}
	}
	return all
}

func TestACanaryClimbsAndTheRestRolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCanary(t, canaryYAML)
		stop := w.traffic()
		var shares []string
		var counted int64
		w.seen = func(e rollout.Event) {
			if e.Kind == rollout.Compared {
				st, _ := rollout.Replay(w.events)
				percent, _, _ := st.Climbs("web1")
				shares = append(shares, fmt.Sprint(percent))
				counted = e.Comparison.New.Requests
			}
		}
		sum, err := w.deploy("2")
		stop()
		if err != nil || sum.Outcome != rollout.Done {
			t.Errorf("%s, %v", sum.Outcome, err)
		}
		want := []string{
			"web1 draining", "web1 out", "weigh web1 10, web2 100, web3 40", "web1 in",
			"weigh web1 50, web2 100, web3 40", "weigh web1 100",
			"web2 draining", "web2 out", "web2 in", "web3 draining", "web3 out", "web3 in",
		}
		for i, f := range w.fronts {
			if diff := cmp.Diff(want, story(f.Memory)); diff != "" {
				t.Errorf("lb%d: %s", i+1, diff)
			}
		}
		if want := []string{"10", "10", "50", "50"}; !slices.Equal(shares, want) {
			t.Errorf("compared at %q, want %q", shares, want)
		}
		if counted < 1000 {
			t.Errorf("%d requests of the canary were counted", counted)
		}
		w.asFound()
		if st := w.replays(); len(st.Weighings) > 0 || st.Compared.Verdict != rollout.NotWorse {
			t.Errorf("left: %+v, %+v", st.Weighings, st.Compared)
		}
	})
}

func TestWarmServersClimbTheirOwnLadder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCanary(t, canaryYAML+"  warm: {weights: [20%], hold: 5s}\n")
		sum, err := w.deploy("2")
		if err != nil || sum.Outcome != rollout.Done {
			t.Errorf("%s, %v", sum.Outcome, err)
		}
		want := []string{
			"web1 draining", "web1 out", "weigh web1 10, web2 100, web3 40", "web1 in",
			"weigh web1 50, web2 100, web3 40", "weigh web1 100",
			"web2 draining", "web2 out", "weigh web1 100, web2 20, web3 40", "web2 in", "weigh web2 100",
			"web3 draining", "web3 out", "weigh web1 100, web2 100, web3 8", "web3 in", "weigh web3 40",
		}
		if diff := cmp.Diff(want, story(w.fronts[0].Memory)); diff != "" {
			t.Error(diff)
		}
		w.asFound()
	})
}

// spoil makes the new version answer a share of its requests with errors.
func (w *world) spoil(share float64) {
	w.command = func(server, command, version string) error {
		for _, f := range w.fronts {
			f.Fail(server, 0)
			if version == "2" {
				f.Fail(server, share)
			}
		}
		return nil
	}
}

func TestAWorseVersionIsTakenOutBeforeTheWeightsGoBack(t *testing.T) {
	for _, tt := range []struct {
		name, policy, standing string
		status                 int
		tail                   []string // what lb1 was told since the canary came in
	}{
		{
			"and the run goes back", "rollback", "web1 in 1, web2 in 1, web3 in 1", 3,
			[]string{"web1 out", "weigh web1 100", "web1 draining", "web1 out", "web1 in"},
		},
		{"and the run pauses", "pause", "web1 out 2, web2 in 1, web3 in 1", 1, []string{"web1 out", "weigh web1 100"}},
		{"and the run is aborted", "abort", "web1 out 2, web2 in 1, web3 in 1", 1, []string{"web1 out", "weigh web1 100"}},
		{"and a person leaves it out", "ask", "web1 out 2, web2 in 2, web3 in 2", 1, []string{
			"web1 out", "weigh web1 100", "web1 out", "web2 draining", "web2 out", "web2 in", "web3 draining", "web3 out", "web3 in",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newCanary(t, strings.Replace(canaryYAML, "confirm: never", "confirm: never\n  min_in_rotation: 1\n  on_failure: "+tt.policy, 1))
				for _, f := range w.fronts {
					*f = *lbtest.Guard(t, f.Memory, 1)
				}
				w.spoil(0.1)
				var asked rollout.Question
				w.decide = func(q rollout.Question) (string, error) {
					asked = q
					w.spoil(0)
					w.asFound()
					return rollout.Skip, nil
				}
				stop := w.traffic()
				sum, _ := w.deploy("2")
				stop()
				if sum.ExitStatus() != tt.status || w.standing() != tt.standing {
					t.Errorf("%s, status %d, %s", sum.Outcome, sum.ExitStatus(), w.standing())
				}
				log := story(w.fronts[0].Memory)
				at := slices.Index(log, "web1 in") + 1
				if diff := cmp.Diff(tt.tail, log[at:]); diff != "" {
					t.Errorf("after it came in: %s", diff)
				}
				worse := 0
				for _, e := range w.events {
					if e.Kind == rollout.Compared && e.Comparison.Verdict == rollout.Worse {
						worse++
						if !strings.Contains(e.Error, "% of") || !strings.Contains(e.Error, "max_errors allows 1% more") {
							t.Errorf("it says: %s", e.Error)
						}
					}
				}
				if worse != 1 {
					t.Errorf("%d times worse", worse)
				}
				if tt.policy == "ask" && !strings.Contains(strings.Join(asked.Facts, "\n"), "new 2: ") {
					t.Errorf("the facts are %q", asked.Facts)
				}
				w.asFound()
				w.replays()
			})
		})
	}
}

func TestWhatCannotBeJudgedIsSaid(t *testing.T) {
	noCounts := func(w *world) {
		for _, f := range w.fronts {
			f.Fault = func(c lbtest.Call) lbtest.Fault {
				if c.Method == "Counts" {
					return lbtest.Fault{Err: errors.New("no counts")}
				}
				return lbtest.Fault{}
			}
		}
	}
	for _, tt := range []struct {
		name, rules string
		prepare     func(*world)
		says        string
	}{
		{"too few requests", "min_requests: 100000", nil, "too few to judge (100,000)"},
		{"no balancer counts", "min_requests: 20", noCounts, "nothing could be measured here: lb1, lb2 tell no counts"},
		{"one of two counts", "min_requests: 20", func(w *world) {
			noCounts(w)
			w.fronts[0].Fault = nil
		}, "; lb2 tells no counts"},
		{"a reload begins the count anew", "min_requests: 20", func(w *world) {
			w.seen = func(e rollout.Event) {
				if e.Step == rollout.HoldStep(1, 2) && e.Kind == rollout.StepBegun {
					w.fronts[0].Reload()
				}
			}
		}, "lb1: its process is another one and counts anew; so does the comparison there"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newCanary(t, strings.Replace(canaryYAML, "min_requests: 20", tt.rules, 1))
				if tt.prepare != nil {
					tt.prepare(w)
				}
				stop := w.traffic()
				sum, err := w.deploy("2")
				stop()
				if err != nil || sum.Outcome != rollout.Done {
					t.Errorf("%s, %v", sum.Outcome, err)
				}
				said := append(w.told(rollout.Compared), w.told(rollout.Noted)...)
				if !strings.Contains(strings.Join(said, "\n"), tt.says) {
					t.Errorf("it is not said: %q\n%s", tt.says, strings.Join(said, "\n"))
				}
				w.asFound()
			})
		})
	}
}

func TestAReloadDuringARungIsAnsweredWithTheShareAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCanary(t, canaryYAML)
		w.seen = func(e rollout.Event) {
			if e.Step == rollout.HoldStep(1, 1) && e.Kind == rollout.StepBegun {
				time.AfterFunc(time.Second, w.fronts[0].Reload)
				time.AfterFunc(8*time.Second, func() {
					if got := w.weights(); got != "10 100 40, 10 100 40" {
						t.Errorf("the weights are %s", got)
					}
				})
			}
		}
		if sum, err := w.deploy("2"); err != nil || sum.Outcome != rollout.Done {
			t.Errorf("%s, %v", sum.Outcome, err)
		}
		w.asFound()
	})
}

func TestWeightsOfAnotherHandAreLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCanary(t, canaryYAML)
		w.seen = func(e rollout.Event) {
			if e.Step == rollout.HoldStep(1, 1) && e.Kind == rollout.StepBegun {
				w.fronts[1].PutWeight("web2", 77)
			}
		}
		if sum, err := w.deploy("2"); err != nil || sum.Outcome != rollout.Done {
			t.Errorf("%s, %v", sum.Outcome, err)
		}
		if got, want := w.weights(), "100 100 40, 100 77 40"; got != want {
			t.Errorf("the weights are %s, want %s", got, want)
		}
		if said := w.told(rollout.Noted); len(said) != 1 || said[0] != "lb2: somebody gave web2 the weight 77; it is left so" {
			t.Errorf("said: %q", said)
		}
		w.replays()
	})
}

func TestAStopDuringAClimbPutsTheWeightsBack(t *testing.T) {
	for name, stops := range map[string]int{"one": 1, "two": 2} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newCanary(t, canaryYAML)
				p := w.process()
				w.seen = func(e rollout.Event) {
					if e.Step == rollout.HoldStep(1, 1) && e.Kind == rollout.StepBegun {
						for range stops {
							p.runner.Control.Stop()
						}
					}
				}
				sum, _ := p.run(w.plan("2"))
				if sum.Outcome != rollout.Stopped || w.standing() != "web1 in 2, web2 in 1, web3 in 1" {
					t.Errorf("%s, %s", sum.Outcome, w.standing())
				}
				w.asFound()
				w.seen = nil
				if sum, err := w.resume(); err != nil || sum.Outcome != rollout.Done {
					t.Errorf("resume: %s, %v", sum.Outcome, err)
				}
				w.asFound()
			})
		})
	}
}

func TestAFailedCheckOnTheLadderTakesTheServerOutFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCanary(t, strings.Replace(canaryYAML, "confirm: never", "confirm: never\n  on_failure: pause", 1))
		w.seen = func(e rollout.Event) {
			if e.Step == rollout.HoldStep(1, 2) && e.Kind == rollout.StepBegun {
				w.fronts[1].Health("web1", false)
			}
		}
		sum, _ := w.deploy("2")
		if sum.Outcome != rollout.Paused || w.fronts[0].State("web1") != lb.Out {
			t.Errorf("%s, %s", sum.Outcome, w.standing())
		}
		w.asFound()
		w.seen = nil
		w.fronts[1].Health("web1", true)
		if sum, err := w.resume(); err != nil || sum.Outcome != rollout.Done {
			t.Errorf("resume: %s, %v", sum.Outcome, err)
		}
		w.asFound()
		in := 0
		for _, line := range story(w.fronts[0].Memory) {
			if line == "weigh web1 10, web2 100, web3 40" {
				in++
			}
		}
		if in != 2 {
			t.Errorf("it came in %d times by its first rung", in)
		}
	})
}

func TestWeightsThatCannotBePutBackAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCanary(t, canaryYAML)
		broken := false
		w.seen = func(e rollout.Event) {
			if e.Step == rollout.HoldStep(1, 2) && e.Kind == rollout.StepEnded {
				broken = true
			}
		}
		w.fronts[0].Fault = func(c lbtest.Call) lbtest.Fault {
			if broken && c.Method == "Weigh" {
				return lbtest.Fault{Err: errors.New("broken pipe")}
			}
			return lbtest.Fault{}
		}
		if sum, _ := w.deploy("2"); sum.Outcome != rollout.Paused || !strings.Contains(sum.Why, "lb1") {
			t.Errorf("%s: %s", sum.Outcome, sum.Why)
		}
		st := w.replayed()
		if len(st.Weighings) != 1 || st.Weighings[0].Balancer != "lb1" {
			t.Errorf("weighings: %+v", st.Weighings)
		}
		if got := rollout.Unsettled(st, w.facts().Views, nil); !slices.Equal(got, []string{"web1"}) {
			t.Errorf("unsettled: %q", got)
		}
		w.seen, broken = nil, false
		if sum, err := w.resume(); err != nil || sum.Outcome != rollout.Done {
			t.Errorf("resume: %s, %v", sum.Outcome, err)
		}
		w.asFound()
	})
}

func TestWeightsWithoutAProofAreAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCanary(t, canaryYAML)
		p := w.process()
		w.seen = func(e rollout.Event) {
			if e.Kind == rollout.Weighed && e.State == rollout.WeightsAsked && e.Balancer == "lb2" && p.until == 0 {
				p.until = e.Seq
			}
		}
		var wg sync.WaitGroup
		defer wg.Wait()
		plan := w.plan("2")
		wg.Go(func() { _, _ = p.run(plan) })
		<-p.killed
		proved := false
		w.fronts[1].Fault = func(c lbtest.Call) lbtest.Fault {
			proved = proved || c.Method == "Weigh"
			if c.Method == "Weights" && !proved {
				return lbtest.Fault{Err: errors.New("no reload is proved since the file was changed")}
			}
			return lbtest.Fault{}
		}
		if sum, err := w.resume(); err != nil || sum.Outcome != rollout.Done {
			t.Errorf("resume: %s, %v", sum.Outcome, err)
		}
		w.asFound()
	})
}

func TestAWorseVersionIsNoFailureThatMayBeLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCanary(t, strings.Replace(canaryYAML, "confirm: never", "confirm: never\n  max_failures: 2\n  on_failure: pause", 1))
		w.spoil(0.1)
		stop := w.traffic()
		sum, _ := w.deploy("2")
		stop()
		if want := "web1 out 2, web2 in 1, web3 in 1"; sum.Outcome != rollout.Paused || w.standing() != want {
			t.Errorf("%s, %s", sum.Outcome, w.standing())
		}
		w.asFound()
	})
}

// TestAClimbKilledAtEveryEvent kills a canary deploy right after each second of
// its events, and goes on from what was on the disk.
func TestAClimbKilledAtEveryEvent(t *testing.T) {
	yaml := strings.NewReplacer("hold: 10s", "hold: 2s", "max_errors", "warm: {weights: [50%], hold: 1s}\n  max_errors").Replace(canaryYAML)
	for n, whole := 1, false; !whole; n += 2 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newCanary(t, yaml)
				over, wait := w.process().untilKilled(w.plan("2"), n)
				defer wait()
				whole = over
				if !whole {
					w.resumed(n)
				}
				if want := "web1 in 2, web2 in 2, web3 in 2"; w.standing() != want {
					t.Errorf("standing: %s, want %s", w.standing(), want)
				}
				w.asFound()
				w.replays()
			})
		})
		if t.Failed() {
			return
		}
	}
}

// TestARunKilledInItsClimbIsTakenBackByAnother rolls back, as another run, what
// was killed while it climbed.
func TestARunKilledInItsClimbIsTakenBackByAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCanary(t, canaryYAML)
		p := w.process()
		plan := w.plan("2")
		var wg sync.WaitGroup
		defer wg.Wait()
		w.seen = func(e rollout.Event) {
			if e.Step == rollout.HoldStep(1, 2) && e.Kind == rollout.StepBegun && p.until == 0 {
				p.until = e.Seq
			}
		}
		wg.Go(func() { _, _ = p.run(plan) })
		<-p.killed
		w.seen = nil
		if got := w.weights(); got != "50 100 40, 50 100 40" {
			t.Errorf("the weights are %s", got)
		}
		source := w.replayed()
		back, err := rollout.NewRollback(w.inv, w.facts(), source, rollout.Options{})
		if err != nil {
			t.Fatal(err)
		}
		w.events = nil
		if sum, err := w.process().run(back); err != nil || sum.Outcome != rollout.Done {
			t.Errorf("%s, %v", sum.Outcome, err)
		}
		if want := "web1 in 1, web2 in 1, web3 in 1"; w.standing() != want {
			t.Errorf("standing: %s, want %s", w.standing(), want)
		}
		log := story(w.fronts[0].Memory)
		if at := slices.Index(log, "weigh web1 100"); at < 1 || log[at-1] != "web1 out" {
			t.Errorf("the weights went back at another time: %q", log)
		}
		w.asFound()
	})
}
