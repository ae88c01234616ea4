package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/tui/paint"
)

// search looks for a text in the lines of a view.
type search struct {
	typing bool
	input  input
	text   string // what is looked for, in lower case; "" nothing
	at     int    // number of the line that was found; -1: none
	found  found
}

// found are the lines that have the text. They are kept, because looking through
// all lines for each frame would cost too much.
type found struct {
	in   foundIn
	hits []int // numbers of lines, in order
	end  int   // the number after the last line that was looked through
}

// foundIn is in what lines which text was looked for.
type foundIn struct {
	view         view
	of           string // the server, or the run
	source, text string
	shift        int // where lines have other numbers than they had
}

// hits lists the lines of the view that have the text: those of before, and of
// those that have come since.
func (m *model) hits() []int {
	f := &m.search.found
	first, end, at := m.textOf(m.view)
	in := foundIn{view: m.view, source: m.source, text: m.search.text}
	switch s := m.table.selected(); {
	case m.view == helpView:
		in.shift = m.width*end + end // another screen, or another question
	case m.view == pastView:
		in.of, in.shift = m.history.run, m.history.width
	case m.view == outputView && s != nil:
		in.of = s.Name
		if m.source != "" { // numbered from the oldest one that is kept
			in.shift = s.log.gone
		}
	}
	if f.in != in || end < f.end {
		*f = found{in: in, hits: f.hits[:0], end: first}
	}
	for i := max(f.end, first); i < end; i++ {
		if _, words := at(i); strings.Contains(strings.ToLower(words), in.text) {
			f.hits = append(f.hits, i)
		}
	}
	f.end = end
	gone, _ := slices.BinarySearch(f.hits, first)
	f.hits = slices.Delete(f.hits, 0, gone)
	return f.hits
}

// hitsWords tells how many lines have what is looked for, and which of them was
// found last.
func (m *model) hitsWords() string {
	hits := m.hits()
	if i, is := slices.BinarySearch(hits, m.search.at); is {
		return fmt.Sprintf("%d of %d", i+1, len(hits))
	}
	if len(hits) == 0 {
		return "no line"
	}
	return count(len(hits), "line")
}

// searchFields tell at the right what is looked for, and where it is.
func (m *model) searchFields() []paint.Field {
	return []paint.Field{
		paint.F(2, paint.Ask, "search").AtRight(), paint.F(1, paint.Ask, m.search.text).AtRight(),
		paint.F(0, paint.Plain, m.hitsWords()).AtRight(),
	}
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
	hits := m.hits()
	if len(hits) == 0 {
		s.at = -1
		return m.say(paint.Warn, "no line has "+s.text)
	}
	i, is := slices.BinarySearch(hits, s.at)
	switch {
	case by < 0:
		i--
	case is:
		i++
	}
	s.at = hits[(i+len(hits))%len(hits)]
	p := &m.pages[m.view]
	p.top, p.follow = s.at-p.seen/2, false
	return nil
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
