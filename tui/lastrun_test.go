package tui

import (
	"errors"
	"slices"
	"testing"
)

// Whoever is asked whether to go on with the last run, or to take it back, is
// told which one that is.
func TestTheLastRunIsTold(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{"U": "start resume []", "R": "start rollback []"} {
		st := newStory(t, 3, 120, 40).withHistory(t)
		st.seen()
		st.press(key)
		st.shows(t, "looking which one that is")
		st.carryOut()
		st.shows(t, "deploy 1.42.0, begun 2026-01-02 12:00 by anna@laptop; it has not ended", "serving: ")
		st.hides(t, "SHA256")
		st.press("y")
		st.carryOut()
		if !slices.Contains(st.calls, want) {
			t.Errorf("asked for %q, want %s", st.calls, want)
		}
	}
	st := newStory(t, 3, 120, 40)
	st.press("U")
	st.carryOut()
	st.shows(t, "no run is known")
	st.fails = errors.New("lb1: connection refused")
	st.press("esc", "R")
	st.carryOut()
	st.shows(t, "the past runs cannot be read: lb1: connection refused")
}
