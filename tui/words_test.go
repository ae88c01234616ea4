package tui

import (
	"testing"

	"rota/rollout"
	"rota/survey"
)

// The name of a server stands beside what is told of it, and not in it.
func TestNamesAreToldOnce(t *testing.T) {
	t.Parallel()
	st := newStory(t, 6, 120, 40)
	st.surveyed(func(s []survey.Server) {
		s[0].Reachable, s[0].Healthy, s[0].Error = false, false, "web1: host key not accepted"
	})
	st.shows(t, "host key not accepted")
	st.hides(t, "web1: host key")
	st.begin()
	st.event(rollout.Event{Kind: rollout.Disturbed, Server: "web3", Balancer: "lb1", Text: "web3: somebody put it back in rotation on lb1"})
	st.event(rollout.Event{Kind: rollout.Asked, Server: "web5", Text: "web5 has failed: 503", Question: &rollout.Question{Text: "web5 has failed: 503"}})
	st.event(rollout.Event{Kind: rollout.StepBegun, Step: "s", Servers: []string{"web1", "web2"}, Text: "web1, web2 are proved"})
	st.press("5")
	st.shows(t, "web3 somebody put it back", "web5 has failed: 503", "web1, web2 are proved")
	st.hides(t, "web3 web3", "web5 web5")
}
