package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"rota/lb"
	"rota/rollout"
	"rota/tui/paint"
)

// side is one of two halves that are looked at beside each other: the groups that
// take turns, or what runs the new version beside what runs the old one.
type side struct {
	name     string
	role     paint.Role
	rows     []*server // that the table shows too, in its order
	all      int       // how many servers it has
	states   [lb.Mixed + 1]int
	sick     int // of them not healthy
	runs     []string
	part     float64 // of the traffic of both, from 0 to 1
	sessions int     // -1: no balancer can tell
	rate     int     // requests a second; -1: no balancer can tell
	errors   int64   // -1: no balancer counts any
}

// inTrial reports whether the run tries the new version on few servers first.
func (m *model) inTrial() bool {
	return slices.ContainsFunc(m.run.state.Current().Batches, func(b rollout.Batch) bool { return b.Ladder != nil && b.Ladder.Trial })
}

// byGroups reports whether the two sides are the groups that take turns.
func (m *model) byGroups() bool { return len(m.cfg.Groups) == 2 && !m.inTrial() }

// inServers reports whether the view shows servers to choose from.
func (m *model) inServers() bool { return m.view == serversView || m.view == sidesView }

// hasSides reports whether there is anything to look at beside each other.
func (m *model) hasSides() bool { return m.byGroups() || m.run.brings() != "" }

func (m *model) notSides() string {
	if !m.hasSides() {
		return "no two groups take turns here, and no run brings a version"
	}
	return ""
}

// sides sums up both of them. What the run brings is on the right.
func (m *model) sides() (both [2]side) {
	switch {
	case m.byGroups():
		both[0].name, both[0].role = m.cfg.Groups[0], paint.Strong
		both[1].name, both[1].role = m.cfg.Groups[1], paint.Strong
	case m.run.back():
		both[0].name, both[0].role = "not yet back", paint.Old
		both[1].name, both[1].role = "back", paint.Work
	default:
		both[0].name, both[0].role = "old", paint.Old
		both[1].name, both[1].role = "new", paint.Work
	}
	for i := range both {
		both[i].rows = m.both[i].rows[:0]
		both[i].sessions, both[i].rate, both[i].errors = -1, -1, -1
	}
	for _, s := range m.fleet.servers {
		if i := m.sideOf(s); i >= 0 {
			both[i].add(s)
		}
	}
	for _, s := range m.table.rows {
		if i := m.sideOf(s); i >= 0 {
			both[i].rows = append(both[i].rows, s)
		}
	}
	total := 0.0
	m.fleet.amounts(-1, func(s *server, amount float64) {
		if i := m.sideOf(s); i >= 0 {
			both[i].part += amount
			total += amount
		}
	})
	for i := range both {
		both[i].part /= max(total, 1e-9)
	}
	return both
}

// sideOf tells on which side a server stands, or -1.
func (m *model) sideOf(s *server) int {
	switch {
	case m.byGroups():
		return s.turn
	case len(s.Balancers) == 0:
		return -1
	case s.brought(m.run.brings()):
		return 1
	}
	return 0
}

// add counts a server.
func (a *side) add(s *server) {
	a.all++
	a.states[s.rotation]++
	if s.trouble != "" {
		a.sick++
	}
	if v := s.runs(); v != "" && !slices.Contains(a.runs, v) {
		a.runs = append(a.runs, v)
	}
	sessions, rate := s.figures()
	if sessions >= 0 {
		a.sessions = max(a.sessions, 0) + sessions
	}
	if rate >= 0 {
		a.rate = max(a.rate, 0) + rate
	}
	if errors := s.failures(); errors >= 0 {
		a.errors = max(a.errors, 0) + errors
	}
}

// chosenIn tells on which side, and in which of its rows, the cursor is.
func (m *model) chosenIn() (at, row int) {
	if s := m.table.selected(); s != nil {
		for at := range m.both {
			if row := slices.Index(m.both[at].rows, s); row >= 0 {
				return at, row
			}
		}
	}
	return -1, 0
}

// moveInSide moves the cursor by n rows on its own side.
func (m *model) moveInSide(n int) {
	at, row := m.chosenIn()
	if at < 0 {
		at, n = 0, 0
	}
	m.chooseIn(&m.both[at], row+n)
}

// across moves the cursor to the other side.
func (m *model) across() tea.Cmd {
	at, row := m.chosenIn()
	m.chooseIn(&m.both[1-max(at, 0)], row)
	return nil
}

func (m *model) chooseIn(a *side, row int) {
	if len(a.rows) > 0 {
		m.table.choose(a.rows[max(min(row, len(a.rows)-1), 0)])
	}
}

// clickSide chooses the server that was clicked, and reports whether one was.
func (m *model) clickSide(x, line int) bool {
	a := &m.both[0]
	if x > sideWidth(m.width) {
		a = &m.both[1]
	}
	row := m.sidesTop + line - m.sidesHead
	if line < m.sidesHead || row >= len(a.rows) {
		return false
	}
	m.table.choose(a.rows[row])
	return true
}
