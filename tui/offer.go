package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
)

// offer is something that the palette can do.
type offer struct {
	key, does string
	why       string  // it cannot be done now; "" it can
	also      string  // other words for it
	server    *server // that it opens, or nil
	take      func(m *model) tea.Cmd
}

// shown lists what has, for each word that is typed, a word that begins with
// it: what is likely to be meant first, and what cannot be done now last.
func (p *palette) shown(m *model) []offer {
	typed := strings.ToLower(strings.TrimSpace(p.input.value()))
	offers := append(m.choiceOffers(), m.commandOffers()...)
	if typed != "" {
		offers = append(offers, m.serverOffers(typed)...)
	}
	var ranks [4][]offer
	for _, o := range offers {
		key, does := strings.ToLower(o.key), strings.ToLower(o.does)
		found := true
		for word := range strings.FieldsSeq(typed) {
			found = found && (o.server != nil || strings.Contains(" "+key+" "+does+" "+o.also, " "+word))
		}
		rank := 2
		switch {
		case !found:
			continue
		case o.why != "":
			rank = 3
		case typed == key, typed != "" && strings.HasPrefix(does, typed+":"):
			rank = 0
		case strings.HasPrefix(does, typed), strings.HasPrefix(does, "the "+typed), slices.Contains(strings.Fields(o.also), typed):
			rank = 1
		}
		ranks[rank] = append(ranks[rank], o)
	}
	return slices.Concat(ranks[:]...)
}

// choiceOffers are the choices of the question that waits.
func (m *model) choiceOffers() []offer {
	d := m.asking()
	if d == nil {
		return nil
	}
	var offers []offer
	for i := range d.choices {
		c := &d.choices[i]
		o := offer{key: c.Key, does: join(": ", c.Word, c.Then)}
		if c.Word == rollout.RollBack {
			o.also = otherWords("R")
		}
		o.take = func(m *model) tea.Cmd {
			d.folded = false
			return d.choose(m, c)
		}
		offers = append(offers, o)
	}
	return offers
}

// commandOffers are the commands, as they are without the palette.
func (m *model) commandOffers() []offer {
	at := *m
	at.front = nil
	var offers []offer
	for _, c := range m.commands {
		if c.group == moving || c.on != nil && !c.on(&at) && c.group != acting {
			continue
		}
		offers = append(offers, offer{
			key: c.Help().Key, does: c.Help().Desc, why: at.idle(&c), also: otherWords(c.Help().Key),
			take: func(m *model) tea.Cmd { return m.perform(c) },
		})
	}
	return offers
}

// otherWords are words by which some may look for what a key does.
func otherWords(key string) string {
	switch key {
	case "3":
		return "logs"
	case "i":
		return "describe"
	case "E":
		return "ssh"
	case "O":
		return "drain"
	case "I":
		return "restore undrain"
	case "R":
		return "rollback undo revert"
	case "q":
		return "quit exit"
	}
	return ""
}

// serverOffers open the servers whose name holds a text.
func (m *model) serverOffers(typed string) []offer {
	var offers []offer
	for _, s := range m.fleet.servers {
		if strings.Contains(strings.ToLower(s.Name), typed) {
			offers = append(offers, offer{
				does: s.Name + ": its steps and output", server: s,
				take: func(m *model) tea.Cmd { m.openServer(s); return nil },
			})
		}
	}
	return offers
}

// openServer shows the output of a server, also of one that the filter hides.
func (m *model) openServer(s *server) {
	if !s.shown {
		m.table.filter, m.table.picked = "", false
		m.table.order(&m.fleet)
	}
	m.table.choose(s)
	m.show(outputView)
}
