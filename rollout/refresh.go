package rollout

import (
	"fmt"
	"slices"

	"rota/inventory"
)

// Refresh makes the actions of a recorded plan again from today's inventory: a
// record tells what happened and is never a source of commands. Everything
// else of the plan stays as it was.
func Refresh(inv *inventory.Inventory, old Plan) (Plan, error) {
	if old.Kind == "roll" {
		if _, err := inv.Job(old.Job); err != nil {
			return Plan{}, fmt.Errorf("the job %q is that of the run and no more in the inventory: put it back there, or settle the servers by hand", old.Job)
		}
	}
	p := old
	p.Targets = nil
	m := maker{inv: inv, plan: &p, was: &old, facts: Facts{Versions: map[string]string{}}}
	for _, t := range old.Targets {
		s := inv.Server(t.Server)
		if s == nil {
			return Plan{}, fmt.Errorf("%s is in the run and no more in the inventory: put it back there, or settle it by hand", t.Server)
		}
		m.doing = append(m.doing, *s)
		m.facts.Versions[t.Server] = t.From
	}
	for i, t := range old.Targets {
		s := m.doing[i]
		t.Host = s.SSH
		var err error
		if old.Kind == "rollback" {
			if len(t.Steps) > 0 {
				t.Steps, err = m.backSteps(t, s)
			}
		} else if !t.Leaves && (!t.Comes || len(t.Steps) > 0) {
			err = m.steps(&t, s)
		}
		if err != nil {
			return Plan{}, err
		}
		p.Targets = append(p.Targets, t)
	}
	p.Health, p.Probe = healthWords(inv.Health), probeWords(inv.Probe, old.Kind)
	p.Hooks, p.Around = newHooks(inv, old.Kind), newAround(inv, old.Without)
	if old.Kind != "deploy" {
		return p, nil
	}
	if err := m.sideSteps(); err != nil {
		return Plan{}, err
	}
	return p, nil
}

// Differences tells in lines what another plan would do otherwise.
func Differences(old, now Plan) []string {
	var lines []string
	differ := func(where, was, is string) {
		if was != is {
			lines = append(lines, fmt.Sprintf("%s: was %q, is %q", where, was, is))
		}
	}
	actions := func(where string, was, is []Action) {
		for i := range max(len(was), len(is)) {
			w, n := "", ""
			if i < len(was) {
				w = was[i].Words()
			}
			if i < len(is) {
				n = is[i].Words()
			}
			differ(fmt.Sprintf("%s %d", where, i+1), w, n)
		}
	}
	differ("health", old.Health, now.Health)
	differ("probe", old.Probe, now.Probe)
	for _, e := range now.Errands() {
		differ(e.Name, old.errand(e.Name), e.Command)
	}
	for _, e := range old.Errands() {
		if now.errand(e.Name) == "" {
			differ(e.Name, e.Command, "")
		}
	}
	actions("prepare", old.Prepare, now.Prepare)
	actions("finish", old.Finish, now.Finish)
	for _, t := range now.Targets {
		was := old.Target(t.Server)
		differ(t.Server+" host", was.Host, t.Host)
		actions(t.Server+" step", was.Steps, t.Steps)
		actions(t.Server+" way back", was.Back, t.Back)
	}
	if lines == nil && old.Digest() != now.Digest() {
		lines = append(lines, "timeouts, users or retries of the steps are others")
	}
	return slices.Clip(lines)
}
