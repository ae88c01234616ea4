package rollout

import (
	"rota/inventory"
	"rota/lb"
)

// NewRoll makes the plan of a job of the inventory: its steps on every chosen
// server, by the way of a rolling deploy and whatever the strategy is. Each
// server shall run afterwards what it ran before, and no way leads back.
func NewRoll(inv *inventory.Inventory, f Facts, job string, o Options) (Plan, error) {
	if _, err := inv.Job(job); err != nil {
		return Plan{}, err
	}
	m, err := newAsIs(inv, f, "roll", o)
	if err != nil {
		return Plan{}, err
	}
	m.plan.Job = job
	if err := m.asTheyAre(o); err != nil {
		return Plan{}, err
	}
	return *m.plan, nil
}

// newAsIs begins a plan that goes through servers and leaves their version as
// it is. Where two groups take turns, those that wait for theirs stay out.
func newAsIs(inv *inventory.Inventory, f Facts, kind string, o Options) (*maker, error) {
	p := newPlan(inv, kind, o.Without)
	m := &maker{inv: inv, facts: f, plan: &p}
	if p.Strategy == "blue-green" {
		a, b := m.sides()
		// Where the truth is mixed, whoever is out was found out and stays so.
		p.Live, p.Idle, _ = lb.Live(f.Views, a, b)
	}
	rolling := *inv
	if err := rolling.SetStrategy("rolling"); err != nil {
		return nil, err
	}
	m.inv, p.Strategy = &rolling, "rolling"
	p.Policy.MaxErrors = nil // there is no old version and no new one to compare
	return m, nil
}

// asTheyAre makes the targets and batches of a run that leaves versions as they are.
func (m *maker) asTheyAre(o Options) error {
	chosen, err := m.inv.Select(o.Only, o.Exclude)
	if err != nil {
		return err
	}
	for _, s := range chosen {
		if why := m.alone(s); why != "" {
			m.plan.Skipped = append(m.plan.Skipped, Where{Server: s.Name, State: m.rotation(s.Name).String(), Why: why})
			continue
		}
		m.doing = append(m.doing, s)
	}
	for _, s := range m.doing {
		t, err := m.target(s, m.facts.Versions[s.Name])
		if err != nil {
			return err
		}
		if p := m.plan; p.Idle != "" && s.Balanced && s.In([]string{p.Idle}) {
			t.Group, t.Out = p.Idle, true
		}
		m.plan.Targets = append(m.plan.Targets, t)
	}
	if err := m.finishApart(m.plan); err != nil {
		return err
	}
	return m.reboots()
}

// alone says why a server is left alone, or "".
func (m *maker) alone(s inventory.Server) string {
	why, unreachable := m.facts.Unreachable[s.Name]
	at := m.rotation(s.Name)
	switch {
	case unreachable && m.hold(s.Name) != nil:
		return "held, and cannot be reached: " + why
	case unreachable || m.plan.Kind != "rehearse" || m.facts.Healthy[s.Name]:
		return ""
	case at == lb.Out || at == lb.Draining || at == lb.Down: // a rehearsal cannot mend it
		return at.String() + ", and not healthy"
	}
	return ""
}
