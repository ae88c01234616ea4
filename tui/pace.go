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
	if p.batch > 0 && st.Batch == p.batch+1 {
		p.took += e.Time.Sub(p.since)
		p.done++
	}
	p.batch, p.since = st.Batch, e.Time
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
	return each*time.Duration(batches-p.batch) + max(each-now.Sub(p.since), 0), true
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
