package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
	"rota/tui/paint"
)

// output draws one server: where it stands, its steps, and what it printed.
func (m *model) output(n int) []string {
	s := m.table.selected()
	if s == nil {
		return []string{m.pen.Begin(m.width).Put(paint.Quiet, " no server is chosen").End()}
	}
	lines := m.detailHead(s)
	steps := s.stepLooks(&m.theme.Glyphs)
	if m.width < wide {
		if len(steps) > 0 {
			lines = append(lines, m.stepRow(steps))
		}
		lines = append(lines, m.edge(m.logTitle(s)))
		return append(lines, m.logLines(s, m.width, max(n-len(lines), 0))...)
	}
	left := m.width / 3
	lines = append(lines, m.edge(m.logTitle(s)))
	room := max(n-len(lines), 0)
	logs := m.logLines(s, m.width-left-3, room)
	first := max(len(steps)-room, 0)
	for i := range room {
		p := m.pen.Begin(left)
		if i+first < len(steps) {
			m.putStep(p, steps[i+first])
		}
		line := p.Skip(p.Left()).End()
		line += m.pen.Begin(3).Skip(1).Glyph(paint.Quiet, m.theme.Split).End()
		if i < len(logs) {
			line += logs[i]
		}
		lines = append(lines, line)
	}
	return lines
}

// detailHead draws where the server stands in the run and at each balancer.
func (m *model) detailHead(s *server) []string {
	g := &m.theme.Glyphs
	l := m.stateOf(s)
	p := m.pen.Begin(m.width).Skip(1)
	fields := []paint.Field{paint.F(0, paint.Strong, s.Name), paint.F(0, l.role, l.glyph+" "+l.word)}
	if s.run != nil {
		fields = append(fields, paint.F(2, paint.Quiet, fmt.Sprintf("batch %d", s.run.Batch)))
	}
	if s.Group != "" {
		fields = append(fields, paint.F(4, paint.Quiet, s.Group))
	}
	versions := s.runs()
	if s.target != nil && s.target.To != "" && s.target.To != versions {
		versions = join(" "+g.Arrow+" ", versions, s.target.To)
	}
	fields = append(fields, paint.F(1, m.versionRole(s), versions))
	if role, doing := m.doing(s, m.width); doing != "" && (s.run == nil || doing != fmt.Sprintf("batch %d", s.run.Batch)) {
		fields = append(fields, paint.F(3, role, join(" ", doing, m.lasts(s))))
	}
	lines := []string{p.Fields(fields...).End()}

	p = m.pen.Begin(m.width).Skip(1)
	fields = nil
	for i, seat := range s.seats {
		if !seat.behind {
			continue
		}
		l := m.seatLook(s, i)
		text := m.fleet.balancers[i].name + " " + l.glyph + " " + l.word
		if seat.weight >= 0 && m.width >= wide {
			text += fmt.Sprintf(", weight %d", seat.weight)
		}
		if seat.sessions >= 0 && m.width >= medium {
			text += ", " + count(seat.sessions, "session")
		}
		if seat.rate >= 0 && m.width >= wide {
			text += fmt.Sprintf(", %d requests/s", seat.rate)
		}
		fields = append(fields, paint.F(i, l.role, text))
	}
	if len(fields) == 0 {
		fields = append(fields, paint.F(0, paint.Quiet, "behind no balancer"))
	}
	return append(lines, p.Fields(fields...).End())
}

// stepLook is one step, done, running or to come.
type stepLook struct {
	look
	step step
}

// stepLooks lists the steps that have begun, and then those of the server's own
// that are still to come.
func (s *server) stepLooks(g *paint.Glyphs) []stepLook {
	var all []stepLook
	begun := map[rollout.StepID]bool{}
	for _, st := range s.steps {
		begun[st.id] = true
		l := look{g.Running, "runs", paint.Work}
		switch {
		case st.unknown:
			l = look{g.Unknown, "unknown", paint.Ask}
		case st.err != "":
			l = look{g.Failed, "failed", paint.Bad}
		case st.ended:
			l = look{g.Done, "done", paint.Good}
		}
		all = append(all, stepLook{l, st})
	}
	if s.target == nil || s.run == nil || s.run.Phase.Settled() {
		return all
	}
	for _, a := range s.target.Steps {
		if !begun[a.ID] {
			all = append(all, stepLook{look{g.Waiting, "to come", paint.Quiet}, step{id: a.ID, text: a.Words()}})
		}
	}
	return all
}

func (m *model) putStep(p *paint.Pen, s stepLook) {
	took := ""
	switch {
	case s.step.ended:
		took = short(s.step.took)
	case !s.step.begun.IsZero():
		took = seconds(m.now.Sub(s.step.begun))
	}
	what := s.step.text
	if what == "" {
		what = string(s.step.id)
	}
	if s.step.attempt > 1 {
		what += fmt.Sprintf(" (try %d)", s.step.attempt)
	}
	p.Skip(1).Glyph(s.role, s.glyph).Skip(1)
	p.Cell(s.role, what, p.Left()-len(took)-1).Skip(1).Put(paint.Quiet, took)
}

// stepRow draws the steps in one line: a sign each, and the newest in words.
func (m *model) stepRow(steps []stepLook) string {
	p := m.pen.Begin(m.width).Skip(1)
	now := 0
	for i, s := range steps {
		if !s.step.begun.IsZero() {
			now = i
		}
	}
	for i := max(now-9, 0); i < min(max(now-9, 0)+12, len(steps)); i++ {
		p.Put(steps[i].role, steps[i].glyph)
	}
	m.putStep(p, steps[now])
	return p.End()
}

func (m *model) logTitle(s *server) string {
	title := "all that was done, told and printed"
	switch m.source {
	case "out":
		title = "output of commands"
	case "lb":
		title = "what balancers were told, and said"
	}
	if s.log.gone > 0 {
		title += fmt.Sprintf(", the last %d lines", s.log.size())
	}
	return title
}

// neighbour shows the output of another server: n rows further in the table.
func neighbour(n int) func(*model) tea.Cmd {
	return func(m *model) tea.Cmd {
		m.table.move(n)
		m.show(outputView)
		return nil
	}
}

// nextSource shows the output of another source.
func (m *model) nextSource() tea.Cmd {
	m.source = map[string]string{"": "out", "out": "lb", "lb": ""}[m.source]
	m.search.at = -1
	m.end()
	return nil
}
