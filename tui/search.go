package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/tui/paint"
)

// search looks for a text in the lines of the output or of the events.
type search struct {
	typing bool
	input  input
	text   string // what is looked for, in lower case; "" nothing
	at     int    // number of the line that was found; -1: none
}

func (m *model) beginSearch() tea.Cmd {
	m.search.typing = true
	m.search.input = newSelected(m.search.text)
	return nil
}

// keySearch takes a key while the text is typed; what is found is shown at once.
func (m *model) keySearch(k tea.KeyPressMsg) tea.Cmd {
	s := &m.search
	switch k.String() {
	case "enter":
		s.typing = false
		return nil
	case "ctrl+c":
		s.typing = false
		return m.command("ctrl+c")
	case "esc":
		m.search = search{at: -1}
		return nil
	case "up":
		return m.find(-1)
	case "down":
		return m.find(1)
	}
	s.input.key(k)
	return m.refind()
}

// refind looks anew for what was typed: from the last line in sight upwards,
// because what is newest is mostly what is looked for, and then from the end.
func (m *model) refind() tea.Cmd {
	s := &m.search
	s.text = strings.ToLower(s.input.value())
	s.at = -1
	if s.text == "" {
		return nil
	}
	p := m.pages[m.view]
	s.at = min(p.top+p.seen, p.end)
	return m.find(-1)
}

// find goes to the next line that holds the text, or by -1 to the one before;
// after the last one to the first.
func (m *model) find(by int) tea.Cmd {
	s := &m.search
	first, end, at := m.textOf(m.view)
	switch {
	case s.at >= 0:
	case by < 0:
		s.at = end
	default:
		s.at = first - 1
	}
	for i := range end - first {
		line := s.at + by*(i+1)
		line = first + ((line-first)%(end-first)+end-first)%(end-first)
		if _, words := at(line); !strings.Contains(strings.ToLower(words), s.text) {
			continue
		}
		s.at = line
		p := &m.pages[m.view]
		p.top, p.follow = line-p.seen/2, false
		return nil
	}
	s.at = -1
	return m.say(paint.Warn, "no line has "+s.text)
}

func (m *model) notSearched() string {
	if m.search.text == "" {
		return "nothing is looked for: / asks what"
	}
	return ""
}

// putFound writes a text, and in reverse what of it is looked for.
func (m *model) putFound(p *paint.Pen, r paint.Role, s string) {
	if m.search.text == "" {
		p.Put(r, s)
		return
	}
	lower := strings.ToLower(s)
	if len(lower) != len(s) {
		lower = s // letters whose lower case is longer: only what is equal is found
	}
	for {
		i := strings.Index(lower, m.search.text)
		if i < 0 || p.Left() == 0 {
			break
		}
		end := i + len(m.search.text)
		p.Put(r, s[:i]).Put(paint.Chosen, s[i:end])
		s, lower = s[end:], lower[end:]
	}
	p.Put(r, s)
}

// found writes the sign before the line that was found last.
func (m *model) found(p *paint.Pen, line int) {
	if m.search.text != "" && m.search.at == line {
		p.Glyph(paint.Ask, m.theme.Cursor)
	} else {
		p.Skip(1)
	}
}
