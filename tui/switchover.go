package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/lb"
	"rota/tui/paint"
)

// takesTurns reports whether there are two groups of which one is in rotation.
func (m *model) takesTurns() bool { return m.resting() && len(m.cfg.Groups) == 2 }

func (m *model) notSwitch() string {
	if len(m.cfg.Groups) != 2 {
		return "no two groups take turns here"
	}
	return m.notStart()
}

// switchOver asks whether to move all traffic to the group that is out. Where it
// is not clear which one that is, a person says it.
func (m *model) switchOver() tea.Cmd {
	if group := m.idleGroup(); group != "" {
		return m.confirmSwitch(group)
	}
	p := newPrompt("it is not clear which group is in rotation: switch all traffic to which?", "group", func(m *model, group string) tea.Cmd {
		group = strings.TrimSpace(group)
		if !slices.Contains(m.cfg.Groups, group) {
			return m.say(paint.Warn, fmt.Sprintf("%q is neither %s nor %s", group, m.cfg.Groups[0], m.cfg.Groups[1]))
		}
		return m.confirmSwitch(group)
	})
	p.options = m.cfg.Groups
	return m.open(p)
}

func (m *model) confirmSwitch(group string) tea.Cmd {
	other := m.cfg.Groups[0]
	if other == group {
		other = m.cfg.Groups[1]
	}
	d := newStart("switch all traffic to "+group+"?",
		fmt.Sprintf("%s is proved healthy and comes in everywhere, then %s leaves and stays ready?", group, other),
		m.inGroups(group, other), func(m *model) tea.Cmd { return m.start(Request{Do: "switch", Group: group}) })
	if m.cfg.Protected {
		d.name, d.chosen.Wide = m.cfg.App, true
	}
	m.show(sidesView) // the evidence stays in sight
	return m.open(d)
}

// inGroups tells for each group what it runs and where it stands.
func (m *model) inGroups(groups ...string) []string {
	var facts []string
	for _, group := range groups {
		turn := slices.Index(m.cfg.Groups, group)
		var versions []string
		in, all := 0, 0
		for _, s := range m.fleet.servers {
			if s.turn != turn {
				continue
			}
			all++
			if s.rotation == lb.In {
				in++
			}
			if v := s.runs(); v != "" && !slices.Contains(versions, v) {
				versions = append(versions, v)
			}
		}
		facts = append(facts, fmt.Sprintf("%s: %d of %s in rotation, runs %s", group, in, count(all, "server"), strings.Join(versions, ", ")))
	}
	return facts
}

// idleGroup returns the group that is out of rotation while the other one is in,
// or "".
func (m *model) idleGroup() string {
	for turn, group := range m.cfg.Groups {
		if slices.ContainsFunc(m.fleet.servers, func(s *server) bool { return s.idle && s.turn == turn }) {
			return group
		}
	}
	return ""
}
