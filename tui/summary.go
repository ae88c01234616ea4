package tui

import (
	"fmt"
	"time"
)

// summary tells in a few lines how the run stands, for the terminal that is
// left when the screen has closed.
func (r *run) summary() []string {
	if r.state.Seq == 0 {
		return nil
	}
	plan := &r.state.Plan
	what := join(" ", plan.Kind, plan.App, plan.Version)
	end := r.state.Summary
	if !r.state.Ended || end == nil {
		done := 0
		for i := range r.state.Servers {
			if r.state.Servers[i].Phase.Settled() {
				done++
			}
		}
		return []string{fmt.Sprintf("%s: not at its end: %d of %s settled (run %s)",
			what, done, count(len(r.state.Servers), "server"), r.state.Run)}
	}
	ms := func(n int64) string { return short(time.Duration(n) * time.Millisecond) }
	lines := []string{fmt.Sprintf("%s: %s, %d of %s updated in %s, of which asked %s, rota %s (run %s)",
		what, end.Outcome, len(end.Updated), count(len(r.state.Servers), "server"),
		ms(end.TotalMS), ms(end.AskedMS), ms(end.OwnMS), r.state.Run)}
	for _, w := range end.Left {
		lines = append(lines, join(": ", w.Server, w.State, w.Why))
	}
	for _, c := range end.GoOn {
		lines = append(lines, "go on with: "+c)
	}
	return lines
}
