package tui

import (
	"fmt"
	"time"

	"rota/rollout"
)

// pace is how long the batches of a run take, without the time that it waited
// for a person. What is still to come is estimated from those that are done.
type pace struct {
	batch int           // the one in work
	since time.Time     // when it began, later by what was waited since then
	asked time.Time     // when a person was asked; zero: nobody is
	last  time.Time     // of the newest event
	took  time.Duration // all of those that are done, together
	done  int
	over  bool // the batch in work is one of them: its gate has asked
}

// observe takes an event that has been folded into the state.
func (p *pace) observe(st *rollout.State, e rollout.Event) {
	switch e.Kind {
	case rollout.Reversed: // the way back has batches of its own
		*p = pace{}
	case rollout.Resumed:
		p.since, p.asked = p.since.Add(e.Time.Sub(p.last)), time.Time{}
	case rollout.Asked:
		if p.asked.IsZero() {
			p.asked = e.Time
		}
		if q := e.Question; q != nil && q.Kind == rollout.AskGate {
			p.end(e.Time)
		}
	case rollout.Answered:
		if !p.asked.IsZero() && st.Question == nil {
			p.since, p.asked = p.since.Add(e.Time.Sub(p.asked)), time.Time{}
		}
	default:
	}
	p.last = e.Time
	if st.Batch == p.batch {
		return
	}
	if st.Batch == p.batch+1 {
		p.end(e.Time)
	}
	p.batch, p.since, p.over = st.Batch, e.Time, false
}

// end counts the batch in work among those that are done.
func (p *pace) end(at time.Time) {
	if p.batch > 0 && !p.over {
		p.took += at.Sub(p.since)
		p.done, p.over = p.done+1, true
	}
}

// left estimates how long the run still takes when nobody keeps it waiting; ok
// is false while no batch is done.
func (p *pace) left(now time.Time, batches int) (left time.Duration, ok bool) {
	if p.done == 0 {
		return 0, false
	}
	if !p.asked.IsZero() {
		now = p.asked
	}
	each := p.took / time.Duration(p.done)
	left = each * time.Duration(batches-p.batch)
	if !p.over {
		left += max(each-now.Sub(p.since), 0)
	}
	return left, true
}

// roughly tells a duration that is not known exactly.
func roughly(d time.Duration) string {
	const step = 5 * time.Second
	switch {
	case d < 90*time.Second:
		return seconds((d + step - 1).Truncate(step))
	case d < 90*time.Minute:
		return fmt.Sprintf("%d min", int((d+time.Minute/2)/time.Minute))
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}
