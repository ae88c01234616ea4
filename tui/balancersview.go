package tui

import (
	"fmt"

	"rota/lb"
	"rota/tui/paint"
)

// balancers draws each balancer: whether it answers, what it has in rotation,
// and what part of its traffic each version gets.
func (m *model) balancers() []string {
	g := &m.theme.Glyphs
	lines := m.courseLines(m.courseRows())
	add := func(p *paint.Pen) { lines = append(lines, p.End()) }
	for i, b := range m.fleet.balancers {
		p := m.pen.Begin(m.width).Skip(1)
		l := look{g.In, "answers", paint.Good}
		switch {
		case b.err != "":
			l = look{g.Down, "out of reach", paint.Bad}
		case b.at.IsZero():
			l = look{g.Waiting, "asking", paint.Quiet}
		case m.fleet.aged(m.now.Sub(b.at)):
			l = look{g.Unknown, "silent", paint.Ask}
		}
		fields := []paint.Field{
			paint.F(0, paint.Strong, b.name), paint.F(0, l.role, l.glyph+" "+l.word),
			paint.F(2, paint.Plain, join(" ", b.kind, b.version)),
		}
		if !b.at.IsZero() {
			fields = append(fields, paint.F(1, paint.Quiet, seconds(m.now.Sub(b.at))+" ago"))
		}
		add(p.Fields(fields...))
		if b.err != "" {
			for _, part := range wrap(b.err, m.width-4) {
				add(m.pen.Begin(m.width).Skip(3).Put(paint.Bad, part))
			}
		}
		add(m.states(m.pen.Begin(m.width).Skip(3), i))
		shares, byRate := m.fleet.traffic(m.run.brings(), i)
		for _, s := range shares {
			role, glyph := paint.Old, g.Old
			if s.brought {
				role, glyph = paint.Work, g.New
			}
			how := "by weight"
			if byRate {
				how = fmt.Sprintf("%.0f requests/s", s.amount)
			}
			p := m.pen.Begin(m.width).Skip(3).Cell(role, named(s.version), 12).Skip(1).Cell(role, percent(s.part), 5)
			p.Bar(m.width/3, paint.Part{Role: role, Glyph: glyph, N: s.part}, paint.Part{Role: paint.Quiet, Glyph: g.None, N: 1 - s.part})
			add(p.Skip(1).Put(paint.Quiet, how))
		}
		lines = append(lines, "")
	}
	return lines
}

// courseRows is how many rows of the course there is room for.
func (m *model) courseRows() int {
	switch {
	case m.height >= 45:
		return 6
	case m.height >= 30:
		return 3
	}
	return 1
}

// balancersWant tells how many lines the balancers take, or are likely to take in
// the run: each with two versions, under the course of the new one.
func (m *model) balancersWant() int {
	const each, course = 5, 3 // beside its rows
	return max(len(m.balancers()), m.courseRows()+course+each*len(m.fleet.balancers))
}

// states counts the servers of a balancer by what it says of them.
func (m *model) states(p *paint.Pen, i int) *paint.Pen {
	var n [lb.Mixed + 1]int
	sessions := -1
	for _, s := range m.fleet.servers {
		if !s.seats[i].behind {
			continue
		}
		n[s.seats[i].state]++
		if s.seats[i].sessions >= 0 {
			sessions = max(sessions, 0) + s.seats[i].sessions
		}
	}
	var fields []paint.Field
	for _, state := range []lb.State{lb.In, lb.Draining, lb.Out, lb.Down, lb.Mixed, lb.Absent, lb.Unknown} {
		if n[state] > 0 {
			l := stateLook(state, &m.theme.Glyphs)
			fields = append(fields, paint.F(0, l.role, fmt.Sprintf("%s %d %s", l.glyph, n[state], l.word)))
		}
	}
	if sessions >= 0 {
		fields = append(fields, paint.F(1, paint.Quiet, count(sessions, "session")))
	}
	return p.Fields(fields...)
}
