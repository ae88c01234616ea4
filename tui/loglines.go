package tui

import (
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"rota/tui/paint"
)

// logLines draws n rows of what the server printed and what was done with it.
func (m *model) logLines(s *server, width, n int) []string {
	page := &m.pages[outputView]
	wanted := m.wanted(s)
	first, end := wanted.first, wanted.first+wanted.len()
	if first == end || n <= 0 {
		page.at(first, end, n)
		return []string{m.pen.Begin(width).Put(paint.Quiet, " nothing yet").End()}
	}
	if !m.wrap {
		page.at(first, end, n)
		var rows []string
		for i := page.top; i < min(page.top+n, end); i++ {
			rows = append(rows, m.logRow(wanted.at(i), i, width, 0, -1))
		}
		return rows
	}
	page.at(first, end, 1)
	var rows []string
	last := page.top
	if !page.follow {
		for ; last < end && len(rows) < n; last++ {
			rows = append(rows, m.wrapped(wanted.at(last), last, width)...)
		}
	}
	if len(rows) >= n {
		page.seen = max(last-page.top-1, 1)
		return rows[:n]
	}
	// The end is in sight: the rows are filled from there.
	rows, last = nil, end
	for ; last > first && len(rows) < n; last-- {
		rows = append(m.wrapped(wanted.at(last-1), last-1, width), rows...)
	}
	page.top, page.seen = last, end-last
	return rows[max(len(rows)-n, 0):]
}

// beforeWords are the cells that the time and the source of a line take.
const beforeWords = 1 + len("15:04:05") + 1 + 5 + 1

// wrapped draws a line in as many rows as it takes.
func (m *model) wrapped(l line, number, width int) []string {
	var rows []string
	room := max(width-beforeWords, 2)
	for from := 0; from == 0 || from < len(l.text); {
		part := ansi.Truncate(l.text[from:], room, "")
		if part == "" && from < len(l.text) { // not even one character has room
			_, size := utf8.DecodeRuneInString(l.text[from:])
			part = l.text[from : from+size]
		}
		to := from + len(part)
		rows = append(rows, m.logRow(l, number, width, from, to))
		if to == 0 {
			break
		}
		from = to
	}
	return rows
}

// logRow draws the bytes of a line from one to before another, -1 for its end:
// the first row with time and source, and any other below its words.
func (m *model) logRow(l line, number, width, from, to int) string {
	p := m.pen.Begin(width)
	if to < 0 {
		to = len(l.text)
	}
	if from == 0 {
		m.found(p, number)
		p.Put(paint.Quiet, l.at.In(m.now.Location()).Format(time.TimeOnly)).Skip(1).Cell(paint.Quiet, l.source, 5).Skip(1)
	} else {
		p.Skip(beforeWords)
	}
	role := paint.Plain
	switch l.source {
	case "lb":
		role = paint.Work
	case "rota":
		role = paint.Quiet
	}
	at := 0
	put := func(end int) { // what of the text up to there stands in this row
		if begin, end := max(at, from), min(end, to); begin < end {
			m.putFound(p, role, l.text[begin:end])
		}
	}
	for _, c := range l.colors {
		if c.At < at || c.At > len(l.text) {
			break // no gate lets that through
		}
		put(c.At)
		at, role = c.At, colorRole(c.SGR)
	}
	put(len(l.text))
	return p.End()
}

// switchWrap shows long lines whole, or cut again.
func (m *model) switchWrap() tea.Cmd {
	m.wrap = !m.wrap
	return nil
}

// colorRole is what a command's own colour becomes: one of the screen's, so that
// it can be read on any background, and is none where colours are off.
func colorRole(sgr int) paint.Role {
	switch sgr {
	case 31, 91:
		return paint.Bad
	case 32, 92:
		return paint.Good
	case 33, 93:
		return paint.Warn
	case 34, 36, 94, 96:
		return paint.Work
	case 35, 95:
		return paint.Old
	case 2, 30, 90:
		return paint.Quiet
	case 1, 97:
		return paint.Strong
	}
	return paint.Plain
}

// wantedLines are the lines of a log that are shown: all of it, or picked ones.
type wantedLines struct {
	log    *ring[line]
	first  int
	picked []int // numbers in log; nil: all
	all    bool
}

func (m *model) wanted(s *server) wantedLines {
	w := wantedLines{log: &s.log, first: s.log.gone, all: m.source == ""}
	if w.all {
		return w
	}
	w.first = 0
	for i := s.log.gone; i < s.log.end(); i++ {
		if s.log.at(i).source == m.source {
			w.picked = append(w.picked, i)
		}
	}
	return w
}

func (w wantedLines) len() int {
	if w.all {
		return w.log.end() - w.log.gone
	}
	return len(w.picked)
}

func (w wantedLines) at(i int) line {
	if w.all {
		return w.log.at(i)
	}
	return w.log.at(w.picked[i])
}
