package tui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"rota/lb"
)

// drain asks why servers are to be taken out of rotation, and then for a yes.
func (m *model) drain() tea.Cmd {
	servers := m.chosenServers()
	list := listed(servers)
	return m.open(newPrompt("take "+list+" out of rotation: why?", "reason", func(m *model, why string) tea.Cmd {
		facts := append(m.alsoUnseen(m.already(servers, lb.Out)), m.leaves(servers)...)
		return m.open(newStart("take "+list+" out of rotation?",
			count(len(servers), "server")+" will get no traffic until restored?", facts,
			func(m *model) tea.Cmd { return m.start(Request{Do: "drain", Servers: servers, Why: why}) }))
	}))
}

func (m *model) restore() tea.Cmd {
	servers := m.chosenServers()
	return m.open(newStart("put "+listed(servers)+" into rotation?",
		count(len(servers), "server")+" will be proved healthy and get traffic again?", m.alsoUnseen(m.already(servers, lb.In)),
		func(m *model) tea.Cmd { return m.start(Request{Do: "restore", Servers: servers}) }))
}

// already tells which servers are where they shall be.
func (m *model) already(servers []string, want lb.State) []string {
	var there []string
	for _, name := range servers {
		if m.fleet.byName[name].rotation == want {
			there = append(there, name)
		}
	}
	switch {
	case len(there) == 0:
		return nil
	case len(there) == len(servers):
		return []string{fmt.Sprintf("already %s: all of them", want)}
	}
	return []string{fmt.Sprintf("already %s: %d of %d, %s", want, len(there), len(servers), listed(there))}
}

// leaves tells for each balancer how many servers stay in rotation without some,
// and whether that breaks the floor of the last plan.
func (m *model) leaves(without []string) []string {
	var facts []string
	for i, b := range m.fleet.balancers {
		behind, stay, gone, unknown := 0, 0, 0, 0
		for _, s := range m.fleet.servers {
			seat := &s.seats[i]
			if !seat.behind {
				continue
			}
			behind++
			switch {
			case slices.Contains(without, s.Name):
				gone++
			case seat.state == lb.In:
				stay++
			case seat.state == lb.Unknown:
				unknown++
			}
		}
		if gone == 0 {
			continue
		}
		said := fmt.Sprintf("leaves %d of %d on %s", stay, behind, b.name)
		if unknown > 0 {
			said += fmt.Sprintf(", %d more are not known", unknown)
		}
		switch floor := m.floorAt(b.name); {
		case stay+unknown == 0:
			said = fmt.Sprintf("leaves NO server of %d on %s: its users get errors", behind, b.name)
		case stay+unknown < floor:
			said += fmt.Sprintf(": BELOW its floor %d", floor)
		case floor > 0:
			said += fmt.Sprintf(", floor %d", floor)
		}
		facts = append(facts, said)
	}
	return facts
}

// floorAt is the highest floor of a balancer's pools in the last plan; -1: none
// is known.
func (m *model) floorAt(balancer string) int {
	floor := -1
	for _, f := range m.run.state.Plan.Floors {
		if f.Balancer == balancer {
			floor = max(floor, f.Least)
		}
	}
	return floor
}
