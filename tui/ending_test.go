package tui

import (
	"testing"

	"rota/rollout"
)

// The end of a run that was not simply done stays in sight, until it was read.
func TestEndingIsTold(t *testing.T) {
	t.Parallel()
	end := func(o rollout.Outcome) rollout.Event {
		return rollout.Event{Kind: rollout.RunEnded, State: string(o), Summary: &rollout.Summary{
			Outcome: o, Why: "aborted at the gate",
			Runs: []rollout.Running{{Version: "1.42.0", Servers: []string{"web1", "web3"}}, {Version: "1.41.0", Servers: []string{"web2"}}},
			Left: []rollout.Where{{Server: "web3", State: string(rollout.Failed), Why: "503, want 200"}},
		}}
	}
	st := running(t, 120, 40)
	st.event(end(rollout.Aborted))
	st.shows(t, "the run has ended: aborted", "aborted at the gate", "running 1.42.0: web1, web3", "web3 is failed: 503, want 200", "R takes it back")
	st.press("j", "esc")
	st.hides(t, "running 1.42.0")

	st = running(t, 120, 40)
	st.event(end(rollout.Done))
	st.hides(t, "running 1.42.0")

	past := pastRun(t, nil)
	past.event(end(rollout.Aborted))
	played := past.replayed(120, 40, 10)
	played.press("end")
	played.hides(t, "running 1.42.0")
}

// While a health check is repeated, the row tells what came of it last.
func TestHealthCheckIsToldAsItGoes(t *testing.T) {
	t.Parallel()
	st := newStory(t, 6, 80, 24)
	st.seen()
	st.begin()
	st.deployed("web1", rollout.Checking)
	st.shows(t, "health check")
	step := rollout.ServerStep("web1", "health")
	st.event(rollout.Event{Kind: rollout.Output, Server: "web1", Step: step, Stream: "check", Line: "GET http://10.0.0.11:8080/healthz: 503, want 200 (2ms)"})
	st.shows(t, "503, want 200")
	st.event(rollout.Event{Kind: rollout.StepEnded, Step: step, Server: "web1", ElapsedMS: 1500})
	st.event(rollout.Event{Kind: rollout.StepBegun, Step: rollout.BatchStep(1, "prove"), Servers: []string{"web1"}, Batch: 1, Attempt: 1, Text: "the balancers check them afresh"})
	st.hides(t, "503, want")
}
