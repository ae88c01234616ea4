package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/internal/text"
	"rota/tui/paint"
)

// prompt is a panel that asks for a line of text: a version, a reason, a job.
// Where there are options, those that hold the text are shown, and the arrow
// keys take one of them.
type prompt struct {
	title, label string
	note         string
	options      []string
	at           int // the option that enter takes; -1: what was typed
	input        input
	done         func(m *model, value string) tea.Cmd
}

func newPrompt(title, label string, done func(m *model, value string) tea.Cmd) *prompt {
	return &prompt{title: title, label: label, at: -1, done: done}
}

func (p *prompt) patience() *patience { return nil }

// key takes every key.
func (p *prompt) key(m *model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	shown := p.shown()
	switch k.String() {
	case "esc":
		m.front = nil
		return nil, true
	case "ctrl+c":
		return nil, false
	case "up", "down":
		if len(shown) > 0 {
			step := map[string]int{"up": -1, "down": 1}[k.String()]
			p.at = max(min(p.at+step, len(shown)-1), -1)
		}
		return nil, true
	case "tab":
		if p.at < 0 && len(shown) > 0 {
			p.at = 0
		}
		if p.at >= 0 {
			p.input.set(shown[p.at])
			p.at = -1
		}
		return nil, true
	case "enter":
		value := p.input.value()
		if p.at >= 0 && p.at < len(shown) {
			value = shown[p.at]
		}
		return p.done(m, value), true
	}
	p.input.key(k)
	p.at = min(p.at, len(p.shown())-1)
	return nil, true
}

// shown lists the options that hold what was typed.
func (p *prompt) shown() []string {
	var shown []string
	for _, o := range p.options {
		if strings.Contains(o, p.input.value()) {
			shown = append(shown, o)
		}
	}
	return shown
}

func (p *prompt) head(*model) head { return head{paint.Ask, p.title, ""} }

func (p *prompt) draw(m *model, most int) ([]string, *tea.Cursor) {
	pen := m.pen
	var lines []string
	if _, whole := p.head(m).shown(m.theme, m.width); !whole {
		lines = m.paragraph(paint.Ask, p.title)
		lines = lines[:min(len(lines), max(most-2, 0))]
	}
	label := " " + p.label + ": "
	pen.Begin(m.width).Put(paint.Strong, label).Put(paint.Plain, p.input.value())
	cursor := inputCursor(m, label, p.input)
	cursor.Y = len(lines)
	lines = append(lines, pen.End())
	if p.note != "" {
		note := m.paragraph(paint.Quiet, p.note)
		lines = append(lines, note[:min(len(note), max(most-len(lines)-1, 0))]...)
	}
	shown := p.shown()
	room := min(max(most-len(lines)-1, 0), 6)
	first := max(min(p.at-room/2, len(shown)-room), 0)
	for i := first; i < min(first+room, len(shown)); i++ {
		if i == p.at {
			lines = append(lines, pen.BeginIn(paint.Chosen, m.width).Put(paint.Plain, " "+m.theme.Cursor+" "+shown[i]).End())
		} else {
			lines = append(lines, pen.Begin(m.width).Skip(3).Put(paint.Plain, shown[i]).End())
		}
	}
	if len(lines) < most {
		keys := " enter goes on   esc goes back"
		if len(p.options) > 0 {
			keys += "   " + m.theme.Up + " recent ones"
		}
		lines = append(lines, pen.Begin(m.width).Put(paint.Quiet, keys).End())
	}
	return lines, cursor
}

// inputCursor tells where the cursor of an input stands on its line.
func inputCursor(m *model, label string, in input) *tea.Cursor {
	return tea.NewCursor(min(text.Width(label)+text.Width(in.before()), m.width-1), 0)
}
