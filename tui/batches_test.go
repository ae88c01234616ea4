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
	st.move(green[0], rollout.Checking)
	st.shows(t, "batch ✓1 ▸2 ·3", "3/3 updated")
	st.move(green[0], rollout.Returning, rollout.Serving)
	for _, name := range green[1:] {
		st.move(name, rollout.Checking, rollout.Returning, rollout.Serving)
	}
	st.event(rollout.Event{Kind: rollout.StepBegun, Step: rollout.BatchStep(3, "out"), Batch: 3, Servers: st.plan.Batches[2].Servers, Attempt: 1, Text: "take them out"})
	st.shows(t, "batch ✓1 ✓2 ▸3", "████████████████████████████████████████ 3/3 updated")
	st.move(st.plan.Batches[2].Servers[0], rollout.Draining)
	st.shows(t, "◐1 draining", "████████████████████████████████████████ 3/3 updated")
	st.move(st.plan.Batches[2].Servers[0], rollout.Out, rollout.Idle)
	for _, name := range st.plan.Batches[2].Servers[1:] {
		st.move(name, rollout.Draining, rollout.Out, rollout.Idle)
	}
	st.shows(t, "batch ✓1 ✓2 ✓3")
}

func TestABatchThatWasSentBack(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40)
	st.shows(t, "batch ✓1 ▸2 ·3", "gate after each batch")
	st.event(rollout.Event{Kind: rollout.Answered, Server: "web1", State: rollout.ContinueAll, Text: "by a person"})
	st.shows(t, "no gates")
	for _, name := range []string{"web1", "web2"} {
		st.fleet.byName[name].run.GoesBack = true
	}
	st.wait(0)
	st.shows(t, "batch ↺1 ▸2 ·3")
}
