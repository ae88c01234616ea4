package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/internal/text"
	"rota/rollout"
	"rota/tui/paint"
)

// dialog is a panel that puts choices: a question of the run, or an act that a
// person has asked for and that wants a yes.
type dialog struct {
	title   string
	role    paint.Role
	facts   []string
	output  []string // the last lines that a failed step printed
	byHand  []string // hand commands from here to a safe state
	showing bool     // those are shown instead of the evidence
	choices []choice
	chosen  *choice // waits for its yes
	act     bool    // a person has opened it: esc closes it
	leaves  bool    // ctrl+c once more is a yes
	starts  bool    // a yes starts something
	during  bool    // means nothing any more when the run has ended
	folded  bool
	ask     *ask // who waits for the answer, or nil

	name  string // of the app, to be typed in full for the widest acts
	input input
	quiet patience
}

// choice is one of them, and what taking it does.
type choice struct {
	rollout.Choice
	take func(m *model) tea.Cmd
}

// trustQuestion asks whether to go on with what is told in the lines of s.
func trustQuestion(s string) rollout.Question {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return rollout.Question{
		Text: lines[0], Facts: lines[1:],
		Choices: []rollout.Choice{
			{Key: "T", Word: rollout.Continue, Then: "trust it and go on"},
			{Key: "N", Word: rollout.No, Then: "do nothing"},
		},
	}
}

// newDialog makes the panel of a question that somebody waits for.
func newDialog(a *ask) *dialog {
	q := a.question
	d := &dialog{title: q.Text, role: paint.Ask, facts: q.Facts, output: q.Output, byHand: q.ByHand, name: q.TypeName, ask: a}
	if a.trouble() {
		d.role = paint.Bad
	}
	for _, c := range q.Choices {
		d.choices = append(d.choices, choice{c, func(m *model) tea.Cmd {
			a.reply <- c.Word
			return m.answered(a)
		}})
	}
	return d
}

// newNotice makes a panel that only tells, until it has been read.
func newNotice(title string, lines []string) *dialog {
	return &dialog{title: title, role: paint.Bad, facts: lines, act: true}
}

// newAct makes the panel that asks for a yes before something is done.
func newAct(title, then string, facts []string, take func(m *model) tea.Cmd) *dialog {
	c := choice{rollout.Choice{Word: title, Then: then}, take}
	return &dialog{title: title, role: paint.Ask, facts: facts, choices: []choice{c}, chosen: &c, act: true}
}

func (d *dialog) patience() *patience { return &d.quiet }

func (d *dialog) typing() bool { return d.chosen != nil && d.chosen.Wide && d.name != "" }

// key takes the keys of the choices, and then that of the yes.
func (d *dialog) key(m *model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	press := pressed(k)
	switch {
	case d.folded:
		if press == "tab" || d.find(string(press)) != nil {
			d.folded = false
			return d.quiet.begin(m), true
		}
		return nil, false
	case press == "tab" && !d.act:
		d.folded = true
		return nil, true
	case d.typing():
		return d.keyTyped(m, k)
	case d.chosen != nil:
		return d.keyYes(m, press)
	}
	c := d.find(string(press))
	switch {
	case press == "b" && len(d.byHand) > 0:
		d.showing = !d.showing
		return nil, true
	case press == "esc" && d.act:
		return d.back(m), true
	case press == "esc":
		d.folded = true
		return nil, true
	case c == nil:
		return nil, false
	case m.cfg.ReadOnly && d.ask != nil && d.ask.question.Kind != "":
		return m.say(paint.Warn, "this screen is read-only: it cannot answer"), true
	case !d.quiet.look(m.now):
		return m.say(paint.Quiet, "one moment: the keys are live 0.4 s after the last one"), true
	}
	d.chosen = c
	if d.typing() {
		d.input = input{}
		return nil, true
	}
	return d.quiet.begin(m), true
}

func (d *dialog) keyYes(m *model, press press) (tea.Cmd, bool) {
	switch press {
	case "ctrl+c":
		if d.leaves && (m.stops == 0 || d.quiet.look(m.now)) {
			return d.chosen.take(m), true
		}
		return nil, d.leaves
	case "y":
		if !d.quiet.look(m.now) {
			return m.say(paint.Quiet, "one moment: y is live 0.4 s after the last key"), true
		}
		return d.chosen.take(m), true
	case "n", "esc", "N":
		return d.back(m), true
	}
	return nil, false
}

func (d *dialog) keyTyped(m *model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	switch k.String() {
	case "esc":
		return d.back(m), true
	case "enter":
		if d.input.value() == d.name {
			return d.chosen.take(m), true
		}
		return m.say(paint.Warn, "that is not "+d.name+"; nothing was done"), true
	}
	d.input.key(k)
	return nil, true
}

// back goes back to the choices, or closes what has none.
func (d *dialog) back(m *model) tea.Cmd {
	if d.act {
		m.front = nil
		return nil
	}
	d.chosen = nil
	return d.quiet.begin(m)
}

func (d *dialog) find(key string) *choice {
	for i := range d.choices {
		if d.choices[i].Key == key {
			return &d.choices[i]
		}
	}
	return nil
}

// draw shows what must be seen first: the title and the choices; then as much
// of the evidence as there is room for.
func (d *dialog) draw(m *model, most int) ([]string, *tea.Cursor) {
	if d.folded {
		return []string{rule(m.pen, m.width, d.role, d.title+" (tab opens)")}, nil
	}
	end, cursor := d.end(m, most-1)
	lines := d.around(m, most, end)
	if cursor != nil {
		cursor.Y += len(lines) - len(end)
	}
	return lines, cursor
}

// around puts the title and as much of the evidence as there is room for above
// the last lines.
func (d *dialog) around(m *model, most int, end []string) []string {
	p := m.pen
	lines := []string{rule(p, m.width, d.role, d.title)}
	room := max(most-1-len(end), 0)
	var facts []string
	evidence, last := d.facts, d.output
	if d.showing {
		evidence, last = append([]string{"by hand, where rota cannot go on; mend and check the server first:"}, d.byHand...), nil
	}
	for _, f := range evidence {
		facts = append(facts, wrap(f, m.width-2)...)
	}
	kept := min(len(facts), max(room/2, 1)) // of the facts, where not all has room
	output := last[max(len(last)-max(room-kept, 0), 0):]
	facts = facts[:min(len(facts), max(room-len(output), 0))]
	for _, f := range facts {
		lines = append(lines, p.Begin(m.width).Skip(1).Put(paint.Plain, f).End())
	}
	for _, o := range output {
		lines = append(lines, p.Begin(m.width).Skip(3).Put(paint.Quiet, m.theme.Quote+" ").Put(paint.Plain, o).End())
	}
	return append(lines, end...)
}

// end draws the choices, or the question for a yes.
func (d *dialog) end(m *model, most int) ([]string, *tea.Cursor) {
	p := m.pen
	switch {
	case d.typing():
		label := " Type " + d.name + " to " + d.chosen.Word + ": "
		value := d.input.value()
		p.Begin(m.width).Put(paint.Strong, label).Put(paint.Plain, value)
		line := p.End()
		p.Begin(m.width).Put(paint.Quiet, " enter works only when it matches; esc goes back, nothing is done")
		return []string{d.then(m), line, p.End()}, inputCursor(m, label, d.input)
	case d.chosen != nil:
		p.Begin(m.width).Skip(1)
		if d.quiet.live {
			p.Put(paint.Strong, "y").Put(paint.Plain, " yes   ").Put(paint.Strong, "n").Put(paint.Plain, " no")
		} else {
			p.Put(paint.Quiet, "one moment")
		}
		yes := p.End()
		return []string{d.then(m), yes}, nil
	}
	if len(d.choices) == 0 {
		return []string{p.Begin(m.width).Put(paint.Quiet, " esc closes").End()}, nil
	}
	word := 0
	for _, c := range d.choices {
		word = max(word, text.Width(c.Word))
	}
	var lines []string
	for _, c := range d.choices {
		p.Begin(m.width).Skip(3)
		d.putKey(p, c.Key)
		lines = append(lines, p.Skip(1).Cell(paint.Strong, c.Word, word+2).Put(paint.Plain, c.Then).End())
	}
	if len(lines) > most {
		p.Begin(m.width)
		for _, c := range d.choices {
			d.putKey(p.Skip(1), c.Key)
			p.Put(paint.Plain, " "+c.Word)
		}
		lines = []string{p.End()}
	}
	if len(lines) < most {
		hint := " nothing happens until you choose; each asks once more"
		switch {
		case d.showing:
			hint += "; b shows the evidence"
		case len(d.byHand) > 0:
			hint += "; b shows how to go on by hand"
		}
		lines = append(lines, p.Begin(m.width).Put(paint.Quiet, hint).End())
	}
	return lines, nil
}

func (d *dialog) then(m *model) string {
	p := m.pen.Begin(m.width).Skip(1)
	if d.act {
		return p.Put(paint.Strong, d.chosen.Then).End()
	}
	return p.Put(paint.Strong, d.chosen.Word+": ").Put(paint.Plain, d.chosen.Then+"?").End()
}

func (d *dialog) putKey(p *paint.Pen, key string) {
	if d.quiet.live {
		p.Put(paint.Ask, key)
	} else {
		p.Put(paint.Quiet, p.Theme().Waiting)
	}
}
