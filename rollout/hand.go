package rollout

import (
	"fmt"
	"slices"

	"rota/inventory"
	"rota/lb"
)

// NewByHand makes the plan of a drain or a restore by hand: servers that are
// taken out, or put back, in all balancers that they stand behind, with no step.
func NewByHand(inv *inventory.Inventory, f Facts, kind string, names []string, o Options) (Plan, error) {
	chosen, err := inv.Select(names, nil)
	if err != nil {
		return Plan{}, err
	}
	p := newPlan(inv, kind, o.Without)
	p.Strategy = back(p.Strategy)
	m := maker{inv: inv, facts: f, plan: &p}
	var batch []string
	for _, s := range chosen {
		on := m.fronts(s.Name)
		if len(on) == 0 {
			return Plan{}, fmt.Errorf("%s stands behind no balancer: there is nothing to %s", s.Name, kind)
		}
		p.Targets = append(p.Targets, Target{
			Server: s.Name, Host: s.SSH, Batch: 1, From: f.Versions[s.Name], To: f.Versions[s.Name],
			Balancers: on, Steps: []Action{},
		})
		batch = append(batch, s.Name)
	}
	verbs := []Verb{TakeOut, Keep}
	if kind == "restore" {
		verbs = []Verb{Work, PutIn}
	}
	p.Batches = []Batch{{Servers: batch, Verbs: verbs}}
	p.Weighings = slices.DeleteFunc(slices.Clone(f.Weighings), func(w Weighing) bool {
		return slices.ContainsFunc(w.Servers, func(name string) bool { return !slices.Contains(batch, name) })
	})
	if kind == "drain" {
		m.floorsByHand(batch)
		m.leaveOut()
	}
	return p, nil
}

// leaveOut notes where servers are out already: a drain that is given up puts
// them back only where it has taken them out.
func (m *maker) leaveOut() {
	for i := range m.plan.Targets {
		t := &m.plan.Targets[i]
		all := t.Balancers
		t.Balancers = nil
		for _, b := range all {
			if s := m.at(b, t.Server); (s.State == lb.Out || s.State == lb.Draining) && !s.Standby {
				t.LeftOut = append(t.LeftOut, b)
			} else {
				t.Balancers = append(t.Balancers, b)
			}
		}
	}
}

// floorsByHand counts the servers themselves as meant to be in rotation,
// wherever they are now.
func (m *maker) floorsByHand(batch []string) {
	m.floors()
	m.plan.Floors = slices.DeleteFunc(m.plan.Floors, func(f Floor) bool {
		return !slices.ContainsFunc(batch, func(s string) bool { return InPool(m.at(f.Balancer, s), f.Pool) == lb.In })
	})
}
