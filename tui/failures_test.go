package tui

import (
	"testing"

	"rota/rollout"
)

// Failures of one batch are told apart, and what was decided shows in the table.
func TestSeveralFailuresOfABatch(t *testing.T) {
	t.Parallel()
	st := newStory(t, 6, 80, 24)
	st.seen()
	st.begin()
	asks := func(server string) *ask {
		q := failureQuestion
		q.Server, q.Text = server, server+" has failed: health check: GET /healthz: 503, want 200"
		st.event(rollout.Event{Kind: rollout.Asked, Server: server, Question: &q})
		return st.question(q)
	}
	decided := func(a *ask, word string) {
		st.send(news{withdrawn: []*ask{a}})
		st.event(rollout.Event{Kind: rollout.Answered, Server: a.question.Server, State: word})
	}
	st.deployed("web1", rollout.Failed)
	first := asks("web1")
	st.hides(t, "failure 1 of")
	decided(first, rollout.Retry)
	st.move("web1", rollout.Checking, rollout.Failed)
	st.deployed("web2", rollout.Failed)
	first = asks("web1")
	st.shows(t, "━━ web1 has failed ━", " failure 1 of 2 ━")
	decided(first, rollout.Back)
	st.shows(t, "↺ goes back")
	second := asks("web2")
	st.shows(t, "━━ web2 has failed ━", " failure 2 of 2 ━", "↺ goes back")
	decided(second, rollout.Skip)
	st.move("web2", rollout.Skipped)
	st.move("web1", rollout.Deploying)
	st.hides(t, "↺ goes back")
	st.deployed("web3", rollout.Failed)
	asks("web3")
	st.hides(t, "failure 1 of")
}
