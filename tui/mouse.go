package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/tui/paint"
)

// mouse is where on the screen something can be clicked, as it was last drawn.
// A click looks; nothing acts by it.
type mouse struct {
	off   bool // the terminal has it, to select text
	tabs  int  // the line of the tabs
	body  int  // the first line of the body
	in    view // that was clicked last
	at    int  // and the row
	since time.Time
}

// twice is how soon a second click on a row makes a double one.
const twice = 500 * time.Millisecond

// wheelLines is how many lines a turn of the wheel scrolls.
const wheelLines = 3

func (m *model) mouseMode() tea.MouseMode {
	if m.mouse.off {
		return tea.MouseModeNone
	}
	return tea.MouseModeCellMotion
}

func (m *model) switchMouse() tea.Cmd {
	m.mouse.off = !m.mouse.off
	if m.mouse.off {
		return m.say(paint.Plain, "the mouse selects text now; m gives it back")
	}
	return m.say(paint.Plain, "the mouse chooses and scrolls now; with shift most terminals select text")
}

func (m *model) wheel(msg tea.MouseWheelMsg) {
	scroll := m.scroll
	if t, ok := m.panel().(tall); ok && t.full() {
		scroll = t.scroll
	}
	switch msg.Button {
	case tea.MouseWheelUp:
		scroll(-wheelLines)
	case tea.MouseWheelDown:
		scroll(wheelLines)
	default:
	}
}

// click chooses a view, a server or a past run; twice opens it.
func (m *model) click(msg tea.MouseClickMsg) tea.Cmd {
	row := msg.Y - m.mouse.body // of the body
	switch {
	case msg.Button != tea.MouseLeft || m.small():
	case msg.Y == m.mouse.tabs && !m.typing() && m.view < historyView:
		if v, ok := m.tabAt(msg.X); ok && (v != outputView || m.table.selected() != nil) {
			m.show(v)
		}
	case row >= m.room:
	case m.view == sidesView:
		if m.clickSide(msg.X, row) && m.again(m.table.cursor) {
			m.show(outputView)
		}
	case m.view == serversView:
		t := &m.table
		if row -= t.above; row < 0 || row >= t.seen || t.top+row >= len(t.rows) {
			break
		}
		t.move(t.top + row - t.cursor)
		if m.again(t.cursor) {
			m.show(outputView)
		}
	case m.view == historyView:
		h := &m.history
		if row -= h.head; row < 0 || row >= h.seen || h.top+row >= len(h.runs) {
			break
		}
		h.move(h.top + row - h.cursor)
		if m.again(h.cursor) {
			return m.readRun(false)
		}
	}
	return nil
}

// again reports whether a row of the view was clicked for the second time, soon
// after the first.
func (m *model) again(row int) bool {
	is := m.mouse.in == m.view && m.mouse.at == row && m.wall.Sub(m.mouse.since) < twice
	m.mouse.in, m.mouse.at, m.mouse.since = m.view, row, m.wall
	return is
}

// lastTab is the last view that has a tab.
func (m *model) lastTab() view {
	if m.hasSides() {
		return sidesView
	}
	return eventsView
}

// tabWords stand on the tabs of the views, the one of the two sides aside.
var tabWords = [...]string{" 1 servers ", " 2 balancers ", " 3 output ", " 4 plan ", " 5 events "}

// tabWord is what stands on the tab of a view.
func (m *model) tabWord(v view) string {
	word := " 6 versions "
	switch {
	case v < sidesView:
		word = tabWords[v]
	case m.byGroups():
		word = " 6 groups "
	}
	if m.width < wide {
		return word[:len(word)-1]
	}
	return word
}

// tabAt returns the view whose tab is in a column.
func (m *model) tabAt(x int) (view, bool) {
	at := 1
	for v := serversView; v <= m.lastTab(); v++ {
		at += len(m.tabWord(v))
		if x >= 1 && x < at {
			return v, true
		}
	}
	return 0, false
}
