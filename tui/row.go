package tui

import (
	"strings"

	"rota/internal/text"
	"rota/lb"
	"rota/rollout"
	"rota/tui/paint"
)

// row draws one server.
func (m *model) row(p *paint.Pen, c columns, s *server, selected bool) string {
	g := &m.theme.Glyphs
	marker := " "
	if s.marked {
		marker = g.Mark
	}
	if selected {
		p.BeginIn(paint.Chosen, m.width).Glyph(paint.Plain, g.Cursor)
	} else {
		p.Begin(m.width).Put(paint.Plain, " ")
	}
	p.Put(paint.Ask, marker)
	p.Cell(paint.Plain, s.Name, c.host).Skip(1)
	if c.group > 0 {
		group := ""
		if s.turn >= 0 {
			group = m.cfg.Groups[s.turn]
		}
		p.Cell(paint.Quiet, group, c.group).Skip(1)
	}
	if c.batch > 0 {
		if s.run != nil {
			p.Number(paint.Quiet, int64(s.run.Batch), 2).Skip(2)
		} else {
			p.Skip(c.batch + 1)
		}
	}
	l := m.stateOf(s)
	p.Glyph(l.role, l.glyph).Skip(1).Cell(l.role, l.word, c.deploy-2).Skip(1)
	for i, w := range c.balancer {
		m.seat(p, s, i, w, c.weight)
	}
	if c.rotation > 0 {
		m.seats(p, s, c.rotation)
	}
	if c.version > 0 {
		p.Cell(m.versionRole(s), s.runs(), c.version).Skip(1)
	}
	if c.health > 0 {
		l := m.healthOf(s)
		p.Glyph(l.role, l.glyph).Skip(1).Cell(l.role, l.word, c.health-2).Skip(1)
	}
	if c.step > 0 {
		role, doing := m.doing(s, c.step)
		lasts, width := m.lasts(s), c.step
		if lasts != "" {
			width -= len(lasts) + 1
		}
		if role == paint.Bad && text.Width(doing) > width { // what came of a check goes before what was asked
			if asked, why, ok := strings.Cut(doing, ": "); ok && (strings.Contains(asked, "://") || strings.HasPrefix(asked, "GET ")) {
				doing = why
			}
		}
		p.Cell(role, doing, width).Skip(1)
		if lasts != "" {
			p.Put(paint.Quiet, lasts).Skip(1)
		}
	}
	if c.figure > 0 {
		sessions, rate := s.figures()
		p.Number(paint.Plain, int64(sessions), c.figure).Skip(1).Number(paint.Plain, int64(rate), c.figure)
	}
	if c.errors > 0 {
		n, role := s.failures(), paint.Quiet
		if n > 0 {
			role = paint.Bad
		}
		p.Skip(1).Number(role, n, c.errors)
	}
	if c.trend > 0 {
		p.Skip(1).Steps(paint.Quiet, m.fleet.busiest+m.fleet.busiest/4, s.trend.cells[trendCells-c.trend:]...)
	}
	return p.End()
}

// seatLook shows what one balancer says of a server.
func (m *model) seatLook(s *server, i int) look {
	if s.seats[i].at.IsZero() && m.fleet.balancers[i].err == "" && m.replay == nil {
		return look{m.theme.Waiting, "asking", paint.Quiet}
	}
	return stateLook(s.seats[i].state, &m.theme.Glyphs)
}

// seat draws what one balancer says of a server.
func (m *model) seat(p *paint.Pen, s *server, i, width int, weight bool) {
	if !s.seats[i].behind {
		p.Skip(width + 1)
		return
	}
	l := m.seatLook(s, i)
	p.Glyph(l.role, l.glyph).Skip(1)
	if !weight {
		p.Cell(l.role, l.word, width-2).Skip(1)
		return
	}
	const figure = 4
	p.Cell(l.role, l.word, width-2-figure)
	if s.seats[i].weight >= 0 {
		p.Number(paint.Quiet, int64(s.seats[i].weight), figure).Skip(1)
	} else {
		p.Skip(figure + 1)
	}
}

// seats draws what many balancers say: in how many it is in, and a sign each.
func (m *model) seats(p *paint.Pen, s *server, width int) {
	in, behind := 0, 0
	for i := range s.seats {
		if s.seats[i].behind {
			behind++
			if s.seats[i].state == lb.In {
				in++
			}
		}
	}
	if behind == 0 {
		p.Skip(width + 1)
		return
	}
	role := paint.Good
	if in < behind {
		role = paint.Warn
	}
	p.Put(role, "in").Number(role, int64(in), 2).Put(role, "/").Number(role, int64(behind), 1).Skip(2)
	for i := range s.seats {
		if !s.seats[i].behind {
			p.Skip(1)
			continue
		}
		l := m.seatLook(s, i)
		p.Glyph(l.role, l.glyph)
	}
	p.Skip(width + 1 - 8 - len(s.seats)) // 8: what stands before the signs
}

// stateOf shows a server in one word: where it stands in the run or, outside
// of one, how it is.
func (m *model) stateOf(s *server) look {
	g := &m.theme.Glyphs
	switch {
	case s.run != nil && (!s.atRest || s.run.Phase != rollout.Waiting && s.hold == "" && s.trouble == ""):
		return m.runLook(s)
	case s.hold != "":
		return look{g.Held, "held", paint.Ask}
	case s.trouble != "":
		return m.healthOf(s)
	case s.asked && s.idle:
		return look{g.Out, "idle", paint.Quiet}
	}
	return m.healthOf(s)
}

// healthOf shows what the server itself last said of its health: in a run, since
// the run last did something with it.
func (m *model) healthOf(s *server) look {
	g := &m.theme.Glyphs
	switch {
	case s.run != nil && !s.atRest && s.run.Phase != rollout.Waiting && !s.heard.After(s.run.Since):
	case s.trouble != "":
		return look{g.Failed, "sick", paint.Bad}
	case s.asked:
		return look{g.Done, "healthy", paint.Good}
	}
	switch {
	case m.replay == nil:
		return look{g.Waiting, "asking", paint.Quiet}
	case s.run != nil:
		return m.runLook(s)
	}
	return look{g.Waiting, "beside", paint.Quiet} // the run was not about it
}

func (m *model) versionRole(s *server) paint.Role {
	switch {
	case s.target == nil:
		return paint.Plain
	case s.runs() == s.target.To:
		return paint.Work
	}
	return paint.Old
}
