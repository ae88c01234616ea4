package rollout

import (
	"fmt"
	"slices"
	"time"
)

// timing is how long the batches of a run take, without the time that it waited
// for a person or was interrupted, and without the ladders, whose length is known.
// What is still to come is estimated from those that are done.
type timing struct {
	batch int           // the one in work
	since time.Time     // when it began, later by what was waited since then
	asked time.Time     // when a person was asked; zero: nobody is
	took  time.Duration // the last one that is done, with its ladder
	total time.Duration // all that are done, without their ladders
	done  int
	over  bool // the batch in work is one of them: its gate has asked
}

// observe takes an event that has been folded into the state; last is when the
// one before it came.
func (t *timing) observe(s *State, e Event, last time.Time) {
	switch e.Kind {
	case Reversed: // the way back has batches of its own
		*t = timing{}
	case Resumed:
		t.since, t.asked = t.since.Add(e.Time.Sub(last)), time.Time{}
	case Asked:
		if t.asked.IsZero() {
			t.asked = e.Time
		}
		if q := e.Question; q != nil && q.Kind == AskGate {
			t.end(s, e.Time)
		}
	case Answered:
		if !t.asked.IsZero() && s.Question == nil {
			t.since, t.asked = t.since.Add(e.Time.Sub(t.asked)), time.Time{}
		}
	case RunEnded:
		if s.Outcome == Done {
			t.end(s, e.Time)
		}
	default:
	}
	if s.Batch == t.batch {
		return
	}
	if s.Batch == t.batch+1 {
		t.end(s, e.Time)
	}
	t.batch, t.since, t.over = s.Batch, e.Time, false
}

// end counts the batch in work among those that are done.
func (t *timing) end(s *State, at time.Time) {
	if t.batch > 0 && !t.over {
		t.took = at.Sub(t.since)
		t.total += max(t.took-s.climb(t.batch), 0)
		t.done, t.over = t.done+1, true
	}
}

// climb is how long the ladder of a batch takes.
func (s *State) climb(batch int) time.Duration {
	if p := s.Current(); batch <= len(p.Batches) && p.Batches[batch-1].Ladder != nil {
		l := p.Batches[batch-1].Ladder
		return time.Duration(len(l.Percents)) * l.Hold
	}
	return 0
}

// Took tells how long the batch in work has taken by now, or had taken when its gate
// asked, without waits for a person; false before the first.
func (s *State) Took(now time.Time) (time.Duration, bool) {
	switch t := &s.timing; {
	case t.batch == 0:
		return 0, false
	case t.over:
		return t.took, true
	case !t.asked.IsZero():
		return t.asked.Sub(t.since), true
	default:
		return now.Sub(t.since), true
	}
}

// Left estimates how long the run still takes when nobody keeps it waiting; false
// while no batch is done.
func (s *State) Left(now time.Time) (left time.Duration, ok bool) {
	return s.timing.left(s, now)
}

// LeftAfter is Left for when the batch in work is done.
func (s *State) LeftAfter(now time.Time) (left time.Duration, ok bool) {
	t := s.timing
	t.end(s, now)
	return t.left(s, now)
}

func (t *timing) left(s *State, now time.Time) (left time.Duration, ok bool) {
	if t.done == 0 || !s.Current().alike(t.batch) {
		return 0, false
	}
	if !t.asked.IsZero() {
		now = t.asked
	}
	each := t.total / time.Duration(t.done)
	for n := t.batch + 1; n <= len(s.Current().Batches); n++ {
		left += each + s.climb(n)
	}
	if !t.over {
		left += max(each+s.climb(t.batch)-now.Sub(t.since), 0)
	}
	return left, true
}

// alike reports whether all batches that follow the n-th are of its kind, so that
// its time tells something about theirs.
func (p *Plan) alike(n int) bool {
	return !slices.ContainsFunc(p.Batches[n:], func(b Batch) bool { return !b.alike(p.Batches[n-1]) })
}

// alike reports whether the same is done in both, ladders aside.
func (b Batch) alike(c Batch) bool {
	i := 0
	for _, v := range b.Verbs {
		if i < len(c.Verbs) && c.Verbs[i] == Climb {
			i++
		}
		switch {
		case v == Climb:
		case i == len(c.Verbs) || c.Verbs[i] != v:
			return false
		default:
			i++
		}
	}
	return i == len(c.Verbs) || i == len(c.Verbs)-1 && c.Verbs[i] == Climb
}

// Roughly tells a duration that is not known exactly.
func Roughly(d time.Duration) string {
	const step = 5 * time.Second
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", (d+step-1)/step*5)
	case d < 90*time.Minute:
		return fmt.Sprintf("%dm", (d+time.Minute/2)/time.Minute)
	}
	return fmt.Sprintf("%.1fh", d.Hours())
}
