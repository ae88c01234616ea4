package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
)

// tellEnding keeps in sight how a run has ended that was not simply done: what
// runs where, what is out and why, and what can be done next.
func (m *model) tellEnding() tea.Cmd {
	st := &m.run.state
	if st.Outcome == rollout.Done || st.Summary == nil || m.replay != nil || m.closing || m.front != nil {
		return nil
	}
	facts := endFacts(st.Summary)
	var next []string
	if st.Resumable() {
		next = append(next, "U goes on with it")
	}
	if st.MayGoBack() && len(st.Changed()) > 0 {
		next = append(next, "R takes it back")
	}
	if len(st.Summary.Left) > 0 {
		next = append(next, "I puts chosen servers back in")
	}
	if len(next) > 0 {
		facts = append(facts, strings.Join(next, ", "))
	}
	if len(facts) == 0 {
		return nil
	}
	d := newNotice("the run has ended: "+string(st.Outcome), facts)
	d.role = outcomeLook(st.Outcome, &m.theme.Glyphs).role
	return m.open(d)
}

// endFacts tells what a run has come to, a line each.
func endFacts(sum *rollout.Summary) []string {
	var facts []string
	if sum.Why != "" {
		facts = append(facts, sum.Why)
	}
	for _, r := range sum.Runs {
		facts = append(facts, "running "+r.Version+": "+listed(r.Servers))
	}
	if len(sum.Back) > 0 {
		facts = append(facts, "sent back: "+listed(sum.Back))
	}
	for _, l := range sum.Left {
		facts = append(facts, l.Server+" is "+join(": ", l.State, l.Why))
	}
	return facts
}
