package tui

import (
	"cmp"
	"fmt"
	"slices"

	"rota/tui/paint"
)

// leastEvidence is how many lines of evidence go before what the choices do.
const leastEvidence = 4

// lay puts the evidence above the last lines. What those do not tell in full is
// part of it.
func (d *dialog) lay(m *model, most int, end, untold []string) []string {
	parts, order := d.evidence(m, untold)
	total := lineCount(parts)
	for _, hint := range d.hints(m) {
		below := d.below(m, hint)
		if total+len(end)+len(below) <= most {
			return append(append(d.all(parts), end...), below...)
		}
	}
	end = end[max(len(end)-most, 0):]
	d.fill(total, 0)
	room := max(most-len(end)-len(d.below(m, d.more(m))), 0)
	var lines []string
	if d.large {
		lines = d.page(parts, room)
	} else {
		lines = d.best(parts, order, room)
	}
	lines = append(append(lines, d.below(m, d.more(m))...), end...)
	return lines[max(len(lines)-most, 0):]
}

// evidence draws what is told above the choices, and orders it by what matters
// most. A gate tells first what was done, and last what going on means for the
// floor; of what a step has printed the last lines tell most.
func (d *dialog) evidence(m *model, untold []string) (parts []passage, order []int) {
	add := func(lines passage) {
		order = append(order, len(parts))
		parts = append(parts, lines)
	}
	if _, whole := d.head(m).shown(m.theme, m.width); !whole || d.large {
		add(m.paragraph(d.role, d.title))
	}
	facts, output := d.facts, d.output
	if d.showing {
		facts, output = append([]string{"by hand, where rota cannot go on; mend and check the server first:"}, d.byHand...), nil
	}
	first := len(parts)
	for _, f := range facts {
		add(m.paragraph(paint.Plain, f))
	}
	if d.lastFirst && !d.showing {
		slices.Reverse(order[first:])
	}
	first = len(parts)
	for _, o := range output {
		add(m.item(func(p *paint.Pen) { p.Skip(3).Put(paint.Quiet, m.theme.Quote+" ") }, paint.Plain, o))
	}
	slices.Reverse(order[first:])
	if len(untold) > 0 {
		add(untold)
	}
	return parts, order
}

// hints are what can stand below the last lines, the longest first.
func (d *dialog) hints(m *model) []string {
	beside := d.beside(m)
	switch {
	case d.chosen != nil || d.past:
		return []string{""}
	case len(d.choices) == 0, d.closed(m):
		return []string{beside}
	}
	const first = "nothing happens until you choose"
	return []string{join("; ", first, "each asks once more", beside), cmp.Or(beside, first)}
}

// more tells how to see what is not shown.
func (d *dialog) more(m *model) string {
	g := &m.theme.Glyphs
	more := fmt.Sprintf("%s %s", g.Ellipsis, count(d.total-d.room, "more line"))
	switch {
	case d.typing():
		return more
	case d.large && d.chosen != nil:
		return "e goes on, " + g.Up + " scroll"
	case d.large:
		return join("; ", "e goes on, "+g.Up+" scroll, esc goes back", d.beside(m))
	case d.chosen != nil:
		return more + ": e shows all"
	}
	return join("; ", more+": e shows all", d.beside(m))
}

// beside tells the keys that are no choices, and whether more questions wait.
func (d *dialog) beside(m *model) string {
	var said [4]string
	if d.closed(m) {
		said[3] = "this screen is read-only: somebody else answers"
	}
	switch {
	case d.past:
	case d.act && d.again != "":
		said[0] = d.again + " or esc closes"
	case d.act:
		said[0] = "esc closes"
	default:
		said[0] = m.more()
	}
	switch {
	case d.showing:
		said[1] = "b shows the evidence"
	case len(d.byHand) > 0:
		said[1] = "b shows how to go on by hand"
	}
	if d.large && !d.hides() {
		said[2] = "e makes this small again"
	}
	return join("; ", said[:]...)
}

// below draws a hint. As long as the choices are not live it says so in its place.
func (d *dialog) below(m *model, hint string) []string {
	if hint == "" {
		return nil
	}
	lines := m.paragraph(paint.Quiet, hint)
	if len(d.choices) > 0 && d.chosen == nil && !d.quiet.live && !d.closed(m) && !d.past {
		lines = append(m.paragraph(paint.Quiet, oneMoment), make([]string, len(lines)-1)...)
	}
	return lines
}
