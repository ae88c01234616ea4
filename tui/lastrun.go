package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
)

// lastTold are the past runs, for a panel that asks about the last one.
type lastTold struct {
	dialog *dialog
	runs   []rollout.State
	err    error
}

// aboutLast opens a panel that asks about the last run, and has it told which one
// that is and how far it came.
func (m *model) aboutLast(d *dialog) tea.Cmd {
	d.facts = []string{"looking which one that is"}
	return tea.Batch(m.open(d), m.do(func(ctx context.Context) tea.Msg {
		runs, err := m.cfg.Actions.Runs(ctx)
		return lastTold{d, runs, err}
	}))
}

func (m *model) takeLast(t lastTold) {
	last := slices.IndexFunc(t.runs, func(st rollout.State) bool { return st.Plan.Kind != "drain" && st.Plan.Kind != "restore" })
	switch {
	case last >= 0:
		t.dialog.facts = m.runFacts(&t.runs[last])
	case t.err != nil:
		t.dialog.facts = strings.Split("the past runs cannot be read: "+t.err.Error(), "\n")
	default:
		t.dialog.facts = []string{"no run is known"}
	}
}

// runFacts tells in few lines what a run was about, and how far it came.
func (m *model) runFacts(st *rollout.State) []string {
	how := "it has not ended"
	if st.Ended {
		how = "it ended: " + string(st.Outcome)
	}
	var phases []rollout.Phase
	by := map[rollout.Phase][]string{}
	for i := range st.Servers {
		s := &st.Servers[i]
		if by[s.Phase] == nil {
			phases = append(phases, s.Phase)
		}
		by[s.Phase] = append(by[s.Phase], s.Name)
	}
	who, _, _ := strings.Cut(st.Operator, " as ")
	facts := []string{fmt.Sprintf("%s, begun %s by %s; %s",
		st.Plan.Title(), st.Begun.In(m.now.Location()).Format("2006-01-02 15:04"), who, how)}
	for _, p := range phases {
		facts = append(facts, string(p)+": "+listed(by[p]))
	}
	return facts
}
