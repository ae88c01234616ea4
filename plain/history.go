package plain

import (
	"fmt"
	"io"
	"iter"
	"time"

	"rota/rollout"
)

// History prints a list of runs in the order in which they are given.
func History(w io.Writer, runs []rollout.State) {
	var t table
	t.add("RUN", "BEGUN", "WHAT", "SERVERS", "OUTCOME", "TOOK", "BY")
	for i := range runs {
		r := &runs[i]
		t.add(r.Run, r.Begun.Local().Format(time.DateTime), what(r.Plan), reached(r),
			outcome(r), short(r.Last.Sub(r.Begun)), r.Operator)
	}
	t.print(w, 0, nil)
}

func what(p rollout.Plan) string {
	return p.Title()
}

// reached tells how many of the servers got what the run was for.
func reached(r *rollout.State) string {
	n := 0
	if r.Summary != nil {
		n = len(r.Summary.Updated)
	}
	return fmt.Sprintf("%d of %d", n, len(r.Servers))
}

func outcome(r *rollout.State) string {
	if !r.Ended {
		return "not ended"
	}
	return string(r.Outcome)
}

// Journal prints one run from its events, each when it comes: the steps, the
// decisions, what was printed, and the last lines.
func Journal(w io.Writer, events iter.Seq[rollout.Event], color bool) {
	var t *Text
	var last *rollout.Summary
	for e := range events {
		if t == nil {
			say(w, "%s", e.Time.Local().Format("Monday, 2 January 2006"))
			t = NewText(w, io.Discard, color, Policy{})
		}
		t.Observe(e)
		if e.Summary != nil {
			last = e.Summary
		}
	}
	if t == nil {
		return
	}
	t.Close()
	if last != nil {
		say(w, "")
		Summary(w, *last)
	}
}
