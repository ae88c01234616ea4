package plain

import (
	"io"

	"rota/rollout"
)

// rehearsed tells how long the servers of a rehearsal took, and how long a
// deploy would.
func rehearsed(w io.Writer, s rollout.Summary) {
	if len(s.Timings) == 0 {
		return
	}
	var t table
	t.add("", "out, drained", "healthy", "proved", "back")
	for _, r := range s.Timings {
		t.add("  "+r.Server, ms(r.DrainMS), ms(r.CheckMS), ms(r.ProveMS), ms(r.ReturnMS))
	}
	t.print(w, 0, nil)
	say(w, "a deploy would take about %s beside its steps", ms(s.LikelyMS))
}
