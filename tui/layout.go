package tui

import (
	tea "charm.land/bubbletea/v2"

	"rota/tui/paint"
)

// compose lays out the screen: the first lines, the body, and under it the
// panel or the newest events, and the keys. It gives exactly m.height lines.
func (m *model) compose() ([]string, *tea.Cursor) {
	panel := m.panel()
	low := m.height <= 20 && panel != nil // the panel needs the room
	top := []string{m.title(m.pen)}
	if m.replay != nil {
		top = append(top, m.replayLine(m.pen))
	}
	if m.extra != "" {
		top = append(top, m.pen.Begin(m.width).Skip(1).Put(paint.Strong, m.extra).End())
	}
	top = append(top, m.progress(m.pen, &m.tally))
	if !low {
		top = append(top, m.traffic(m.pen, &m.tally), m.batches(m.pen))
	}
	var cursor *tea.Cursor
	tabs, at := m.tabs()
	if at >= 0 {
		cursor = tea.NewCursor(at, len(top))
	}
	m.mouse.tabs = len(top)
	top = append(top, tabs)
	m.mouse.body = len(top)

	const leastBody = 3
	var bottom []string
	events := 0
	if panel != nil {
		var inPanel *tea.Cursor
		bottom, inPanel = panel.draw(m, m.height-len(top)-1-leastBody)
		m.room = m.height - len(top) - len(bottom) - 1
		if inPanel != nil {
			cursor = inPanel
			cursor.Y += m.height - 1 - len(bottom)
		}
	} else {
		m.room = m.height - len(top) - 2
		events = m.eventLines(m.room)
		m.room -= events
	}
	lines := append(top, m.body(m.room)...)
	if panel == nil {
		bottom = append(bottom, m.edge(m.position()))
		bottom = append(bottom, m.newest(events)...)
	}
	lines = append(lines, bottom...)
	return append(lines, m.footer()), cursor
}

// eventLines tells how many of the n lines below the first ones are for the newest
// events: some under the servers, and where there is more room than the view
// will want, the rest, up to half of the screen.
func (m *model) eventLines(n int) int {
	least, wants := 0, m.wants()
	if wants == 0 || m.run.log.end() == 0 {
		return 0
	}
	if m.inServers() {
		least = m.leastEvents()
	}
	return max(least, min(n-wants, m.height/2))
}

// leastEvents tells how many of them are shown also where the table needs the room.
func (m *model) leastEvents() int {
	switch {
	case m.height >= 34:
		return 5
	case m.height >= 28:
		return 4
	case m.height >= 20:
		return 2
	}
	return 1
}

// moreServers is how many servers that the inventory does not name may come into
// sight before the layout gives way for them.
const moreServers = 3

// wants tells how many lines the view will take at most while a run goes on, so that
// what it shows does not move the events about; 0 where it takes all that there are.
func (m *model) wants() int {
	servers := max(len(m.cfg.Servers)+moreServers, len(m.fleet.servers))
	switch m.view {
	case serversView:
		return 1 + servers
	case sidesView:
		return m.sidesWant(servers)
	case balancersView:
		return m.balancersWant()
	default:
	}
	return 0
}
