package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
)

// lastAct is what can be done about the last run.
type lastAct struct {
	do, title, then string
	nothing         string                      // the answer where that cannot be done
	of              func(rollout.State) bool    // which runs it can be about
	not             func(*rollout.State) string // why it cannot be done about one: "is done"
}

func resuming() lastAct {
	return lastAct{
		do: "resume", title: "resume the run that was interrupted?", then: "go on from the step where it stood?",
		nothing: "there is nothing to resume", of: rollout.Rolls,
		not: func(st *rollout.State) string {
			if st.Resumable() {
				return ""
			}
			return "is " + string(st.Outcome)
		},
	}
}

func takingBack() lastAct {
	return lastAct{
		do: "rollback", title: "roll the last run back?", then: "take the servers that it changed back to what they ran before?",
		nothing: "there is nothing to take back", of: rollout.Changes,
		not: func(st *rollout.State) string {
			switch {
			case st.Plan.Kind == "rollback" && st.Ended && st.Outcome == rollout.Done:
				return "was itself a rollback"
			case st.Plan.Kind == "rollback":
				return "is a rollback that is not finished: U goes on with it"
			}
			return st.NoWayBack()
		},
	}
}

// find returns the run that it is about, or why there is none.
func (a lastAct) find(runs []rollout.State) (last *rollout.State, why string) {
	i := slices.IndexFunc(runs, a.of)
	if i < 0 {
		return nil, a.nothing + ": no run is known"
	}
	if why = a.not(&runs[i]); why != "" {
		why = a.nothing + ": the last run " + why
	}
	return &runs[i], why
}

// vain tells what would be asked for in vain, as far as is known: why there is
// nothing to resume or to take back; "" where there may be something.
type vain struct{ resume, back string }

// learn takes the past runs, the newest first.
func (v *vain) learn(runs []rollout.State) {
	_, v.resume = resuming().find(runs)
	_, v.back = takingBack().find(runs)
}

// observe takes that the run that is shown begins, goes on or has ended.
func (v *vain) observe(st *rollout.State) {
	about := func(a lastAct, why *string) {
		if !a.of(*st) {
			return
		}
		if *why = ""; st.Ended {
			_, *why = a.find([]rollout.State{*st})
		}
	}
	about(resuming(), &v.resume)
	about(takingBack(), &v.back)
}

// idle tells why a command cannot be used now, or would do nothing as far as is
// known; who uses it all the same is told anew.
func (m *model) idle(c *command) string {
	known := ""
	switch c.Help().Key {
	case "U":
		known = m.vain.resume
	case "R":
		known = m.vain.back
	}
	return cmp.Or(c.why(m), known)
}

// lastTold are the past runs, for a panel that asks about the last one.
type lastTold struct {
	dialog *dialog
	act    lastAct
	yes    choice
	runs   []rollout.State
	err    error
}

// aboutLast opens a panel that asks about the last run, once it was told which
// one that is and how far it came.
func (m *model) aboutLast(a lastAct) tea.Cmd {
	d := newStart(a.title, a.then, nil, func(m *model) tea.Cmd { return m.start(Request{Do: a.do}) })
	yes := *d.chosen
	d.chosen, d.choices, d.unready = nil, nil, "looking which run that is"
	known := map[string]string{"resume": m.vain.resume, "rollback": m.vain.back}[a.do]
	d.facts = []string{d.unready}
	if known != "" {
		d.facts = []string{known, "looking again"}
	}
	return tea.Batch(m.open(d), m.do(func(ctx context.Context) tea.Msg {
		runs, err := m.cfg.Actions.Runs(ctx)
		return lastTold{d, a, yes, runs, err}
	}))
}

func (m *model) takeLast(t lastTold) tea.Cmd {
	d := t.dialog
	last, why := t.act.find(t.runs)
	d.facts = nil
	if last != nil {
		d.facts = m.runFacts(last)
	}
	if t.err != nil {
		d.facts = append(d.facts, strings.Split("the past runs cannot be read: "+t.err.Error(), "\n")...)
	} else {
		m.vain.learn(t.runs)
		if d.unready = why; why != "" {
			d.title = why
			return nil
		}
	}
	d.unready, d.choices, d.chosen = "", []choice{t.yes}, &t.yes
	return d.quiet.begin(m)
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
