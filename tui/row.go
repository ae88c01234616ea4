package tui

import (
	"strings"

	"rota/internal/text"
	"rota/lb"
	"rota/rollout"
	"rota/tui/paint"
)

// columns is what the table shows on a screen of some width. A column of width
// 0 is left out.
type columns struct {
	host, batch, deploy, version, step, figure int
	health, errors, trend                      int
	balancer                                   []int // a column each, or
	rotation                                   int   // one for all of them
	weight                                     bool  // the weight stands beside the state
}

// The widths from which on more columns are shown.
const (
	wide   = 110
	medium = 78
)

// longestStep keeps the figures within sight of their server on a wide screen;
// what is nice to have leaves leastStep for the words, and news may take some of it.
const (
	longestStep = 72
	leastStep   = 26
	newsStep    = 24
)

const manyBalancers = 3 // more of them share one column

func (m *model) columns() columns {
	c := columns{host: 16, deploy: 12}
	longest, version := 0, 7
	for _, s := range m.fleet.servers {
		longest = max(longest, text.Width(s.Name))
		version = max(version, text.Width(s.runs()))
	}
	left := m.width - 2
	if m.width >= medium {
		c.version = min(version, 12)
	}
	if m.width >= wide {
		c.host = min(max(12, longest), m.width/5)
		c.figure, c.weight = 6, true
		if m.run.state.Seq > 0 && !m.run.byHand() {
			c.batch = 3
		}
	}
	if len(m.fleet.balancers) > manyBalancers {
		c.rotation = 8 + len(m.fleet.balancers)
	} else {
		for _, b := range m.fleet.balancers {
			w := min(max(text.Width(b.name), 9), 12)
			if c.weight {
				w = min(max(text.Width(b.name), 13), 16)
			}
			c.balancer = append(c.balancer, w)
		}
	}
	for _, w := range append([]int{c.host, c.batch, c.deploy, c.version, c.rotation, c.figure, c.figure}, c.balancer...) {
		if w > 0 {
			left -= w + 1
		}
	}
	if m.width < medium {
		c.host += max(left, 0)
		return c
	}
	if c.figure > 0 {
		left = m.extras(&c, left)
	}
	c.step = min(max(left, 0), longestStep)
	return c
}

// extras adds the columns that are drawn where there is room, and returns what
// room is left.
func (m *model) extras(c *columns, left int) int {
	add := func(column *int, width, least int) {
		if left-width-1 >= least {
			*column = width
			left -= width + 1
		}
	}
	if m.fleet.errors > 0 {
		add(&c.errors, 6, newsStep)
	}
	add(&c.trend, trendCells, leastStep+trendCells/2)
	if c.trend == 0 {
		add(&c.trend, trendCells/2, leastStep)
	}
	if m.fleet.errors == 0 {
		add(&c.errors, 6, leastStep)
	}
	if m.run.state.Seq > 0 && m.replay == nil { // nobody asks the servers
		add(&c.health, 9, leastStep)
	}
	return left
}

// head draws the names of the columns.
func (m *model) head(p *paint.Pen, c columns) string {
	p.Begin(m.width).Skip(2)
	cell := func(title string, width int) {
		if width > 0 {
			p.Cell(paint.Strong, title, width).Skip(1)
		}
	}
	cell("SERVER", c.host)
	cell("#", c.batch)
	if m.run.state.Seq > 0 {
		cell("DEPLOY", c.deploy)
	} else {
		cell("STATE", c.deploy)
	}
	for i, w := range c.balancer {
		if c.weight {
			p.Cell(paint.Strong, strings.ToUpper(m.fleet.balancers[i].name), w-3).Skip(1).Put(paint.Strong, "WT").Skip(1)
			continue
		}
		cell(strings.ToUpper(m.fleet.balancers[i].name), w)
	}
	cell("ROTATION", c.rotation)
	cell("VERSION", c.version)
	cell("HEALTH", c.health)
	step := "NOTE"
	if m.run.state.Seq > 0 {
		step = "STEP"
	}
	cell(step, c.step)
	if c.figure > 0 {
		p.Skip(2).Put(paint.Strong, "SESS").Skip(2).Put(paint.Strong, "REQ/S")
	}
	if c.errors > 0 {
		p.Skip(1).Put(paint.Strong, "ERRORS")
	}
	switch c.trend {
	case 0:
	case trendCells:
		p.Skip(1).Put(paint.Strong, "REQ/S 60 s")
	default:
		p.Skip(1).Put(paint.Strong, "TREND")
	}
	return p.End()
}

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
		role, doing := m.doing(s)
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
