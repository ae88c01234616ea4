package tui

import (
	"testing"

	"rota/rollout"
)

// Keys that are not live yet say so, wherever they come into sight.
func TestKeysThatAreNotLiveSaySo(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 40}} {
		st := running(t, size[0], size[1])
		st.question(canaryQuestion)
		st.shows(t, oneMoment)
		for _, keys := range [][]string{{"C", "n"}, {"tab", "tab"}, {"tab", "C"}, {"i", "esc"}, {"?", "?"}} {
			st.wait(quiet)
			st.hides(t, oneMoment)
			st.shows(t, "C continue")
			st.press(keys[0])
			st.wait(quiet)
			st.send(keyOf(keys[1]))
			st.shows(t, oneMoment)
			st.hides(t, "C continue")
		}
	}
}

// In another view esc leads back first, and folds after that.
func TestEscLeadsBackBeforeItFolds(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	st.question(gateQuestion)
	st.press("5", "esc")
	st.shows(t, "SERVER", "C continue")
	st.press("esc")
	st.shows(t, "tab or a choice's key opens")
	st.hides(t, "C continue")
}

func TestEnterAnswersNothing(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	a := st.question(gateQuestion)
	st.press("C", "enter")
	st.shows(t, "enter answers nothing", "y yes")
	if st.view != serversView {
		t.Errorf("it opened %v behind the question", st.view)
	}
	st.press("n", "enter") // looks around
	if st.view != outputView || answer(a) != "(none)" {
		t.Errorf("the view is %v", st.view)
	}
}

// A lower-case letter of a choice is told its upper case, unless it has a meaning.
func TestLowerCaseOfAChoice(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	st.question(canaryQuestion)
	st.press("c")
	st.shows(t, "C, upper case")
	st.press("a")
	st.hides(t, "A, upper case")
	if n := len(st.markedServers()); n != 6 {
		t.Errorf("%d servers are marked", n)
	}
	st.press("4", "c") // has a meaning there
	st.hides(t, "upper case")
}

// Where nobody can answer, the choices are no live keys.
func TestChoicesOfAScreenThatOnlyReads(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{100, 16}, {80, 24}} {
		st := running(t, size[0], size[1], func(c *Config) { c.ReadOnly, c.Color = true, true })
		a := st.question(canaryQuestion)
		st.wait(quiet)
		st.shows(t, "C continue", "this screen is read-only: somebody else answers")
		st.hides(t, "nothing happens until you choose")
		st.press("C")
		st.shows(t, "it cannot answer")
		st.press("y")
		if got := answer(a); got != "(none)" {
			t.Errorf("answered %q", got)
		}
	}
}

// A second i closes what the first has opened, and the question comes back.
func TestInfoOverAQuestion(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	a := st.question(gateQuestion)
	st.press("i")
	st.carryOut()
	st.shows(t, "its host key", "i or esc closes")
	st.hides(t, "C continue")
	st.press("i")
	st.wait(quiet)
	st.hides(t, "its host key")
	st.shows(t, "C continue")
	st.press("C", "y")
	if got := answer(a); got != rollout.Continue {
		t.Errorf("answered %q", got)
	}
}
