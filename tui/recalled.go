package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/internal/text"
	"rota/rollout"
	"rota/tui/paint"
)

// lingering is how long a question is shown after it was answered: where a
// policy did that, nobody could read it. Whoever plays fast wants to see the
// table: from the speed fast on it is shown no longer than it takes to notice it.
const (
	lingering = 3 * time.Second
	fast      = 5
	noticing  = time.Second
)

// recalled is a question of the run that is played, with the answer that it got.
// It takes no answer.
type recalled struct {
	*dialog
	answer *rollout.Event // nil: the journal has none
	after  time.Duration
}

// recall shows the question of an event.
func (r *replay) recall(i int) {
	if r.events[i].Question == nil {
		return
	}
	r.asked = i
	r.recalled = recalled{dialog: newDialog(&ask{question: *r.events[i].Question})}
	r.recalled.past = true
	for _, e := range r.events[i+1:] {
		switch e.Kind {
		case rollout.Answered:
			r.recalled.answer, r.recalled.after = &e, e.Time.Sub(r.events[i].Time)
			return
		case rollout.Asked, rollout.Resumed, rollout.RunEnded:
			return
		default:
		}
	}
}

// answered says until when the question that was answered now is shown.
func (r *replay) answered(now time.Time) {
	r.lingers = now.Add(lingering)
	if r.speed >= fast {
		r.lingers = r.shown.Add(noticing)
	}
}

// asks is the question that the run waits for an answer to.
func (r *replay) asks(m *model) *ask {
	if q := m.run.state.Question; q != nil {
		return &ask{question: *q}
	}
	return &ask{}
}

// question is the panel of the question that is open, or was until just now.
func (r *replay) question(m *model) panel {
	if r.asked < 0 || m.run.state.Question == nil && !r.paused && m.wall.After(r.lingers) {
		return nil
	}
	return r.recalled
}

func (r recalled) patience() *patience { return nil }

func (r recalled) key(m *model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	press := pressed(k)
	switch {
	case press == "tab":
		r.folded = !r.folded
		return nil, true
	case r.sheet.key(press):
		return nil, true
	case r.find(string(press)) != nil:
		return m.say(paint.Warn, "this is a replay: it takes no answer"), true
	}
	return nil, false
}

func (r recalled) head(m *model) head {
	h := r.dialog.head(m)
	if r.folded {
		h.note = "tab opens"
	}
	return h
}

func (r recalled) draw(m *model, most int) ([]string, *tea.Cursor) {
	if r.folded {
		return r.dialog.draw(m, most)
	}
	said := "nobody has answered"
	given := ""
	if r.answer != nil {
		given = r.answer.State
		said = join(", ", "answered: "+given, r.answer.Text, "after "+short(r.after))
	}
	var end []string
	word := 0
	for _, c := range r.choices {
		word = max(word, text.Width(c.Word))
	}
	for _, c := range r.choices {
		role, glyph := paint.Quiet, " "
		if c.Word == given {
			role, glyph = paint.Strong, m.theme.Cursor
		}
		end = append(end, m.item(func(p *paint.Pen) {
			p.Skip(1).Put(paint.Ask, glyph).Skip(1).Put(role, c.Key+" ").Cell(role, c.Word, word+2)
		}, paint.Quiet, c.Then)...)
	}
	last := m.paragraph(paint.Ask, said)
	if len(end)+len(last) > most-leastEvidence {
		return r.lay(m, most, last, end), nil
	}
	return r.lay(m, most, append(end, last...), nil), nil
}
