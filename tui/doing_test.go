package tui

import (
	"testing"

	"rota/rollout"
)

// A rung is told in as many words as there is room for, and none is cut.
func TestARungIsToldAsFarAsThereIsRoom(t *testing.T) {
	t.Parallel()
	st := climbing(t, 120, 40)
	s := st.fleet.byName["web1"]
	for room, want := range map[int]string{
		80: "10% of its weight for 44s of 1m00s, gets 2% of the requests",
		40: "10% of its weight for 44s of 1m00s",
		30: "10% for 44s of 1m00s",
		15: "10% for 44s",
	} {
		if _, got := st.doing(s, room); got != want {
			t.Errorf("in %d cells it is %q, want %q", room, got, want)
		}
	}
	for _, name := range []string{"web1", "web2", "web3", "web5", "web6", st.cfg.Servers[3].Name} {
		st.event(rollout.Event{Kind: rollout.Sampled, Server: name, Balancer: "lb1", Sample: &rollout.Sample{Weight: 10, Sessions: 1, Rate: -1}})
	}
	const want = "10% of its weight for 46s of 1m00s"
	if _, got := st.doing(s, 80); got != want {
		t.Errorf("where no balancer counts requests it is %q, want %q", got, want)
	}
}
