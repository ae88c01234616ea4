package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/internal/text"
	"rota/tui/paint"
)

// secret is the panel for a passphrase or a password that somebody waits for.
type secret struct {
	title  string
	notes  []string // what was wrong with the last one
	input  input
	giving bool // up, which waits for its yes
	folded bool
	ask    *ask
	quiet  patience
	sheet
}

// newSecret makes it. The last line of what is asked says which secret it is.
func newSecret(a *ask) *secret {
	lines := strings.Split(a.secret, "\n")
	for i := range lines {
		lines[i] = text.Clean(lines[i])
	}
	last := len(lines) - 1
	return &secret{title: lines[last], notes: lines[:last], input: input{raw: true}, ask: a}
}

func (s *secret) patience() *patience { return &s.quiet }

// typing says whether keys are part of the secret.
func (s *secret) typing() bool { return !s.folded && !s.giving && s.quiet.live }

// key takes no key that nobody could have meant for it: not while it is folded,
// and none of those that look elsewhere.
func (s *secret) key(m *model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	name := k.String()
	switch {
	case s.folded && name == "tab":
		s.folded = false
		return s.quiet.begin(m), true
	case s.folded || !s.quiet.look(m.now):
		return nil, false
	case name == "tab":
		s.folded = true
		return nil, true
	case s.giving:
		return s.keyYes(m, pressed(k))
	}
	switch name {
	case "up", "down", "pgup", "pgdown", "ctrl+c", "ctrl+l", "ctrl+z":
		return nil, false
	case "esc":
		s.giving = true
		return s.quiet.begin(m), true
	case "enter":
		if s.input.value() == "" {
			return m.say(paint.Warn, "type it first; esc gives it up"), true
		}
		s.ask.reply <- s.input.value()
		m.answered(s.ask)
		return nil, true
	}
	s.input.key(k)
	return nil, true
}

func (s *secret) keyYes(m *model, press press) (tea.Cmd, bool) {
	switch press {
	case "y":
		close(s.ask.reply)
		m.run.log.push(entry{at: m.now, role: paint.Warn, glyph: m.theme.Alert, text: "not given: " + s.title})
		m.answered(s.ask)
		return m.say(paint.Warn, "not given; r asks for it again"), true
	case "n", "esc", "N":
		s.giving = false
		return s.quiet.begin(m), true
	}
	return nil, false
}

func (s *secret) head(*model) head {
	h := head{paint.Ask, s.title, ""}
	if s.folded {
		h.note = "tab opens"
	}
	return h
}

// draw shows what is typed, and above it what to know: which secret it is first.
func (s *secret) draw(m *model, most int) ([]string, *tea.Cursor) {
	if s.folded {
		s.fill(0, 0)
		return nil, nil
	}
	end, cursor := s.end(m)
	var parts []passage
	if _, whole := s.head(m).shown(m.theme, m.width); !whole {
		parts = append(parts, m.paragraph(paint.Ask, s.title))
	}
	for _, n := range s.notes {
		parts = append(parts, m.paragraph(paint.Warn, n))
	}
	var lines []string
	if lineCount(parts)+len(end) <= most {
		lines = s.all(parts)
	} else {
		order := make([]int, len(parts))
		for i := range order {
			order[i] = i
		}
		lines = s.best(parts, order, max(most-len(end)-1, 0))
		more := m.theme.Ellipsis + " " + count(s.total-s.room, "more line") + ": a larger screen shows them"
		lines = append(lines, m.pen.Begin(m.width).Skip(1).Put(paint.Quiet, more).End())
	}
	if cursor != nil {
		cursor.Y = len(lines)
	}
	return append(lines, end...), cursor
}

// end draws what is typed, a star for each character, or the question for a yes.
func (s *secret) end(m *model) ([]string, *tea.Cursor) {
	switch {
	case !s.quiet.live:
		return m.paragraph(paint.Quiet, oneMoment), nil
	case s.giving:
		yes := m.pen.Begin(m.width).Skip(1).Put(paint.Strong, "y").Put(paint.Plain, " yes   ").Put(paint.Strong, "n").Put(paint.Plain, " no").End()
		return append(m.paragraph(paint.Strong, "give it up: whatever needs it fails, until it is asked for again?"), yes), nil
	}
	const label = " type it: "
	stars := strings.Repeat("*", len(s.input.runes))
	first := m.pen.Begin(m.width).Put(paint.Strong, label).Put(paint.Plain, stars).End()
	hint := m.paragraph(paint.Quiet, join("; ", "enter gives it   esc gives it up   tab folds this", m.more()))
	return append([]string{first}, hint...), tea.NewCursor(min(len(label)+s.input.at, m.width-1), 0)
}
