package tui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
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

func TestMouseInHistory(t *testing.T) {
	t.Parallel()
	for _, trouble := range []error{nil, errors.New("not every host could be asked: lb1: connection refused")} {
		st := newStory(t, 6, 80, 24).withHistory(t)
		st.fails = trouble
		st.press("h")
		st.carryOut()
		for i := range 40 { // more than have room
			run := st.history.runs[0]
			run.Run = fmt.Sprintf("run%d", i)
			run.Begun = noon.Add(-time.Duration(i) * time.Hour * 24)
			st.history.runs = append(st.history.runs, run)
		}
		st.fails = nil
		st.wait(0)
		st.clickOn(t, "rolled back")
		if got := st.history.selected().Outcome; got != rollout.RolledBack {
			t.Errorf("a click chose one that is %s", got)
		}
		before := st.history.cursor
		st.send(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
		if st.history.cursor != before+wheelLines || st.view != historyView {
			t.Errorf("the wheel moved from %d to %d", before, st.history.cursor)
		}
		for range 20 {
			st.send(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
		}
		st.clickOn(t, "2025-12-04") // far down
		if got := st.history.selected().Run; got != "run29" {
			t.Errorf("a click chose %s", got)
		}
		st.now = st.now.Add(time.Second)
		st.clickOn(t, "2025-12-04")
		st.clickOn(t, "2025-12-03")
		if st.view != historyView {
			t.Error("two clicks on two rows opened one")
		}
		st.cmds = nil
		st.clickOn(t, "2025-12-03")
		st.carryOut()
		if st.view != pastView || st.calls[len(st.calls)-1] != "past run30" {
			t.Errorf("two clicks show %v and did %v", st.view, st.calls)
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
