package tui

import (
	"testing"

	"rota/rollout"
)

func TestMarkedServersAlone(t *testing.T) {
	t.Parallel()
	st := newStory(t, 9, 80, 24)
	st.press("v")
	st.shows(t, "v view the marked servers alone, or all again: not now, no server is marked")
	st.press("space", "down", "space", "v")
	st.shows(t, "1-2 of 2 that match, of 9, 2 marked", "only the marked")
	st.hides(t, "web2")
	st.press("v")
	st.shows(t, "1-9 of 9")
}

// What is marked and cannot be seen is acted on all the same.
func TestMarksThatTheFilterHidesAreTold(t *testing.T) {
	t.Parallel()
	st := newStory(t, 9, 120, 40)
	st.press("a", "space") // all but the first
	st.shows(t, "1-9 of 9, 8 marked")
	for _, tt := range []struct{ filter, want string }{
		{"web", "1-8 of 8 that match, of 9, 1 of the 8 marked is hidden by the filter"},
		{"web2,web3", "1-2 of 2 that match, of 9, 6 of the 8 marked are hidden by the filter"},
		{"web1", "1-1 of 1 that match, of 9, all 8 marked are hidden by the filter"},
		{"nobody", "0 of 9, all 8 marked are hidden by the filter"},
	} {
		st.table.filter = tt.filter
		st.wait(0)
		st.shows(t, tt.want)
	}
	st.press("I")
	st.shows(t, "into rotation?", "all 8 marked are hidden by the filter", "filter nobody")
	st.press("n", "esc", "esc")
	st.hides(t, "marked")
}

func TestMarksEndWithTheActThatHasBegun(t *testing.T) {
	t.Parallel()
	st := newStory(t, 6, 120, 40)
	st.seen()
	st.press("space", "space", "v")
	st.shows(t, "1-2 of 2 that match, of 6, 2 marked")
	st.fails = errBusy
	st.press("I", "y")
	st.carryOut()
	st.shows(t, "restore did not begin")
	st.press("esc")
	st.shows(t, "1-2 of 2 that match, of 6, 2 marked") // to try it again
	st.fails = nil
	st.press("I", "y")
	st.carryOut()
	st.shows(t, "1-6 of 6")
	st.hides(t, "marked")
	st.begin()
	st.event(rollout.Event{Kind: rollout.RunEnded, State: string(rollout.Paused)})
	st.withHistory(t).press("space", "U")
	st.carryOut()
	st.press("y")
	st.carryOut()
	st.shows(t, "1 marked") // it was not marked for that
}
