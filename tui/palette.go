package tui

import (
	tea "charm.land/bubbletea/v2"

	"rota/tui/paint"
)

// palette lists what can be done, and of that alone what holds the words that
// are typed. Enter does what the key would do: it looks at once, and opens the
// panel of what acts. A server that is chosen has the cursor of the table.
type palette struct {
	input input
	at    int
}

func (m *model) openPalette() tea.Cmd { return m.open(&palette{}) }

func (p *palette) patience() *patience { return nil }

// key takes every key.
func (p *palette) key(m *model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	shown := p.shown(m)
	switch k.String() {
	case "esc", "ctrl+c", "ctrl+p":
		m.front = nil
		return nil, true
	case "up", "shift+tab":
		p.at--
	case "down", "tab":
		p.at++
	case "pgup":
		p.at -= 10
	case "pgdown":
		p.at += 10
	case "enter":
		if p.at >= len(shown) {
			return nil, true
		}
		m.front = nil
		return shown[p.at].take(m), true
	default:
		p.input.key(k)
		p.at, shown = 0, p.shown(m)
	}
	p.at = max(min(p.at, len(shown)-1), 0)
	if p.at < len(shown) && shown[p.at].server != nil {
		m.table.choose(shown[p.at].server)
	}
	return nil, true
}

func (p *palette) head(*model) head { return head{paint.Ask, "what can be done", ""} }

func (p *palette) draw(m *model, most int) ([]string, *tea.Cursor) {
	pen := m.pen
	const label = " : "
	lines := []string{pen.Begin(m.width).Put(paint.Strong, label).Put(paint.Plain, p.input.value()).End()}
	cursor := inputCursor(m, label, p.input)
	shown := p.shown(m)
	room := max(most-len(lines)-1, 1)
	first := max(min(p.at-room/2, len(shown)-room), 0)
	for i := first; i < min(first+room, len(shown)); i++ {
		lines = append(lines, p.line(m, shown[i], i == p.at))
	}
	if len(shown) == 0 {
		lines = append(lines, pen.Begin(m.width).Put(paint.Quiet, "   nothing is called so").End())
	}
	if len(lines) < most {
		pen.Begin(m.width).Put(paint.Quiet, " enter does it; what acts asks for a yes   esc goes back")
		lines = append(lines, pen.End())
	}
	return lines, cursor
}

func (p *palette) line(m *model, o offer, chosen bool) string {
	pen, why, role := m.pen, o.why, paint.Plain
	if why != "" {
		role, why = paint.Quiet, " (not now: "+why+")"
	}
	if chosen {
		pen.BeginIn(paint.Chosen, m.width).Skip(1).Glyph(paint.Plain, m.theme.Cursor)
	} else {
		pen.Begin(m.width).Skip(2)
	}
	return pen.Skip(1).Cell(paint.Ask, o.key, 8).Skip(1).Put(role, o.does+why).End()
}
