package tui

import (
	"slices"
	"testing"
	"time"

	"rota/lb"
	"rota/rollout"
)

func TestTrendKeepsAMinute(t *testing.T) {
	t.Parallel()
	var tr trend
	now := noon
	put := func(after time.Duration, n int) {
		now = now.Add(after)
		tr.put(now, n)
	}
	last := func(n int) []int { return tr.cells[trendCells-n:] }
	put(0, 7)
	put(time.Second, 9)
	if got := last(2); !slices.Equal(got, []int{-1, 9}) {
		t.Errorf("in one span: %v", got)
	}
	put(4*time.Second, 3)
	put(10*time.Second, 5)
	if got := last(5); !slices.Equal(got, []int{-1, 9, 3, -1, 5}) {
		t.Errorf("with a gap: %v", got)
	}
	put(time.Hour, 1)
	if got := tr.cells; got[trendCells-1] != 1 || tr.most() != 1 {
		t.Errorf("after an hour: %v", got)
	}
	for range 1000 {
		put(trendSpan, 2)
	}
	if got := tr.cells; slices.Contains(got[:], -1) || tr.most() != 2 {
		t.Errorf("a steady figure: %v", got)
	}
}

// Errors are counted since the screen opened, and anew where the balancer was
// started anew or a run begins.
func TestErrorsAreCountedFromNow(t *testing.T) {
	t.Parallel()
	st := newStory(t, 2, 160, 30)
	says := func(errors int64) int64 {
		st.now = st.now.Add(time.Second)
		st.send(news{snapshot: &lb.Snapshot{Balancers: []lb.View{{
			Name: "lb1", At: st.now, Servers: []lb.Server{{Name: "web1", State: lb.In, Errors: errors}},
		}}}})
		return st.fleet.byName["web1"].failures()
	}
	for i, step := range []struct{ told, want int64 }{{70, 0}, {72, 2}, {-1, -1}, {73, 3}, {1, 1}} {
		if got := says(step.told); got != step.want {
			t.Errorf("%d: %d errors after the balancer said %d, want %d", i, got, step.told, step.want)
		}
	}
	st.begin()
	if got := says(5); got != 4 {
		t.Errorf("%d errors since the run has begun, want 4", got)
	}
	if got := st.fleet.byName["web2"].failures(); got != -1 {
		t.Errorf("a server that nobody counts has %d errors", got)
	}
}

// A column for errors takes room from the words only where there are any.
func TestErrorsAreNews(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40)
	st.hides(t, "ERRORS")
	st.event(rollout.Event{Kind: rollout.Sampled, Server: "web1", Balancer: "lb1", Sample: &rollout.Sample{Weight: 100, Errors: 3}})
	st.shows(t, "ERRORS", "     3\n")
}
