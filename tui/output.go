package tui

import (
	"fmt"
	"time"

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
	if role, doing := m.doing(s); doing != "" {
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
	title := "output of all"
	switch m.source {
	case "out":
		title = "output of commands"
	case "lb":
		title = "what balancers were told"
	}
	if s.log.gone > 0 {
		title += fmt.Sprintf(", the last %d lines", s.log.size())
	}
	return title
}

// logLines draws n lines of what the server printed and what was done with it.
func (m *model) logLines(s *server, width, n int) []string {
	page := &m.pages[outputView]
	wanted := m.wanted(s)
	page.at(wanted.first, wanted.first+wanted.len(), n)
	var lines []string
	for i := page.top; i < min(page.top+n, page.end); i++ {
		p := m.pen.Begin(width)
		m.found(p, i)
		lines = append(lines, m.logLine(p, wanted.at(i)))
	}
	if len(lines) == 0 && n > 0 {
		lines = append(lines, m.pen.Begin(width).Put(paint.Quiet, " nothing yet").End())
	}
	return lines
}

func (m *model) logLine(p *paint.Pen, l line) string {
	role := paint.Plain
	switch l.source {
	case "lb":
		role = paint.Work
	case "rota":
		role = paint.Quiet
	}
	p.Put(paint.Quiet, l.at.In(m.now.Location()).Format(time.TimeOnly)).Skip(1).Cell(paint.Quiet, l.source, 5).Skip(1)
	at := 0
	for _, c := range l.colors {
		if c.At < at || c.At > len(l.text) {
			break // no gate lets that through
		}
		m.putFound(p, role, l.text[at:c.At])
		at, role = c.At, colorRole(c.SGR)
	}
	m.putFound(p, role, l.text[at:])
	return p.End()
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

// nextSource shows the output of another source.
func (m *model) nextSource() tea.Cmd {
	m.source = map[string]string{"": "out", "out": "lb", "lb": ""}[m.source]
	m.end()
	return nil
}
