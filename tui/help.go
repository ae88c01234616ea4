package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/internal/text"
	"rota/tui/paint"
)

// switchHelp opens the help, or goes back to where it was opened. It covers a
// panel, whose keys it tells.
func (m *model) switchHelp() tea.Cmd {
	if m.view == helpView {
		m.view = m.from
		return nil
	}
	m.show(helpView)
	return nil
}

// section is a part of the help.
type section struct {
	heading string
	role    paint.Role
	lines   []helpLine
}

// helpLine is a key or a sign, and what it means.
type helpLine struct {
	key, means    string
	keyRole, role paint.Role
}

// sections are all parts of the help: the choices of the question that waits,
// the keys of the view in which help was opened, the other keys, and the signs.
// A key that cannot be used now says why.
func (m *model) sections() []section {
	at := *m
	at.view = m.from
	var all []section
	if d := m.asking(); d != nil {
		s := section{heading: d.title, role: d.role}
		for _, c := range d.choices {
			s.lines = append(s.lines, helpLine{c.Key, c.Word + ": " + c.Then, paint.Ask, paint.Plain})
		}
		all = append(all, s)
	}
	here, others := section{heading: "in this view (" + m.from.String() + ")", role: paint.Strong}, []section{}
	for _, c := range m.commands {
		l := helpLine{c.Help().Key, c.Help().Desc, paint.Ask, paint.Plain}
		if why := at.idle(&c); why != "" {
			l.means, l.role = l.means+" (not now: "+why+")", paint.Quiet
		}
		switch last := len(others) - 1; {
		case c.belongs(&at):
			here.lines = append(here.lines, l)
		case last >= 0 && others[last].heading == c.group:
			others[last].lines = append(others[last].lines, l)
		default:
			others = append(others, section{c.group, paint.Strong, []helpLine{l}})
		}
	}
	return append(append(append(all, here), others...), m.signs())
}

// belongs reports whether the command means something in this view, and nothing
// in another one.
func (c *command) belongs(m *model) bool {
	if c.on == nil || !c.on(m) {
		return false
	}
	at := *m
	for at.view = range views {
		if !c.on(&at) {
			return true
		}
	}
	return false
}

func (m *model) signs() section {
	g := &m.theme.Glyphs
	s := section{heading: "signs", role: paint.Strong}
	for _, l := range []look{
		{g.In, "in rotation", paint.Good},
		{g.Draining, "draining: no new requests, those under way end", paint.Warn},
		{g.Out, "out of rotation", paint.Quiet},
		{g.Down, "down: the balancer's own check has failed", paint.Bad},
		{g.Unknown, "not known: not asked yet, out of reach, or too long ago", paint.Ask},
		{g.Alert, "a balancer says otherwise than what the run did", paint.Ask},
	} {
		s.lines = append(s.lines, helpLine{l.glyph, l.word, l.role, paint.Plain})
	}
	return s
}

// The widths of the help: of a column at least, and of a key.
const (
	helpColumn = 60
	helpKey    = 8
)

// cell is one line of a column of the help.
type cell struct {
	drawn string
	tied  bool // to the next one
}

// help draws all sections, in as many columns as there is room for.
func (m *model) help() []string {
	n := max(m.width/helpColumn, 1)
	width := (m.width - 1) / n
	pen := paint.NewPen(m.theme) // the lines are also looked through while another one is drawn
	var cells []cell
	for i, s := range m.sections() {
		if i > 0 {
			cells = append(cells, cell{})
		}
		cells = append(cells, m.cells(pen, s, width)...)
	}
	height := (len(cells) + n - 1) / n
	columns := inColumns(cells, height)
	for len(columns) > n {
		height++
		columns = inColumns(cells, height)
	}
	blank := strings.Repeat(" ", width)
	lines := make([]string, height)
	for i := range lines {
		if pen.Begin(1).Skip(1); n == 1 {
			m.found(pen.Begin(1), i)
		}
		lines[i] = pen.End()
		for _, c := range columns {
			if i < len(c) && c[i].drawn != "" {
				lines[i] += c[i].drawn
			} else {
				lines[i] += blank
			}
		}
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

// cells draws a section for a column.
func (m *model) cells(pen *paint.Pen, s section, width int) []cell {
	var cells []cell
	draw := func(tied bool, put func(p *paint.Pen)) {
		put(pen.Begin(width))
		cells = append(cells, cell{pen.Skip(pen.Left()).End(), tied})
	}
	for _, part := range wrap(s.heading, width-1) {
		draw(true, func(p *paint.Pen) { m.putFound(p, s.role, part) })
	}
	key := helpKey
	for _, l := range s.lines {
		key = max(key, text.Width(l.key))
	}
	for _, l := range s.lines {
		parts := wrap(l.means, width-key-4)
		for i, part := range parts {
			draw(i < len(parts)-1, func(p *paint.Pen) {
				if p.Skip(2); i == 0 {
					p.Cell(l.keyRole, l.key, key)
				} else {
					p.Skip(key)
				}
				m.putFound(p.Skip(1), l.role, part)
			})
		}
	}
	return cells
}

// inColumns cuts cells into columns of at most a height, those that are tied
// not from each other.
func inColumns(cells []cell, height int) [][]cell {
	var columns [][]cell
	for len(cells) > 0 {
		if len(columns) > 0 && cells[0].drawn == "" {
			cells = cells[1:]
			continue
		}
		n := min(height, len(cells))
		for n > 1 && n < len(cells) && cells[n-1].tied {
			n--
		}
		columns = append(columns, cells[:n])
		cells = cells[n:]
	}
	return columns
}
