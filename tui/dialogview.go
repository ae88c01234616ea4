package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"rota/internal/text"
	"rota/tui/paint"
)

func (d *dialog) head(*model) head {
	h := head{d.role, d.title, d.note}
	switch {
	case d.folded:
		h.note = "tab or a choice's key opens"
	case d.large && d.hides():
		h.note = fmt.Sprintf("lines %d-%d of %d", d.top+1, d.top+d.room, d.total)
	}
	return h
}

// draw shows the choices, or the question for a yes, and above them as much of
// the evidence as there is room for. What has none is counted, and never cut.
func (d *dialog) draw(m *model, most int) ([]string, *tea.Cursor) {
	switch {
	case d.folded:
		d.fill(0, 0)
		return nil, nil
	case d.typing():
		label := " Type " + d.name + " to " + d.chosen.Word + ": "
		lines := d.lay(m, most, d.typed(m, label), nil)
		cursor := inputCursor(m, label, d.input)
		cursor.Y = len(lines) - 2
		return lines, cursor
	case d.chosen != nil:
		return d.lay(m, most, d.yes(m), nil), nil
	}
	end := d.list(m)
	if len(end) > most-leastEvidence {
		return d.lay(m, most, d.row(m), end), nil
	}
	return d.lay(m, most, end, nil), nil
}

// list draws the choices, each with what it does.
func (d *dialog) list(m *model) []string {
	if len(d.choices) == 0 {
		return nil
	}
	word, strong, plain := 0, paint.Strong, paint.Plain
	if d.closed(m) {
		strong, plain = paint.Quiet, paint.Quiet
	}
	for _, c := range d.choices {
		word = max(word, text.Width(c.Word))
	}
	var lines []string
	for _, c := range d.choices {
		before := func(p *paint.Pen) {
			d.putKey(m, p.Skip(3), c.Key)
			p.Skip(1).Cell(strong, c.Word, word+2)
		}
		lines = append(lines, m.item(before, plain, c.Then)...)
	}
	return lines
}

// row draws the choices where they have no room to tell what they do.
func (d *dialog) row(m *model) []string {
	var lines []string
	p := m.pen.Begin(m.width)
	for i, c := range d.choices {
		if width := text.Width(c.Word) + 3; i > 0 && width > p.Left() {
			lines = append(lines, p.End())
			p.Begin(m.width)
		}
		d.putKey(m, p.Skip(1), c.Key)
		p.Put(paint.Plain, " "+c.Word).Skip(1)
	}
	return append(lines, p.End())
}

func (d *dialog) putKey(m *model, p *paint.Pen, key string) {
	switch {
	case d.closed(m):
		p.Put(paint.Quiet, key)
	case d.quiet.live:
		p.Put(paint.Ask, key)
	default:
		p.Put(paint.Quiet, m.theme.Waiting)
	}
}

// closed reports whether it cannot be answered on this screen.
func (d *dialog) closed(m *model) bool {
	return m.cfg.ReadOnly && d.ask != nil && d.ask.question.Kind != ""
}

// yes draws the question for a yes.
func (d *dialog) yes(m *model) []string {
	lines := d.then(m)
	p := m.pen.Begin(m.width).Skip(1)
	if d.quiet.live {
		p.Put(paint.Strong, "y").Put(paint.Plain, " yes   ").Put(paint.Strong, "n").Put(paint.Plain, " no")
	} else {
		p.Put(paint.Quiet, oneMoment)
	}
	return append(lines, p.End())
}

// typed draws the question for the app's name.
func (d *dialog) typed(m *model, label string) []string {
	line := m.pen.Begin(m.width).Put(paint.Strong, label).Put(paint.Plain, d.input.value()).End()
	hint := m.pen.Begin(m.width).Skip(1).Put(paint.Quiet, "enter works only when it matches; esc goes back, nothing is done").End()
	return append(d.then(m), line, hint)
}

// then tells what the chosen one would do.
func (d *dialog) then(m *model) []string {
	if d.chosen.Word == d.title { // which asks it already
		return m.paragraph(paint.Strong, d.chosen.Then)
	}
	before := func(p *paint.Pen) { p.Skip(1).Put(paint.Strong, d.chosen.Word+": ") }
	return m.item(before, paint.Plain, d.chosen.Then+"?")
}

// oneMoment stands where keys will be, until they are live.
const oneMoment = "one moment"

// paragraph draws a text in as many lines as it takes.
func (m *model) paragraph(r paint.Role, s string) passage {
	lines := wrap(s, m.width-2)
	for i := range lines {
		lines[i] = m.pen.Begin(m.width).Skip(1).Put(r, lines[i]).End()
	}
	return lines
}

// item draws a text behind what stands before it, in as many lines as it takes,
// all of them at one column.
func (m *model) item(before func(p *paint.Pen), r paint.Role, s string) passage {
	var lines []string
	p := m.pen.Begin(m.width)
	before(p)
	column := m.width - p.Left()
	for i, part := range wrap(s, p.Left()) {
		if i > 0 {
			p.Begin(m.width).Skip(column)
		}
		lines = append(lines, p.Put(r, part).End())
	}
	return lines
}
