package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"
)

func (m *model) mark() tea.Cmd {
	s := m.table.selected()
	s.marked = !s.marked
	m.scroll(1)
	return nil
}

// markAll marks all servers that are shown, or where they are marked, none.
func (m *model) markAll() tea.Cmd {
	all := true
	for _, s := range m.table.rows {
		all = all && s.marked
	}
	for _, s := range m.table.rows {
		s.marked = !all
	}
	return nil
}

// unmark marks none, and shows all.
func (m *model) unmark() {
	for _, s := range m.fleet.servers {
		s.marked = false
	}
	m.table.picked = false
	m.table.order(&m.fleet)
}

// pick shows only the marked servers, or all again.
func (m *model) pick() tea.Cmd {
	m.table.picked = !m.table.picked
	m.table.order(&m.fleet)
	return nil
}

func (m *model) notPicked() string {
	if !m.table.picked && len(m.markedServers()) == 0 {
		return "no server is marked"
	}
	return ""
}

// marks tells how many servers are marked; "" where none is.
func (m *model) marks() string {
	if unseen := m.unseen(); unseen != "" {
		return unseen
	}
	if n := len(m.markedServers()); n > 0 {
		return fmt.Sprintf("%d marked", n)
	}
	return ""
}

// unseen tells how many of the marked servers the filter hides; "" where it
// hides none. What is done to the marked ones is done to those, too.
func (m *model) unseen() string {
	marked, hidden := 0, 0
	for _, s := range m.fleet.servers {
		if s.marked {
			marked++
			if !s.shown {
				hidden++
			}
		}
	}
	switch {
	case hidden == 0:
		return ""
	case marked == 1:
		return "the marked one is hidden by the filter"
	case hidden == marked:
		return fmt.Sprintf("all %d marked are hidden by the filter", marked)
	case hidden == 1:
		return fmt.Sprintf("1 of the %d marked is hidden by the filter", marked)
	}
	return fmt.Sprintf("%d of the %d marked are hidden by the filter", hidden, marked)
}

// alsoUnseen adds to the facts of an act that it is done to servers that the
// filter hides, too.
func (m *model) alsoUnseen(facts []string) []string {
	if unseen := m.unseen(); unseen != "" {
		facts = append(facts, unseen)
	}
	return facts
}
