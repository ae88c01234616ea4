package tui

import (
	"testing"

	"rota/lb"
)

// A balancer that is being reloaded cannot tell for a moment. That is not nothing
// in rotation: what the others say counts, and nobody's word is shown as none.
func TestRotationIsCountedWhereItIsKnown(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40)
	st.shows(t, "in rotation 4/6, floor 4")
	says := func(balancer string, state lb.State) {
		v := lb.View{Name: balancer, At: st.now}
		for _, s := range st.fleet.servers {
			v.Servers = append(v.Servers, lb.Server{Name: s.Name, State: state, Weight: 100, Rate: -1})
		}
		st.send(news{snapshot: &lb.Snapshot{At: st.now, Balancers: []lb.View{v}}})
	}
	says("lb1", lb.Unknown)
	st.shows(t, "in rotation 4/6, floor 4")
	says("lb2", lb.Unknown)
	st.shows(t, "in rotation ?/6, floor 4")
	says("lb1", lb.In)
	st.shows(t, "in rotation 6/6, floor 4")
}

// The first line is about the run that is shown, not about one that is proposed.
func TestTitleIsOfTheRun(t *testing.T) {
	t.Parallel()
	st := scenes["done"](t, 120, 40)
	st.press("D")
	st.carryOut()
	st.press("2", ".", "0", "enter")
	st.carryOut()
	st.shows(t, "deploy shop 1.41.0 → 1.42.0", "DONE", "deploy 2.0 to 6 servers?")
	st.hides(t, "→ 2.0")
}
