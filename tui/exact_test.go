package tui

import (
	"errors"
	"slices"
	"testing"
)

func TestExactLinesOfThePlan(t *testing.T) {
	t.Parallel()
	st := scenes["propose"](t, 120, 40)
	st.calls = nil
	st.press("4", "c")
	st.shows(t, "asking the balancers")
	st.carryOut()
	st.shows(t, "# batch 1: lb1: draining", "set server app/web1 state drain", "+    server 10.0.0.1:80 down;")
	st.press("c")
	st.hides(t, "set server")
	st.shows(t, "batch 1: web1, web2")
	st.press("c")
	st.carryOut()
	st.shows(t, "set server app/web1 state drain")
	if want := []string{"commands of 1.43"}; !slices.Equal(st.calls, want) {
		t.Errorf("asked for %q, want %q: once is enough", st.calls, want)
	}
	st.press("esc", "D")
	st.carryOut()
	st.press("1", ".", "4", "4", "enter")
	st.carryOut()
	st.press("4")
	st.hides(t, "set server") // of another plan
}

func TestExactLinesThatCannotBeTold(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40)
	st.fails = errors.New("lb1: connection refused")
	st.press("4", "c")
	st.carryOut()
	st.shows(t, "lb1: connection refused")

	st = scenes["idle"](t, 120, 40)
	st.press("4", "c")
	st.shows(t, "not now, there is no plan")

	st = scenes["replay"](t, 120, 40)
	st.press("4", "c")
	st.shows(t, "nobody can be asked from this screen")
}
