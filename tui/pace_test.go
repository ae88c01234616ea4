package tui

import (
	"testing"
	"time"

	"rota/rollout"
)

// The time that is left is told from the batches that are done; what a person
// takes to answer is nobody's pace.
func TestTimeLeftIsEstimatedFromWhatIsDone(t *testing.T) {
	t.Parallel()
	begins := func(batch int) rollout.Event {
		return rollout.Event{Kind: rollout.StepBegun, Step: rollout.BatchStep(batch, "out"), Batch: batch, Attempt: 1}
	}
	var r run
	plan := twoServers()
	now, seq := noon, 0
	add := func(after time.Duration, e rollout.Event) {
		now, seq = now.Add(after), seq+1
		e.Time, e.Seq, e.Run = now, seq, "r1"
		r.apply(e)
		if r.broken != "" {
			t.Fatal(r.broken)
		}
	}
	left := func(after time.Duration) string {
		if d, ok := r.pace.left(now.Add(after), 5); ok {
			return roughly(d)
		}
		return "nobody knows"
	}
	want := func(when, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s left, want %s", when, got, want)
		}
	}
	add(0, rollout.Event{Kind: rollout.RunBegun, Plan: &plan})
	add(time.Second, begins(1))
	want("in the first batch", left(time.Minute), "nobody knows")
	add(time.Minute, rollout.Event{Kind: rollout.Asked, Question: &gateQuestion})
	want("at its gate", left(time.Minute), "4 min")
	add(time.Hour, rollout.Event{Kind: rollout.Answered, State: rollout.Continue})
	add(0, begins(2))
	want("the second begins", left(0), "4 min")
	want("in its middle", left(30*time.Second), "4 min")
	want("when it takes longer", left(time.Hour), "3 min")
	add(3*time.Minute, begins(3))
	want("the third begins", left(0), "6 min")
	add(time.Minute, rollout.Event{Kind: rollout.Asked, Question: &failureQuestion})
	want("while it waits", left(time.Hour), "5 min")
	add(time.Minute, rollout.Event{Kind: rollout.Resumed})
	want("when it goes on", left(0), "5 min")
	add(0, rollout.Event{Kind: rollout.Reversed, Plan: &plan})
	add(0, begins(1))
	want("on the way back", left(0), "nobody knows")
}

func TestRoughly(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0 s", time.Second: "5 s", 41 * time.Second: "45 s", 89 * time.Second: "1m 30s",
		100 * time.Second: "2 min", 44 * time.Minute: "44 min", 2 * time.Hour: "2.0 h",
	} {
		if got := roughly(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
