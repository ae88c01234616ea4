package tui

import (
	"fmt"
	"strconv"
	"strings"

	"rota/lb"
	"rota/tui/paint"
)

// sideWidth is how many cells the left side has.
func sideWidth(width int) int { return (width - 3) / 2 }

// sidesLines draws the two sides beside each other in at most n lines: what each
// comes to, how the new version does where that is looked at, and the servers.
func (m *model) sidesLines(n int) []string {
	if !m.hasSides() {
		return []string{m.pen.Begin(m.width).Put(paint.Quiet, " "+m.notSides()).End()}
	}
	m.both = m.sides()
	both := &m.both
	lines := append(make([]string, 0, n), m.beside(func(p *paint.Pen, i int) { m.sideTitle(p, &both[i]) }))
	if n > 4 { // the servers go before their sum
		lines = append(lines, m.beside(func(p *paint.Pen, i int) { m.sideFigures(p, &both[i]) }))
	}
	if n > 8 {
		lines = append(lines, m.beside(func(p *paint.Pen, i int) { m.sideSeats(p, i) }))
	}
	compared := m.comparedLines()
	if room := n - len(lines) - 4; len(compared) > room {
		compared = compared[:max(room, 0)]
	}
	if len(compared) > 0 {
		lines = append(append(lines, m.edge(m.comparedTitle())), compared...)
	}
	if n > 6 {
		lines = append(lines, m.edge("servers"))
	}

	at, row := m.chosenIn()
	longest := max(len(both[0].rows), len(both[1].rows))
	m.sidesHead = len(lines)
	seen := max(n-len(lines), 1)
	m.sidesTop = min(m.sidesTop, row, longest-seen)
	m.sidesTop = max(m.sidesTop, row-seen+1, 0)
	for r := m.sidesTop; r < min(m.sidesTop+seen, longest); r++ {
		lines = append(lines, m.beside(func(p *paint.Pen, i int) {
			if r < len(both[i].rows) {
				m.sideRow(p, both[i].rows[r], at == i && row == r)
			}
		}))
	}
	return lines
}

// sidesWant tells how many lines the two sides take at most in this run, with so
// many servers: all of them may come to be on one side, but not in the other group.
func (m *model) sidesWant(servers int) int {
	const head, compared = 4, 8 // with the edges
	want := head
	if m.inTrial() || m.ladderAt() > 0 || m.run.state.Plan.Policy.MaxErrors != nil {
		want += compared
	}
	if m.byGroups() {
		var n [2]int
		for _, s := range m.fleet.servers {
			if s.turn >= 0 {
				n[s.turn]++
			}
		}
		servers = max(n[0], n[1])
	}
	return want + servers
}

// beside draws one line of both sides.
func (m *model) beside(draw func(p *paint.Pen, i int)) string {
	p := m.pen.Begin(m.width).Within(sideWidth(m.width), func(p *paint.Pen) { draw(p, 0) })
	p.Skip(1).Glyph(paint.Quiet, m.theme.Split)
	draw(p, 1)
	return p.End()
}

// sideTitle tells which side it is, what it runs, and what part of the traffic it gets.
func (m *model) sideTitle(p *paint.Pen, a *side) {
	l := a.look(&m.theme.Glyphs, p.Left() < 36)
	p.Skip(1).Fields(
		paint.F(0, a.role, strings.ToUpper(a.name)),
		paint.F(1, paint.Plain, strings.Join(a.runs, ", ")),
		paint.F(0, l.role, l.glyph+" "+l.word),
		paint.F(2, paint.Plain, percent(a.part)+" of the traffic"))
}

// look sums up where the servers of a side are.
func (a *side) look(g *paint.Glyphs, brief bool) look {
	in, out := "in rotation", "out of rotation"
	if brief {
		in, out = "in", "out"
	}
	switch {
	case a.all == 0:
		return look{g.Waiting, "none", paint.Quiet}
	case a.states[lb.In] == a.all:
		return look{g.In, in, paint.Good}
	case a.states[lb.Out] == a.all:
		return look{g.Out, out, paint.Quiet}
	case a.states[lb.Unknown] == a.all:
		return look{g.Unknown, "unknown", paint.Ask}
	}
	return look{g.Draining, fmt.Sprintf("%d of %d in", a.states[lb.In], a.all), paint.Warn}
}

// sideFigures tells how many are healthy, and what they carry.
func (m *model) sideFigures(p *paint.Pen, a *side) {
	healthy := paint.F(0, paint.Good, count(a.all, "server")+" healthy")
	switch {
	case a.all == 0:
		healthy = paint.F(0, paint.Quiet, "no servers")
	case a.sick > 0:
		healthy = paint.F(0, paint.Bad, fmt.Sprintf("%d of %d not healthy", a.sick, a.all))
	}
	fields := []paint.Field{healthy}
	if a.rate >= 0 {
		fields = append(fields, paint.F(1, paint.Plain, strconv.Itoa(a.rate)+" requests/s"))
	}
	if a.sessions >= 0 {
		fields = append(fields, paint.F(3, paint.Quiet, count(a.sessions, "session")))
	}
	if a.errors >= 0 {
		role := paint.Quiet
		if a.errors > 0 {
			role = paint.Bad
		}
		fields = append(fields, paint.F(2, role, strconv.FormatInt(a.errors, 10)+" errors"))
	}
	p.Skip(1).Fields(fields...)
}

// sideSeats tells for each balancer how many servers of a side are in which state.
func (m *model) sideSeats(p *paint.Pen, side int) {
	fields := make([]paint.Field, 0, len(m.fleet.balancers))
	for i, b := range m.fleet.balancers {
		var n [lb.Mixed + 1]int
		for _, s := range m.fleet.servers {
			if s.seats[i].behind && m.sideOf(s) == side {
				n[s.seats[i].state]++
			}
		}
		f := paint.F(i, paint.Quiet, b.name)
		for state, n := range n {
			if n > 0 {
				l := stateLook(lb.State(state), &m.theme.Glyphs)
				f.More = append(f.More, paint.Span{Text: " "}, paint.Span{Role: l.role, Text: l.glyph},
					paint.Span{Text: " "}, paint.Span{Role: l.role, Text: strconv.Itoa(n)},
					paint.Span{Text: " "}, paint.Span{Role: l.role, Text: l.word})
			}
		}
		fields = append(fields, f)
	}
	p.Skip(1).Fields(fields...)
}

// sideRow draws one server.
func (m *model) sideRow(p *paint.Pen, s *server, chosen bool) {
	cursor, role := " ", paint.Plain
	if chosen {
		cursor, role = m.theme.Cursor, paint.Chosen
	}
	mark := " "
	if s.marked {
		mark = m.theme.Mark
	}
	name := max(min(p.Left()/3, 20), 13)
	p.Put(paint.Plain, cursor).Put(paint.Ask, mark).Cell(role, s.Name, name).Skip(1)
	l := m.stateOf(s)
	p.Glyph(l.role, l.glyph).Skip(1).Cell(l.role, l.word, 10)
	const room = 10
	if p.Left() < room {
		return
	}
	l = stateLook(s.rotation, &m.theme.Glyphs)
	p.Glyph(l.role, l.glyph).Skip(1).Cell(l.role, l.word, room-2)
	if p.Left() < room {
		return
	}
	if p.Left() >= 30 {
		p.Cell(m.versionRole(s), s.runs(), 8).Skip(1)
	}
	if role, words := m.doing(s, p.Left()); words != "" && (!s.atRest || role != paint.Quiet) {
		p.Put(role, words)
		return
	}
	carries(p, s)
}

// carries tells what a server has to do, as far as there is room.
func carries(p *paint.Pen, s *server) {
	sessions, rate := s.figures()
	errors := s.failures()
	put := func(role paint.Role, n int64, word string) {
		const digits = 5
		if n >= 0 && p.Left() >= digits+len(word) {
			p.Number(role, n, digits).Put(role, word)
		}
	}
	put(paint.Quiet, int64(rate), " req/s")
	if errors > 0 {
		put(paint.Bad, errors, " errors")
	}
	put(paint.Quiet, int64(sessions), " sess")
}

// sidesPosition tells which servers are seen.
func (m *model) sidesPosition() string {
	both := &m.both
	shown, all := len(both[0].rows)+len(both[1].rows), both[0].all+both[1].all
	s := fmt.Sprintf("%d + %s", len(both[0].rows), count(len(both[1].rows), "server"))
	if shown != all {
		s += fmt.Sprintf(" that match, of %d", all)
	}
	if beside := len(m.fleet.servers) - all; beside > 0 {
		s += fmt.Sprintf(", %d beside them", beside)
	}
	return join(", ", s, m.marks())
}
