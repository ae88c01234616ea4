package tui

import (
	"testing"
)

// The help covers a question, and tells the keys of its choices first.
func TestHelpAtAGate(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{60, 16}, {80, 24}, {200, 50}} {
		st := running(t, size[0], size[1])
		a := st.question(canaryQuestion)
		st.press("?")
		st.hides(t, "━━")
		st.shows(t, "batch 1 of 3 is done; go on with batch 2", "C        continue: take web3, web4 out next", "WAITING FOR YOU")
		st.press("C", "y")
		st.press("C")
		st.shows(t, "C continue: esc first")
		if got := answer(a); got != "(none)" {
			t.Errorf("answered %q behind the help", got)
		}
		st.press("esc")
		st.shows(t, "━━ batch 1 of 3 is done")
		st.press("?", "?")
		st.shows(t, "━━ batch 1 of 3 is done")
	}
}

func TestHelpTellsTheKeysOfTheViewFirst(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	st.press("5", "?")
	st.shows(t, "in this view (events)", "/        search: in the lines of this view")
	st.hides(t, "filter: words")
	st.press("esc", "1", "?")
	st.shows(t, "in this view (servers)", "/        filter: words")
}

// On a wide screen all of it is seen at once, in columns.
func TestHelpHasColumns(t *testing.T) {
	t.Parallel()
	st := running(t, 200, 50)
	st.press("?")
	st.shows(t, "in this view", "moving", "looking", "acting", "leaving", "signs", "a balancer says otherwise")
	heads := func(lines ...string) (cells []cell) {
		for _, l := range lines {
			cells = append(cells, cell{l, l == "HEAD"})
		}
		return cells
	}
	columns := inColumns(heads("HEAD", "a", "b", "", "HEAD", "c", "", "d"), 5)
	if len(columns) != 2 || len(columns[0]) != 4 || columns[1][0].drawn != "HEAD" {
		t.Errorf("a heading stands apart from what is under it: %v", columns)
	}
	if columns = inColumns(heads("a", "b", "", "c"), 2); columns[1][0].drawn != "c" {
		t.Errorf("a column begins with an empty line: %v", columns)
	}
}

func TestHelpIsSearched(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {200, 50}} {
		st := running(t, size[0], size[1])
		st.press("?", "/")
		st.press(letters("clipboard")...)
		st.press("enter")
		st.shows(t, "copy: the lines in sight", "clipboard  1 of ")
		st.press("esc")
		st.hides(t, "clipboard  1 of ")
		st.press("esc")
		st.shows(t, "SERVER")
	}
}
