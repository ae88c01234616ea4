package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
	"rota/tui/paint"
)

// trustQuestion asks whether to trust what is told in the lines of s: the first
// one is the question.
func trustQuestion(s string) rollout.Question {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return rollout.Question{
		Text: lines[0], Facts: lines[1:],
		Choices: []rollout.Choice{
			{Key: "T", Word: trusted, Then: "go on with them"},
			{Key: "N", Word: rollout.No, Then: "leave them unknown: nothing is done there"},
		},
	}
}

// trusted is the word of a yes to that question.
const trusted = "trust"

// newTrust makes the panel of that question. Nobody trusts what was not shown.
func newTrust(a *ask) *dialog {
	d := newDialog(a)
	d.whole = true
	for i := range d.choices {
		c := &d.choices[i]
		answer := c.take
		c.take = func(m *model) tea.Cmd {
			said := entry{at: m.now, role: paint.Quiet, glyph: m.theme.Done, text: "answered yes: " + d.title}
			if c.Word != trusted {
				said.role, said.glyph, said.text = paint.Warn, m.theme.Alert, "answered no: "+d.title
				m.say(paint.Warn, "left unknown; r asks again")
			}
			m.run.log.push(said)
			return answer(m)
		}
	}
	return d
}
