package tui

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"rota/internal/text"
	"rota/rollout"
	"rota/tui/paint"
)

// entry is one event in words.
type entry struct {
	at     time.Time
	role   paint.Role
	glyph  string
	server string
	text   string
}

// tell puts an event into words. Figures and output have none: they are shown elsewhere.
func (r *run) tell(e rollout.Event, g *paint.Glyphs) entry {
	t := r.describe(e, g)
	t.text = text.After(t.server, t.text) // the name stands beside it
	return t
}

func (r *run) describe(e rollout.Event, g *paint.Glyphs) entry {
	t := entry{at: e.Time, role: paint.Quiet, glyph: g.Waiting, server: e.Server, text: e.Text}
	if t.server == "" && len(e.Servers) == 1 {
		t.server = e.Servers[0]
	}
	say := func(role paint.Role, glyph, text string) {
		t.role, t.glyph = role, glyph
		if t.text == "" {
			t.text = text
		}
	}
	switch e.Kind {
	case rollout.Output, rollout.Sampled:
		return entry{}
	case rollout.RunBegun:
		say(paint.Work, g.Running, "run "+e.Run+" has begun")
	case rollout.Resumed:
		say(paint.Work, g.Running, "the run goes on")
	case rollout.StepBegun:
		say(paint.Quiet, g.Waiting, string(e.Step))
		if e.Attempt > 1 {
			t.text += fmt.Sprintf(" (try %d)", e.Attempt)
		}
	case rollout.StepEnded:
		what := cmp.Or(r.words[e.Step], string(e.Step))
		switch {
		case e.Error != "":
			say(paint.Bad, g.Failed, "")
			t.text = "failed: " + join(": ", what, e.Error)
		case e.Text != "": // how it ended instead
			say(paint.Quiet, g.Skipped, "")
			t.text = e.Text + ": " + what
		default:
			say(paint.Quiet, g.Done, "done: "+what)
		}
		if e.ElapsedMS >= 100 {
			t.text += ", after " + short(time.Duration(e.ElapsedMS)*time.Millisecond)
		}
	case rollout.Moved:
		look := phaseLook(rollout.Phase(e.State), g)
		say(look.role, look.glyph, look.word)
		if e.Error != "" && !strings.Contains(t.text, e.Error) {
			t.text = join(": ", t.text, e.Error)
		}
	case rollout.Observed:
		say(paint.Quiet, g.In, e.Balancer+" says "+e.State)
	case rollout.Probed:
		if e.Text == "" {
			return entry{}
		}
		say(paint.Bad, g.Alert, "")
	case rollout.Missed:
		say(paint.Bad, g.Alert, "a request was lost")
		if l := e.Lost; l != nil { // in few words, the most telling first
			t.text = fmt.Sprintf("lost through %s, while %s: %s", cmp.Or(l.Balancer, l.Address), strings.Join(l.During, ", "), l.Reason)
		}
	case rollout.Weighed:
		if e.State != rollout.WeightsRestored { // the step tells of those that are asked for
			return entry{}
		}
		say(paint.Quiet, g.Done, "the weights on "+e.Balancer+" are as they were found")
	case rollout.Compared:
		if e.Error != "" {
			say(paint.Bad, g.Alert, "")
		}
	case rollout.Found:
		say(paint.Quiet, g.Done, "runs "+e.Version)
	case rollout.Booted:
		say(paint.Quiet, g.Done, "up since boot "+e.State)
	case rollout.Disturbed:
		say(paint.Ask, g.Alert, "was changed at "+e.Balancer+" by somebody else")
	case rollout.Asked:
		say(paint.Ask, g.Held, "a question")
		if e.Text == "" && e.Question != nil {
			t.text = e.Question.Text
		}
	case rollout.Answered:
		say(paint.Ask, g.Done, "")
		t.text = join(", ", "answer: "+e.State, e.Text)
	case rollout.Reversed:
		say(paint.Ask, g.Back, "rolling back")
	case rollout.RunEnded:
		look := outcomeLook(rollout.Outcome(e.State), g)
		say(look.role, look.glyph, "the run has ended: "+e.State)
	case rollout.Noted:
		if e.Error != "" {
			say(paint.Warn, g.Alert, "")
			t.text = join(": ", t.text, e.Error)
		}
	}
	return t
}

// events draws the events in words.
func (m *model) events(n int) []string {
	p := &m.pages[eventsView]
	p.at(m.run.log.gone, m.run.log.end(), n)
	var lines []string
	for i := p.top; i < min(p.top+n, p.end); i++ {
		p := m.pen.Begin(m.width)
		m.found(p, i)
		lines = append(lines, m.entry(p, m.run.log.at(i)))
	}
	if len(lines) == 0 {
		lines = append(lines, m.pen.Begin(m.width).Put(paint.Quiet, " nothing has happened yet").End())
	}
	return lines
}

// words is the entry without its time, as it is shown.
func (e entry) words() string { return join(" ", e.server, e.text) }

func (m *model) entry(p *paint.Pen, e entry) string {
	p.Put(paint.Quiet, e.at.In(m.now.Location()).Format(time.TimeOnly)).Skip(1).Glyph(e.role, e.glyph).Skip(1)
	if e.server != "" {
		m.putFound(p, paint.Strong, e.server)
		p.Skip(1)
	}
	role := paint.Plain
	if e.role == paint.Bad {
		role = e.role
	}
	m.putFound(p, role, e.text)
	return p.End()
}

// newest draws the newest events in n lines, and leaves those empty that there
// are no events for yet: what stands above does not move when they come.
func (m *model) newest(n int) []string {
	log := &m.run.log
	lines := make([]string, 0, n)
	for i := max(log.end()-n, log.gone); i < log.end(); i++ {
		lines = append(lines, m.entry(m.pen.Begin(m.width).Skip(1), log.at(i)))
	}
	return append(lines, make([]string, n-len(lines))...)
}
