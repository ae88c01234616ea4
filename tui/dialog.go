package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
	"rota/tui/paint"
)

// dialog is a panel that puts choices: a question of the run, or an act that a
// person has asked for and that wants a yes.
type dialog struct {
	title     string
	role      paint.Role
	facts     []string
	output    []string // the last lines that a failed step printed
	byHand    []string // hand commands from here to a safe state
	showing   bool     // those are shown instead of the evidence
	whole     bool     // nothing but a no is taken before all of it was shown
	lastFirst bool     // its last facts matter most
	note      string   // more about the title
	again     string   // the key that has opened it closes it, too
	choices   []choice
	chosen    *choice // waits for its yes
	act       bool    // a person has opened it: esc closes it
	leaves    bool    // ctrl+c once more is a yes
	starts    bool    // a yes starts something
	unready   string  // why there is no yes to give
	told      bool    // nobody has opened it: questions go before it
	past      bool    // it was answered long ago
	during    bool    // means nothing any more when the run has ended
	folded    bool
	ask       *ask // who waits for the answer, or nil

	name  string // of the app, to be typed in full for the widest acts
	input input
	quiet patience
	sheet
}

// choice is one of them, and what taking it does.
type choice struct {
	rollout.Choice
	take func(m *model) tea.Cmd
}

// newDialog makes the panel of a question that somebody waits for.
func newDialog(a *ask) *dialog {
	q := a.question
	d := &dialog{title: q.Text, role: paint.Ask, facts: q.Facts, output: q.Output, byHand: q.ByHand, name: q.TypeName, ask: a}
	if a.trouble() {
		d.role = paint.Bad
	}
	d.lastFirst = q.Kind == rollout.AskGate
	for _, c := range q.Choices {
		d.choices = append(d.choices, choice{c, func(m *model) tea.Cmd {
			a.reply <- c.Word
			m.answered(a)
			return nil
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
	case press == "esc" && d.chosen != nil:
		return d.back(m), true
	case d.sheet.key(press):
		return nil, true
	case d.chosen != nil:
		return d.keyYes(m, press)
	}
	c := d.find(string(press))
	switch {
	case press == "b" && len(d.byHand) > 0:
		d.showing, d.top = !d.showing, 0
		return nil, true
	case d.act && (press == "esc" || string(press) == d.again):
		return d.back(m), true
	case press == "y" && d.unready != "":
		return m.say(paint.Warn, d.unready), true
	case press == "esc" && (m.view != serversView || m.clears()):
		return nil, false // it leads back first
	case press == "esc":
		d.folded = true
		return nil, true
	case c == nil && d.find(strings.ToUpper(string(press))) != nil && !m.means(press):
		return m.say(paint.Warn, strings.ToUpper(string(press))+", upper case"), true
	case c == nil:
		return nil, false
	case !d.quiet.look(m.now):
		return m.say(paint.Quiet, "one moment: the keys are live 0.4 s after the last one"), true
	}
	return d.choose(m, c), true
}

// choose has a choice wait for its yes. One that does nothing waits for none.
func (d *dialog) choose(m *model, c *choice) tea.Cmd {
	switch {
	case d.closed(m):
		return m.say(paint.Warn, "this screen is read-only: it cannot answer")
	case c.Word == rollout.No:
		return c.take(m)
	case d.whole && !d.read:
		return m.say(paint.Warn, "not all of it was shown yet: e shows more")
	}
	d.chosen = c
	d.input = input{}
	return d.quiet.begin(m)
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
	case "n", "N":
		return d.back(m), true
	case "enter":
		return m.say(paint.Warn, "y or n: enter answers nothing"), true
	}
	return nil, false
}

func (d *dialog) keyTyped(m *model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	switch k.String() {
	case "ctrl+c":
		return nil, false
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
		if d.starts {
			m.proposed = nil
		}
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

// offers reports whether one of its choices has a word.
func (d *dialog) offers(word string) bool {
	return slices.ContainsFunc(d.choices, func(c choice) bool { return c.Word == word })
}
