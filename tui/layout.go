package tui

import (
	tea "charm.land/bubbletea/v2"

	"rota/tui/paint"
)

// compose lays out the screen: the first lines, the body, and under it the
// panel or the newest events, and the keys. It gives exactly m.height lines.
func (m *model) compose() ([]string, *tea.Cursor) {
	panel := m.panel()
	if panel == nil {
		top, cursor := m.upper(false)
		m.room = m.height - len(top) - 2
		events := m.eventLines(m.room)
		m.room -= events
		lines := append(top, m.body(m.room)...)
		lines = append(lines, m.edge(m.position()))
		lines = append(lines, m.newest(events)...)
		return append(lines, m.footer()), cursor
	}
	top, cursor, bottom, inPanel := m.withPanel(panel)
	m.room = m.height - len(top) - len(bottom) - 2
	lines := append(top, m.body(m.room)...)
	position := ""
	if m.room > 1 && (m.view != serversView || m.table.seen > 0) {
		position = m.position()
	}
	lines = append(lines, m.headLine(panel.head(m), position))
	if inPanel != nil {
		cursor = inPanel
		cursor.Y += len(lines)
	}
	lines = append(lines, bottom...)
	return append(lines, m.footer()), cursor
}

// withPanel draws the first lines and a panel. Where the panel has not room
// enough, some of the first lines give way to it, and then all but one line of
// the table, where that is of the server in question; and all of the body where a
// person wants to see the panel.
func (m *model) withPanel(p panel) (top []string, cursor *tea.Cursor, bottom []string, inPanel *tea.Cursor) {
	tall, _ := p.(tall)
	for _, give := range []struct {
		low  bool
		body int // lines
	}{{m.height <= 20, 3}, {true, 3}, {true, 2}} {
		if give.body < 3 && m.looksElsewhere() {
			break
		}
		if tall != nil && tall.full() {
			give.low, give.body = true, 0
		}
		top, cursor = m.upper(give.low)
		bottom, inPanel = p.draw(m, m.height-len(top)-2-give.body)
		if tall == nil || !tall.hides() {
			break
		}
	}
	return top, cursor, bottom, inPanel
}

// upper draws the first lines, up to the tabs; low leaves out some of them.
func (m *model) upper(low bool) (lines []string, cursor *tea.Cursor) {
	lines = append(lines, m.title(m.pen))
	if m.replay != nil {
		lines = append(lines, m.replayLine(m.pen))
	}
	if m.extra != "" {
		lines = append(lines, m.pen.Begin(m.width).Skip(1).Put(paint.Strong, m.extra).End())
	}
	lines = append(lines, m.progress(m.pen, &m.tally))
	if !low {
		lines = append(lines, m.traffic(m.pen, &m.tally), m.batches(m.pen))
	}
	tabs, at := m.tabs()
	if at >= 0 {
		cursor = tea.NewCursor(at, len(lines))
	}
	m.mouse.tabs, m.mouse.body = len(lines), len(lines)+1
	return append(lines, tabs), cursor
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
