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

	"rota/rollout"
)

// fakeProbe sends a request ten times a second, alternately through two
// balancers, and loses as many of the next as it is told to.
type fakeProbe struct {
	mu    sync.Mutex
	loses int
	burst int // more that are lost at once, with the next one
	count rollout.Probe
}

func newFakeProbe() *fakeProbe {
	return &fakeProbe{count: rollout.Probe{Routes: []rollout.Route{
		{URL: "http://shop/", Address: "192.0.2.1:80", Balancer: "lb1"},
		{URL: "http://shop/", Address: "192.0.2.2:80", Balancer: "lb2"},
	}}}
}

func (f *fakeProbe) lose(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loses += n
}

func (f *fakeProbe) Run(ctx context.Context, lost func(rollout.Lost)) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for range 1 + f.more() {
			if l, bad := f.send(); bad {
				lost(l)
			}
		}
	}
}

func (f *fakeProbe) more() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.burst
	f.burst = 0
	return n
}

func (f *fakeProbe) send() (rollout.Lost, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := &f.count.Routes[f.count.Sent%2]
	f.count.Sent++
	r.Sent++
	if f.loses == 0 {
		return rollout.Lost{}, false
	}
	f.loses--
	f.count.Lost++
	r.Lost++
	return rollout.Lost{
		At: time.Now(), URL: r.URL, Address: r.Address, Balancer: r.Balancer, Reason: "no connection: connection refused",
	}, true
}

func (f *fakeProbe) Count() rollout.Probe {
	f.mu.Lock()
	defer f.mu.Unlock()
	return rollout.Probe{}.Plus(f.count)
}

// probed is the small world with a probe, which loses so many requests when
// these steps first begin.
func probed(t *testing.T, maxLost int, policy string, loses map[rollout.StepID]int) (*world, *fakeProbe) {
	t.Helper()
	yaml := strings.Replace(twoYAML, "soak: 0s", "soak: 3s\n  on_failure: "+policy, 1)
	w := newWorld(t, fmt.Sprintf("%sprobe: {urls: ['http://shop/'], max_lost: %d}\n", yaml, maxLost), 1)
	f := newFakeProbe()
	w.seen = func(e rollout.Event) {
		if e.Kind == rollout.StepBegun && e.Attempt == 1 {
			f.lose(loses[e.Step])
		}
	}
	return w, f
}

func (w *world) deployProbed(f Probe) (rollout.Summary, error) {
	w.t.Helper()
	r := w.process().start(nil)
	r.Probe = f
	return r.Run(w.t.Context(), w.plan("2"))
}

func (w *world) resumeProbed(f Probe) (rollout.Summary, error) {
	w.t.Helper()
	st, err := rollout.Replay(w.events)
	if err != nil {
		w.t.Fatal(err)
	}
	r := w.process().start(w.events)
	r.Probe = f
	return r.Resume(w.t.Context(), st.Plan)
}

// asked lists the questions about lost requests, each with its answer.
func (w *world) asked() []string {
	var all []string
	for i, e := range w.events {
		if e.Kind != rollout.Asked || e.Question.Kind != rollout.AskProbe {
			continue
		}
		after := w.events[i:]
		a := slices.IndexFunc(after, func(e rollout.Event) bool { return e.Kind == rollout.Answered })
		all = append(all, fmt.Sprintf("%s: %s %s", e.Text, after[a].State, after[a].Text))
	}
	return all
}

func TestLostRequestsHoldTheRun(t *testing.T) {
	type steps = map[rollout.StepID]int
	const (
		oneOf  = "the probe has lost 1 request, and max_lost is 0: "
		half   = "web1 in 2, web2 in 2, web3 in 1, web4 in 1"
		goneOn = "continue by test"
	)
	tests := []struct {
		name    string
		max     int
		loses   steps
		policy  string
		answers []string
		asked   []string
		want    string
		status  int
	}{
		{"none are lost", 0, nil, "ask", nil, nil, allNew, 0},
		{"as many are lost as may be", 2, steps{"b1/soak": 2}, "ask", nil, nil, allNew, 0},
		{"lost in a soak, and the run goes on", 0, steps{"b1/soak": 1}, "ask", []string{"continue"}, []string{oneOf + goneOn}, allNew, 0},
		{"lost in the last soak, and the run is kept", 0, steps{"b2/soak": 1}, "ask", []string{"continue"}, []string{oneOf + goneOn}, allNew, 0},
		{"it is asked again after as many more", 1, steps{"b1/out": 1, "b1/soak": 1, "b2/out": 1, "b2/soak": 1}, "ask", []string{"continue", "continue"}, []string{
			"the probe has lost 2 requests, and max_lost is 1: " + goneOn,
			"the probe has lost 2 requests more, and max_lost is 1: " + goneOn,
		}, allNew, 0},
		{"what is in work is finished first", 0, steps{"web1/step1": 1}, "ask", []string{"pause"}, []string{oneOf + "pause by test"}, half, 1},
		{"rollback takes everything back", 0, steps{"b2/soak": 1}, "ask", []string{"rollback"}, []string{oneOf + "rollback by test"}, allOld, 3},
		{"what is lost on the way back holds nothing", 0, steps{"b1/soak": 1, "~b1/out": 5}, "ask", []string{"rollback"}, []string{oneOf + "rollback by test"}, allOld, 3},
		{"pause stops where it stands", 0, steps{"b1/soak": 1}, "ask", []string{"pause"}, []string{oneOf + "pause by test"}, half, 1},
		{"abort ends it", 0, steps{"b1/soak": 1}, "ask", []string{"abort"}, []string{oneOf + "abort by test"}, half, 4},
		{"no answer stops it", 0, steps{"b1/soak": 1}, "ask", []string{""}, []string{oneOf + "none no answer"}, half, 4},
		{"policy pause", 0, steps{"b1/soak": 1}, "pause", nil, []string{oneOf + "pause by policy on_failure"}, half, 1},
		{"policy rollback", 0, steps{"b1/soak": 1}, "rollback", nil, []string{oneOf + "rollback by policy on_failure"}, allOld, 3},
		{"policy rollback at the end", 0, steps{"b2/soak": 1}, "rollback", nil, []string{oneOf + "rollback by policy on_failure"}, allOld, 3},
		{"policy abort", 0, steps{"b1/soak": 1}, "abort", nil, []string{oneOf + "abort by policy on_failure"}, half, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, f := probed(t, tt.max, tt.policy, tt.loses)
				answers := tt.answers
				w.decide = func(rollout.Question) (string, error) {
					if len(answers) == 0 || answers[0] == "" {
						return "", errors.New("nobody is there")
					}
					a := answers[0]
					answers = answers[1:]
					return a, nil
				}
				sum, _ := w.deployProbed(f)
				if sum.ExitStatus() != tt.status {
					t.Errorf("exit status %d, want %d: %s: %s", sum.ExitStatus(), tt.status, sum.Outcome, sum.Why)
				}
				if diff := cmp.Diff(tt.asked, w.asked()); diff != "" {
					t.Error(diff)
				}
				w.says(tt.want)
				if diff := cmp.Diff(f.Count(), *sum.Probe); diff != "" {
					t.Error("the summary tells other figures:", diff)
				}
				if st := w.replays(); cmp.Diff(st.Summary, &sum) != "" {
					t.Error("the journal has another summary")
				}
			})
		})
	}
}

func TestAQuestionAboutLostRequestsHasTheEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := probed(t, 0, "ask", map[rollout.StepID]int{"b1/soak": 1})
		var q rollout.Question
		w.decide = func(asked rollout.Question) (string, error) { q = asked; return "pause", nil }
		_, _ = w.deployProbed(f)
		all := strings.Join(q.Facts, "\n")
		for _, want := range []string{
			"requests, 1 lost (", "lost at ", "http://shop/ through lb", ":80), fresh connection: no connection: connection refused",
			", while web1, web2 were being watched in rotation",
		} {
			if !strings.Contains(all, want) {
				t.Errorf("no %q in\n%s", want, all)
			}
		}
		var words []string
		for _, c := range q.Choices {
			words = append(words, c.Word)
		}
		if diff := cmp.Diff([]string{"continue", "rollback", "pause", "abort"}, words); diff != "" {
			t.Error(diff)
		}
	})
}

func TestResumeAddsToWhatTheProbeHasCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := probed(t, 0, "pause", map[rollout.StepID]int{"b1/soak": 1})
		first, _ := w.deployProbed(f)
		if first.Outcome != rollout.Paused {
			t.Fatal(first.Outcome, first.Why)
		}
		again := newFakeProbe()
		sum, err := w.resumeProbed(again) // what was decided about is not asked again
		if err != nil || sum.Outcome != rollout.Done {
			t.Error(sum.Outcome, sum.Why, err)
		}
		if diff := cmp.Diff(f.Count().Plus(again.Count()), *sum.Probe); diff != "" {
			t.Error(diff)
		}
		w.says(allNew)
	})
}

func TestWhatIsLostAtTheVeryEndIsDecidedByResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := probed(t, 0, "pause", nil)
		sum, _ := w.deployProbed(late{f})
		if sum.Outcome != rollout.LeftSome || sum.Why != "the probe has lost 1 request, and max_lost is 0" || !slices.Contains(sum.GoOn, "rota resume") {
			t.Errorf("%+v", sum)
		}
		for _, want := range []rollout.Outcome{rollout.Paused, rollout.Done} {
			if sum, _ := w.resumeProbed(newFakeProbe()); sum.Outcome != want {
				t.Errorf("%s: %s, want %s", sum.Outcome, sum.Why, want)
			}
		}
	})
}

// late loses a request that is under way at its end.
type late struct{ *fakeProbe }

func (l late) Run(ctx context.Context, lost func(rollout.Lost)) {
	l.fakeProbe.Run(ctx, lost)
	l.lose(1)
	if bad, ok := l.send(); ok {
		lost(bad)
	}
}

func TestManyLostRequestsAreToldInFigures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := probed(t, 1000, "pause", nil)
		w.seen = func(e rollout.Event) {
			if e.Kind == rollout.StepBegun && e.Step == "b1/soak" {
				f.mu.Lock()
				f.burst, f.loses = 99, 100
				f.mu.Unlock()
			}
		}
		sum, _ := w.deployProbed(f)
		if sum.Outcome != rollout.Done || sum.Probe.Lost != 100 {
			t.Errorf("%s, %d lost", sum.Outcome, sum.Probe.Lost)
		}
		one, told := 0, ""
		for _, e := range w.events {
			switch {
			case e.Kind == rollout.Missed:
				one++
			case e.Kind == rollout.Probed && e.Text != "":
				told += e.Text
			}
		}
		if want := "90 lost requests more: no more than 10 in a second are told one by one"; one != 10 || told != want {
			t.Errorf("%d are told one by one, and %q", one, told)
		}
	})
}

func TestFiguresComeEveryFiveSecondsAlsoAtAGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := probed(t, 0, "ask", nil)
		w.inv.Rollout.Confirm = "batch"
		w.decide = func(rollout.Question) (string, error) {
			time.Sleep(time.Minute)
			return "continue", nil
		}
		sum, err := w.deployProbed(f)
		if err != nil || sum.Outcome != rollout.Done {
			t.Fatal(sum.Outcome, err)
		}
		n, before := 0, 0
		for _, e := range w.events {
			if e.Kind != rollout.Probed {
				continue
			}
			n++
			if e.Probe.Sent < before {
				t.Errorf("%d sent after %d", e.Probe.Sent, before)
			}
			before = e.Probe.Sent
		}
		if want := int(sum.TotalMS / 5000); n < want || n > want+2 {
			t.Errorf("%d times, want %d", n, want)
		}
	})
}
