package tui

import (
	"fmt"
	"strings"

	"rota/rollout"
	"rota/tui/paint"
)

// plan is what the run walks, or what is proposed; nil where there is neither.
func (m *model) plan() *rollout.Plan {
	switch {
	case m.proposed != nil:
		return m.proposed
	case m.run.state.Seq > 0:
		return m.run.state.Current()
	}
	return nil
}

// planFacts sums up a plan in a few lines, for the panel that asks for a yes.
func planFacts(p *rollout.Plan) []string {
	batches := "1 batch"
	if n := len(p.Batches); n != 1 {
		batches = fmt.Sprintf("%d batches", n)
	}
	facts := []string{join(", ", count(len(p.Targets), "server")+" in "+batches, toVersion(p, " to "),
		gates(p.Policy.Confirm), "drain up to "+seconds(p.Policy.DrainTimeout), "on failure: "+p.Policy.OnFailure)}
	if len(p.Batches) > 0 {
		facts = append(facts, "first batch: "+p.Words(p.Batches[0]))
	}
	for _, f := range p.Floors {
		facts = append(facts, fmt.Sprintf("%s %s: never fewer than %d of %d in rotation", f.Balancer, f.Pool, f.Least, f.Meant))
	}
	return append(facts, planWarnings(p)...)
}

// toVersion tells which versions give way to which: none, where all stay.
func toVersion(p *rollout.Plan, arrow string) string {
	if p.Version == "" && (p.Kind == "roll" || p.Kind == "rehearse") {
		return ""
	}
	return fromVersions(p) + arrow + p.Version
}

// planWarnings tells what a person should know before saying yes.
func planWarnings(p *rollout.Plan) []string {
	var w []string
	for _, t := range p.Targets {
		switch {
		case t.Held != "":
			w = append(w, t.Server+": held, stays out: "+t.Held)
		case len(t.LeftOut) > 0:
			w = append(w, t.Server+": found out of "+strings.Join(t.LeftOut, ", ")+", stays out")
		}
		if t.NoWayBack != "" {
			w = append(w, t.Server+": way back: none, because "+t.NoWayBack)
		}
	}
	for _, s := range p.Skipped {
		w = append(w, s.Server+": left alone: "+s.Why)
	}
	return w
}

// planLines draws the whole plan: batches across, then what is done on each
// server; or else the exact lines of it.
func (m *model) planLines() []string {
	plan := m.plan()
	if m.exact.shown && plan != nil && plan == m.exact.of {
		return m.exactLines()
	}
	if plan == nil {
		return []string{m.pen.Begin(m.width).Put(paint.Quiet, " no plan: no run is under way, and none is proposed").End()}
	}
	var lines []string
	put := func(r paint.Role, s string) {
		for _, part := range wrap(s, m.width-2) {
			lines = append(lines, m.pen.Begin(m.width).Skip(1).Put(r, part).End())
		}
	}
	put(paint.Strong, join(" ", plan.Kind, plan.Job, plan.App, plan.Environment, toVersion(plan, " "+m.theme.Arrow+" ")))
	policy := plan.Policy
	put(paint.Plain, join(", ", plan.Strategy, gates(policy.Confirm),
		"drain up to "+seconds(policy.DrainTimeout)+", then "+policy.OnDrainTimeout,
		"soak "+seconds(policy.Soak), "on failure: "+policy.OnFailure))
	for _, f := range plan.Floors {
		put(paint.Plain, fmt.Sprintf("%s %s: never fewer than %d of %d in rotation", f.Balancer, f.Pool, f.Least, f.Meant))
	}
	for _, w := range planWarnings(plan) {
		put(paint.Warn, m.theme.Alert+" "+w)
	}
	actions := func(title string, list []rollout.Action) {
		if len(list) == 0 {
			return
		}
		put(paint.Plain, "")
		put(paint.Strong, title)
		for _, a := range list {
			put(paint.Plain, "  "+a.Server+": "+a.Words())
		}
	}
	actions("prepare, in rotation", plan.Prepare)
	for i, batch := range plan.Batches {
		put(paint.Plain, "")
		l := look{m.theme.Waiting, "to come", paint.Quiet}
		if m.proposed == nil {
			l = m.batchLook(i + 1)
		}
		put(paint.Strong, fmt.Sprintf("%s batch %d: %s", l.glyph, i+1, plan.Words(batch)))
		for _, name := range batch.Servers {
			if t := plan.Target(name); t != nil {
				m.putTarget(put, t, plan.Health)
			}
		}
	}
	actions("finish", plan.Finish)
	for i, e := range plan.Errands() {
		if i == 0 {
			put(paint.Plain, "")
			put(paint.Strong, "around it")
		}
		put(paint.Plain, "  "+e.Name+": "+e.Command)
	}
	return lines
}

func (m *model) putTarget(put func(paint.Role, string), t *rollout.Target, health string) {
	versions := t.From
	if t.To != t.From {
		versions = join(" ", t.From, m.theme.Arrow, t.To)
	}
	put(paint.Plain, "  "+join(" ", t.Server, versions))
	if len(t.Balancers) > 0 {
		put(paint.Quiet, "    out of "+strings.Join(t.Balancers, ", ")+", and drained")
	}
	for _, a := range t.Steps {
		line := "    " + a.Words()
		if a.Sudo != "" {
			line += "  (as " + a.Sudo + ")"
		}
		put(paint.Plain, line)
	}
	if health != "" {
		put(paint.Quiet, "    healthy: "+health)
	}
	if len(t.Balancers) > 0 && t.Held == "" {
		put(paint.Quiet, "    back into "+strings.Join(t.Balancers, ", "))
	}
}
