package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// click clicks on a text of the screen.
func (st *story) clickOn(t *testing.T, text string) {
	t.Helper()
	for y, l := range strings.Split(st.screen(), "\n") {
		if before, _, ok := strings.Cut(l, text); ok {
			st.send(tea.MouseClickMsg{X: len([]rune(before)) + 1, Y: y, Button: tea.MouseLeft})
			return
		}
	}
	t.Fatalf("%s is not to be seen", text)
}

func TestMouse(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {60, 16}, {200, 50}} {
		st := running(t, size[0], size[1])
		st.clickOn(t, "web5")
		if got := st.table.selected().Name; got != "web5" {
			t.Errorf("a click chose %s", got)
		}
		st.clickOn(t, "events")
		if st.view != eventsView {
			t.Errorf("a click on a tab shows %v", st.view)
		}
		st.clickOn(t, "servers")
		st.now = st.now.Add(time.Second)
		st.clickOn(t, "web3")
		if st.view != serversView {
			t.Errorf("one click opened %v", st.view)
		}
		st.clickOn(t, "web3")
		if st.view != outputView || st.table.selected().Name != "web3" {
			t.Errorf("two clicks show %v of %s", st.view, st.table.selected().Name)
		}
	}
}

func TestWheel(t *testing.T) {
	t.Parallel()
	st := printed(t, 200, 80, 24)
	st.send(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
	st.hides(t, "line 200:", "following")
	st.shows(t, "line 197:")
	st.send(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	st.shows(t, "line 200:", "following")
}

// Nothing acts by the mouse: neither on a panel nor on the line of keys.
func TestMouseNeverActs(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	q := st.question(gateQuestion)
	st.press("C")
	for y := range 24 {
		for x := range 80 {
			st.send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
		}
	}
	if got := answer(q); got != "(none)" || st.calls != nil {
		t.Errorf("clicks answered %s and did %v", got, st.calls)
	}
}

func TestMouseIsGivenToTheTerminal(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	if st.View().MouseMode != tea.MouseModeCellMotion {
		t.Error("the mouse is off")
	}
	st.press("m")
	if st.View().MouseMode != tea.MouseModeNone {
		t.Error("the mouse stays on")
	}
}
