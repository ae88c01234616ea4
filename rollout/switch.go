package rollout

import (
	"errors"
	"fmt"
	"slices"

	"rota/inventory"
	"rota/lb"
)

// switchBatches adds what brings servers in all at once and then takes others
// out all at once.
//
// first is what is done before with those that come: one that has failed, and is
// tried again when the run is resumed, must be seen out of rotation like any other.
func (m *maker) switchBatches(come, leave []string, asks Asks, first ...Verb) {
	p := m.plan
	add := func(b Batch) {
		if len(b.Servers) == 0 {
			return
		}
		p.Batches = append(p.Batches, b)
		for _, name := range b.Servers {
			if t := p.Target(name); t.Batch == 0 {
				t.Batch = len(p.Batches)
			}
		}
	}
	in := Batch{Servers: come, Verbs: append(first, Work, PutIn)}
	if len(leave) == 0 {
		in.Verbs = append(in.Verbs, Soak)
	}
	add(in)
	add(Batch{Servers: leave, Verbs: []Verb{TakeOut, Keep, Soak}, Asks: asks})
}

// NewSwitch makes the plan that puts a group in rotation everywhere and then
// takes the other one out. Servers that are where they belong are left alone.
func NewSwitch(inv *inventory.Inventory, f Facts, group string, o Options) (Plan, error) {
	groups := inv.Rollout.BlueGreen
	if !slices.Contains(groups, group) {
		if len(groups) == 0 {
			return Plan{}, errors.New("there are no two groups to switch between: rollout.blue_green names them")
		}
		return Plan{}, fmt.Errorf("%q is neither %s nor %s, which take turns in rotation", group, groups[0], groups[1])
	}
	p := newPlan(inv, "switch", o.Without)
	p.Strategy = "blue-green"
	m := maker{inv: inv, facts: f, plan: &p}
	if err := m.toGroup(group); err != nil {
		return Plan{}, err
	}
	return p, nil
}

// toGroup fills in the targets and batches of a switch.
func (m *maker) toGroup(group string) error {
	p := m.plan
	comes, leaves := m.sides()
	if comes.Name != group {
		comes, leaves = leaves, comes
	}
	p.Live, p.Idle = leaves.Name, comes.Name
	if len(comes.Servers) == 0 {
		return &Refused{fmt.Errorf("%s has no server that is not held", group)}
	}
	var come, leave []string
	for _, name := range comes.Servers {
		if m.rotation(name) == lb.In {
			continue
		}
		s, v := m.inv.Server(name), m.facts.Versions[name]
		come = append(come, name)
		p.Targets = append(p.Targets, Target{
			Server: name, Host: s.SSH, Group: group, From: v, To: v, Comes: true, Out: true,
			Balancers: m.fronts(name), Steps: []Action{},
		})
	}
	for _, name := range leaves.Servers {
		if t := m.leaving(*m.inv.Server(name)); len(t.Balancers) > 0 {
			leave = append(leave, name)
			p.Targets = append(p.Targets, t)
		}
	}
	p.Version = sameVersion(p.Targets[:len(come)])
	m.floors()
	m.switchBatches(come, leave, "")
	return nil
}

// backSwitch makes the plan that takes a blue-green run back by the balancers
// alone: the group that was in rotation before it has stayed as it was.
func (m *maker) backSwitch(source State) error {
	for _, t := range source.Plan.Targets {
		if is := m.facts.Versions[t.Server]; t.Leaves && t.From != "" && is != "" && is != t.From {
			return &Refused{fmt.Errorf("%s runs %s now, and ran %s before run %s: putting %s in rotation does not take that run back\nrota deploy %s does, or rota switch %s puts it in as it is",
				t.Server, is, t.From, source.Run, source.Plan.Live, t.From, source.Plan.Live)}
		}
	}
	m.plan.Strategy = "blue-green"
	return m.toGroup(source.Plan.Live)
}

// switchBack makes the way back of a blue-green run: those that have left come
// back in all at once, then those that came are left out as they are.
func (s *State) switchBack(p *Plan) {
	p.Live, p.Idle = s.Plan.Idle, s.Plan.Live
	var come, leave []string
	for _, t := range s.Plan.Targets {
		sv := s.Server(t.Server)
		switch {
		case t.Leaves && sv.Phase != Waiting:
			t.Leaves, t.Comes, t.Out = false, true, true
			come = append(come, t.Server)
		case s.Plan.Waits(t) && (sv.Phase != Waiting || sv.Touched):
			t.Comes, t.Leaves, t.From, t.Steps, t.Back = false, true, t.To, []Action{}, nil
			leave = append(leave, t.Server)
		default:
			continue
		}
		p.Targets = append(p.Targets, t)
	}
	m := maker{plan: p}
	for i := range p.Targets {
		if t := &p.Targets[i]; t.Leaves || t.Comes {
			t.Batch = 0
		}
	}
	m.switchBatches(come, leave, "")
}

// backByBalancer makes the way back of a blue-green run where that is a switch.
// It reports false where the run has not moved the traffic, or it is back: then
// what it has changed goes back by steps, out of rotation.
func (m *maker) backByBalancer(source State) (bool, error) {
	if source.Plan.Idle == "" {
		return false, nil
	}
	if len(m.inv.Rollout.BlueGreen) == 0 {
		return false, errors.New("there are no two groups to switch between: rollout.blue_green names them")
	}
	a, b := m.sides()
	if live, _, err := lb.Live(m.facts.Views, a, b); err == nil && live == source.Plan.Live {
		return false, nil
	}
	return true, m.backSwitch(source)
}
