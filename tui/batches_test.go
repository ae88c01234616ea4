package tui

import (
	"testing"

	"rota/rollout"
)

// Servers may be in several batches: each is done by its own end, not by where
// its servers were before it.
func TestBatchesOfASwitch(t *testing.T) {
	t.Parallel()
	st := turning(t, 120, 40)
	green := st.plan.Batches[1].Servers
	st.shows(t, "batch ✓1 ·2 ·3")
	st.event(rollout.Event{Kind: rollout.StepBegun, Step: rollout.BatchStep(2, "in"), Batch: 2, Servers: green, Attempt: 1, Text: "put them in"})
	st.shows(t, "batch ✓1 ▸2 ·3")
	for _, name := range green {
		st.move(name, rollout.Checking, rollout.Returning, rollout.Serving)
	}
	st.event(rollout.Event{Kind: rollout.StepBegun, Step: rollout.BatchStep(3, "out"), Batch: 3, Servers: st.plan.Batches[2].Servers, Attempt: 1, Text: "take them out"})
	st.shows(t, "batch ✓1 ✓2 ▸3")
	for _, name := range st.plan.Batches[2].Servers {
		st.move(name, rollout.Draining, rollout.Out, rollout.Idle)
	}
	st.shows(t, "batch ✓1 ✓2 ✓3")
}
