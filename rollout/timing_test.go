package rollout

import (
	"fmt"
	"testing"
	"time"
)

// clocked is a run of some batches that is told by the clock.
type clocked struct {
	State
	t   *testing.T
	now time.Time
}

func newClocked(t *testing.T, batches ...Batch) *clocked {
	t.Helper()
	plan := Plan{Kind: "deploy", App: "shop", Version: "2"}
	for i := range batches {
		name := fmt.Sprintf("web%d", i+1)
		batches[i].Servers = []string{name}
		plan.Targets = append(plan.Targets, Target{Server: name, Batch: i + 1, From: "1", To: "2"})
	}
	plan.Batches = batches
	c := &clocked{t: t, now: time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)}
	c.add(0, Event{Kind: RunBegun, Plan: &plan})
	return c
}

func (c *clocked) add(after time.Duration, e Event) {
	c.t.Helper()
	c.now = c.now.Add(after)
	e.Time, e.Seq, e.Run = c.now, c.Seq+1, "r1"
	if err := c.Apply(e); err != nil {
		c.t.Fatal(err)
	}
}

func (c *clocked) begins(after time.Duration, batch int) {
	c.t.Helper()
	c.add(after, Event{Kind: StepBegun, Step: BatchStep(batch, "out"), Batch: batch, Attempt: 1})
}

func (c *clocked) asked(after time.Duration, kind QuestionKind) {
	c.t.Helper()
	c.add(after, Event{Kind: Asked, Question: &Question{Kind: kind}})
}

func (c *clocked) answered(after time.Duration) {
	c.t.Helper()
	c.add(after, Event{Kind: Answered, State: Continue})
}

func (c *clocked) left(after time.Duration, when, want string) {
	c.t.Helper()
	got := "nobody knows"
	if d, ok := c.Left(c.now.Add(after)); ok {
		got = Roughly(d)
	}
	if got != want {
		c.t.Errorf("%s: %s left, want %s", when, got, want)
	}
}

// The time that is left is told from the batches that are done; what a person
// takes to answer is nobody's pace.
func TestTimeLeftIsEstimatedFromWhatIsDone(t *testing.T) {
	c := newClocked(t, Roll(), Roll(), Roll(), Roll(), Roll())
	c.begins(time.Second, 1)
	c.left(time.Minute, "in the first batch", "nobody knows")
	if d, ok := c.LeftAfter(c.now.Add(time.Minute)); !ok || d != 4*time.Minute {
		t.Errorf("before its gate: %v, %v", d, ok)
	}
	c.asked(time.Minute, AskGate)
	c.left(time.Minute, "at its gate", "4m")
	c.answered(time.Hour)
	c.asked(time.Minute, AskGate) // it was watched for a minute
	if took, ok := c.Took(c.now.Add(time.Hour)); !ok || took != time.Minute {
		t.Errorf("the batch took %v, %v", took, ok)
	}
	if d, ok := c.LeftAfter(c.now); !ok || d != 4*time.Minute {
		t.Errorf("at its second gate: %v, %v", d, ok)
	}
	c.answered(0)
	c.begins(0, 2)
	c.left(0, "the second begins", "4m")
	c.left(30*time.Second, "in its middle", "4m")
	c.left(time.Hour, "when it takes longer", "3m")
	c.begins(3*time.Minute, 3)
	c.left(0, "the third begins", "6m")
	c.asked(time.Minute, AskFailure)
	c.left(time.Hour, "while it waits", "5m")
	if took, _ := c.Took(c.now.Add(time.Hour)); took != time.Minute {
		t.Errorf("the third took %v while it waits", took)
	}
	c.add(time.Minute, Event{Kind: Resumed})
	c.left(0, "when it goes on", "5m")
	c.add(0, Event{Kind: Reversed, Plan: &c.Plan})
	c.begins(0, 1)
	c.left(0, "on the way back", "nobody knows")
}

// How long a ladder takes is known, and tells nothing of a batch that has none.
func TestLaddersAreNoPace(t *testing.T) {
	c := newClocked(t, Roll().On(&Ladder{Percents: []int{10, 50}, Hold: time.Minute}), Roll(), Roll())
	c.begins(0, 1)
	c.asked(2*time.Minute+20*time.Second, AskGate)
	c.left(0, "after the ladder", "40s")
	if took, _ := c.Took(c.now); took != 2*time.Minute+20*time.Second {
		t.Errorf("the batch took %v", took)
	}
	c = newClocked(t, Roll(), Roll().On(&Ladder{Percents: []int{10}, Hold: time.Minute}))
	c.begins(0, 1)
	c.asked(20*time.Second, AskGate)
	c.left(0, "before the ladder", "1m")
}

// A batch of another kind tells nothing of those that follow.
func TestOtherKindsAreNoPace(t *testing.T) {
	c := newClocked(t, Batch{Verbs: []Verb{TakeOut, Work, Keep}}, Batch{Verbs: []Verb{Work, PutIn}})
	c.begins(0, 1)
	c.asked(time.Minute, AskGate)
	c.left(0, "before the switch", "nobody knows")
}

func TestRoughly(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Second: "5s", 41 * time.Second: "45s", 59 * time.Second: "60s", 89 * time.Second: "1m",
		100 * time.Second: "2m", 44 * time.Minute: "44m", 2 * time.Hour: "2.0h",
	} {
		if got := Roughly(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
