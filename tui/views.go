package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"rota/tui/paint"
)

// view is what the body of the screen shows.
type view int

const (
	serversView view = iota
	balancersView
	outputView
	planView
	eventsView
	sidesView
	helpView
	historyView // the past runs
	pastView    // one of them
	views
)

func (v view) String() string {
	return [...]string{"servers", "balancers", "output", "plan", "events", "sides", "help", "history", "run"}[v]
}

// searched reports whether a text can be looked for in the lines of the view.
func (v view) searched() bool {
	return v == outputView || v == eventsView || v == pastView || v == helpView
}

// page is how far a view is scrolled. A view that follows shows its end, and
// stops following when a person scrolls up.
type page struct {
	top    int // number of the first line that is seen
	end    int // number after the last line there is
	seen   int // how many lines can be seen
	first  int // number of the first line there is
	follow bool
}

// at keeps the page within its lines when n of them can be seen.
func (p *page) at(first, end, n int) {
	p.first, p.end, p.seen = first, end, n
	if p.follow {
		p.top = end - n
	}
	p.top = max(min(p.top, end-n), first)
}

func (m *model) show(v view) {
	if v == helpView && m.view != helpView {
		m.from = m.view
	}
	if v == outputView {
		m.table.moved = true // the server that is read stays the chosen one
	}
	m.view, m.search.at = v, -1
	m.pages[v].follow = v == outputView || v == eventsView
	if v == helpView {
		m.pages[v].top = 0
	}
}

// leaveView goes back; what is looked for is forgotten first.
func (m *model) leaveView() tea.Cmd {
	switch {
	case m.search.text != "" && m.view.searched():
		m.search = search{at: -1}
	case m.view == helpView:
		m.view = m.from
	case m.view == pastView:
		m.view = historyView
	default:
		m.view = serversView
	}
	return nil
}

// scroll moves the cursor of the table, or the page of another view.
func (m *model) scroll(n int) {
	switch m.view {
	case serversView:
		m.table.move(n)
		return
	case sidesView:
		m.moveInSide(n)
		return
	case historyView:
		m.history.move(n)
		return
	default:
	}
	p := &m.pages[m.view]
	p.top += n
	p.follow = n > 0 && p.top+p.seen >= p.end && (m.view == outputView || m.view == eventsView)
}

func (m *model) home() {
	switch m.view {
	case serversView:
		m.table.home()
		return
	case sidesView:
		m.moveInSide(-len(m.table.rows))
		return
	case historyView:
		m.history.move(-len(m.history.runs))
		return
	default:
	}
	p := &m.pages[m.view]
	p.top, p.follow = p.first, false
}

func (m *model) end() {
	switch m.view {
	case serversView:
		m.table.move(len(m.table.rows))
		return
	case sidesView:
		m.moveInSide(len(m.table.rows))
		return
	case historyView:
		m.history.move(len(m.history.runs))
		return
	default:
	}
	p := &m.pages[m.view]
	p.top, p.follow = p.end, m.view == outputView || m.view == eventsView
}

// body draws the view in exactly n lines.
func (m *model) body(n int) []string {
	var lines []string
	switch m.view {
	case serversView:
		lines = m.servers(n)
	case outputView:
		lines = m.output(n)
	case eventsView:
		lines = m.events(n)
	case sidesView:
		lines = m.sidesLines(n)
	case historyView:
		lines = m.runLines(n)
	case pastView:
		lines = m.pastLines(n)
	case balancersView, planView, helpView, views:
		lines = m.paged(m.paper(), n)
	}
	for len(lines) < n {
		lines = append(lines, "")
	}
	return lines[:n]
}

// paper draws all lines of a view that is read like a page.
func (m *model) paper() []string {
	switch m.view {
	case balancersView:
		return m.balancers()
	case planView:
		return m.planLines()
	default:
	}
	return m.help()
}

// paged returns the n lines that the page of the view shows.
func (m *model) paged(lines []string, n int) []string {
	p := &m.pages[m.view]
	p.at(0, len(lines), n)
	return lines[p.top:min(p.top+n, len(lines))]
}

// servers draws the table.
func (m *model) servers(n int) []string {
	c := m.columns()
	lines := append(make([]string, 0, n), m.head(m.pen, c))
	m.table.seen = n - 1
	m.table.clamp()
	if s := m.outOfSight(); s != nil && n > 1 {
		lines = append(lines, m.row(m.pen, c, s, false))
		m.table.seen--
		m.table.clamp()
	}
	m.table.above = len(lines)
	for i := m.table.top; i < min(m.table.top+m.table.seen, len(m.table.rows)); i++ {
		lines = append(lines, m.row(m.pen, c, m.table.rows[i], i == m.table.cursor))
	}
	if len(m.table.rows) == 0 {
		lines = append(lines, m.pen.Begin(m.width).Skip(2).Put(paint.Quiet, m.whyEmpty()).End())
	}
	return lines
}

// position tells which part of how many lines is seen.
func (m *model) position() string {
	if m.view == serversView {
		n := len(m.table.rows)
		s := fmt.Sprintf("%d-%d of %d", m.table.top+1, min(m.table.top+m.table.seen, n), n)
		switch {
		case n == 0:
			s = fmt.Sprintf("0 of %d", len(m.fleet.servers))
		case n != len(m.fleet.servers):
			s += fmt.Sprintf(" that match, of %d", len(m.fleet.servers))
		}
		return join(", ", s, m.marks())
	}
	if m.view == sidesView {
		return m.sidesPosition()
	}
	if m.view == historyView {
		return m.history.position()
	}
	p := m.pages[m.view]
	s := count(p.end-p.first, "line")
	switch {
	case p.follow:
		s += ", following"
	case p.end > p.first+p.seen:
		s += fmt.Sprintf(", %d%%", 100*min(p.top-p.first+p.seen, p.end-p.first)/(p.end-p.first))
	}
	return s
}

func (m *model) nextSort() tea.Cmd {
	m.table.sort = (m.table.sort + 1) % sortings
	m.table.order(&m.fleet)
	return nil
}
