package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"rota/internal/text"
	"rota/tui/paint"
)

// draw shows what must be seen first: the title and the choices; then as much
// of the evidence as there is room for.
func (d *dialog) draw(m *model, most int) ([]string, *tea.Cursor) {
	if d.folded {
		return []string{rule(m.pen, m.width, d.role, d.title+" (tab opens)")}, nil
	}
	end, cursor := d.end(m, most-1)
	lines := d.around(m, most, end)
	if cursor != nil {
		cursor.Y += len(lines) - len(end)
	}
	return lines, cursor
}

// around puts the title and as much of the evidence as there is room for above
// the last lines.
func (d *dialog) around(m *model, most int, end []string) []string {
	p := m.pen
	room := max(most-1-len(end), 0)
	facts, last := d.evidence(m.width-2), d.output
	if d.showing {
		last = nil
	}
	title := m.width
	if len(facts) > room {
		title -= pageWidth
	}
	if !fits(title, d.title) {
		facts = append(wrap(d.title, m.width-2), facts...)
	}
	kept := min(len(facts), max(room/2, 1)) // of the facts, where not all has room
	output := last[max(len(last)-max(room-kept, 0), 0):]
	shown, which := d.turn(facts, max(room-len(output), 0))
	lines := []string{ruleWith(p, m.width, d.role, d.title, which)}
	for _, f := range shown {
		lines = append(lines, p.Begin(m.width).Skip(1).Put(paint.Plain, f).End())
	}
	for _, o := range output {
		lines = append(lines, p.Begin(m.width).Skip(3).Put(paint.Quiet, m.theme.Quote+" ").Put(paint.Plain, o).End())
	}
	return append(lines, end...)
}

// pageWidth is what the page of the evidence takes of the title's line.
const pageWidth = 22

// evidence is what is shown above the choices, in lines.
func (d *dialog) evidence(width int) []string {
	var lines []string
	facts := d.facts
	if d.showing {
		facts = append([]string{"by hand, where rota cannot go on; mend and check the server first:"}, d.byHand...)
	}
	for _, f := range facts {
		lines = append(lines, wrap(f, width)...)
	}
	return lines
}

// turn returns the page of the evidence that has room in n lines, and where not
// all of it has, which lines those are.
func (d *dialog) turn(facts []string, n int) (shown []string, which string) {
	d.step = 0
	if len(facts) <= n || n == 0 {
		d.page, d.read = 0, d.read || len(facts) <= n
		return facts[:min(n, len(facts))], ""
	}
	d.step = n
	if d.page >= len(facts) {
		d.page = 0
	}
	end := min(d.page+n, len(facts))
	d.read = d.read || end == len(facts)
	which = fmt.Sprint(d.page + 1)
	if end > d.page+1 {
		which += fmt.Sprintf("-%d", end)
	}
	return facts[d.page:end], fmt.Sprintf("%s of %d, e: more", which, len(facts))
}

// end draws the choices, or the question for a yes.
func (d *dialog) end(m *model, most int) ([]string, *tea.Cursor) {
	p := m.pen
	switch {
	case d.typing():
		label := " Type " + d.name + " to " + d.chosen.Word + ": "
		then := d.then(m)
		line := p.Begin(m.width).Put(paint.Strong, label).Put(paint.Plain, d.input.value()).End()
		hint := p.Begin(m.width).Put(paint.Quiet, " enter works only when it matches; esc goes back, nothing is done").End()
		return []string{then, line, hint}, inputCursor(m, label, d.input)
	case d.chosen != nil:
		p.Begin(m.width).Skip(1)
		if d.quiet.live {
			p.Put(paint.Strong, "y").Put(paint.Plain, " yes   ").Put(paint.Strong, "n").Put(paint.Plain, " no")
		} else {
			p.Put(paint.Quiet, "one moment")
		}
		yes := p.End()
		return []string{d.then(m), yes}, nil
	}
	if len(d.choices) == 0 {
		return []string{p.Begin(m.width).Put(paint.Quiet, " esc closes").End()}, nil
	}
	word := 0
	for _, c := range d.choices {
		word = max(word, text.Width(c.Word))
	}
	var lines []string
	for _, c := range d.choices {
		p.Begin(m.width).Skip(3)
		d.putKey(p, c.Key)
		lines = append(lines, p.Skip(1).Cell(paint.Strong, c.Word, word+2).Put(paint.Plain, c.Then).End())
	}
	if len(lines) > most {
		p.Begin(m.width)
		for _, c := range d.choices {
			d.putKey(p.Skip(1), c.Key)
			p.Put(paint.Plain, " "+c.Word)
		}
		lines = []string{p.End()}
	}
	if len(lines) < most {
		hint := " nothing happens until you choose; each asks once more"
		if d.act {
			hint += "; esc closes"
		} else {
			hint += m.more()
		}
		switch {
		case d.showing:
			hint += "; b shows the evidence"
		case len(d.byHand) > 0:
			hint += "; b shows how to go on by hand"
		}
		lines = append(lines, p.Begin(m.width).Put(paint.Quiet, hint).End())
	}
	return lines, nil
}

func (d *dialog) then(m *model) string {
	p := m.pen.Begin(m.width).Skip(1)
	if d.chosen.Word == d.title { // which asks it already
		return p.Put(paint.Strong, d.chosen.Then).End()
	}
	return p.Put(paint.Strong, d.chosen.Word+": ").Put(paint.Plain, d.chosen.Then+"?").End()
}

func (d *dialog) putKey(p *paint.Pen, key string) {
	if d.quiet.live {
		p.Put(paint.Ask, key)
	} else {
		p.Put(paint.Quiet, p.Theme().Waiting)
	}
}
