package rollout

import (
	"fmt"
	"slices"

	"rota/inventory"
	"rota/lb"
)

// Changed lists the servers that the run has changed and not taken back, in
// the order of the plan.
func (s *State) Changed() []string {
	var names []string
	for _, sv := range s.Servers {
		if sv.Touched && !s.wentBack(sv) {
			names = append(names, sv.Name)
		}
	}
	return names
}

// LeftBehind lists the servers that the run has taken out and not put back.
func (s *State) LeftBehind() []string {
	var names []string
	for _, sv := range s.Servers {
		if sv.Phase.OutOfRotation() && sv.Phase != Idle || sv.Phase == Returning || sv.Phase == Climbing {
			names = append(names, sv.Name)
		}
	}
	return names
}

func (s *State) wentBack(sv ServerState) bool {
	if !sv.Done || sv.Phase == Skipped || sv.StepsDone < sv.Steps {
		return false
	}
	return sv.GoesBack || s.Reverse != nil && s.Reverse.Target(sv.Name) != nil
}

// WayBack makes the plan that takes back what the run has changed: only those
// servers, each to what it ran before, those that are out already first and
// then the newest first. The second result lists servers that have no way back.
func (s *State) WayBack() (Plan, []Where) {
	p := s.Plan
	p.Kind, p.Prepare, p.Finish, p.Skipped = "rollback", nil, nil, nil
	p.Targets, p.Batches, p.Weighings, p.Beside = nil, nil, nil, nil
	p.Strategy = back(p.Strategy)
	if s.Plan.Idle != "" {
		s.switchBack(&p)
	}
	var none []Where
	add := func(names []string) {
		var batch []string
		for _, name := range slices.Backward(names) {
			t := *s.Plan.Target(name)
			if t.NoWayBack != "" {
				none = append(none, Where{Server: name, State: string(s.Server(name).Phase), Why: t.NoWayBack})
				continue
			}
			t.From, t.To, t.Steps, t.Back = t.To, t.From, t.Back, nil
			t.Batch = len(p.Batches) + 1
			p.Targets = append(p.Targets, t)
			batch = append(batch, name)
		}
		if len(batch) > 0 {
			p.Batches = append(p.Batches, Roll(batch...).On(p.Policy.Warm))
		}
	}
	changed := slices.DeleteFunc(s.Changed(), func(name string) bool { return p.Target(name) != nil })
	out := func(name string) bool { return s.Server(name).Phase != Serving }
	add(slices.DeleteFunc(slices.Clone(changed), func(n string) bool { return !out(n) }))
	for _, batch := range slices.Backward(s.Plan.Batches) {
		add(slices.DeleteFunc(slices.Clone(batch.Servers), func(n string) bool {
			return out(n) || !slices.Contains(changed, n)
		}))
	}
	p.Version = sameVersion(p.Targets)
	return p, none
}

// back is the strategy of a way back: nothing is tried there on a few first.
func back(strategy string) string {
	if strategy == "canary" {
		return "rolling"
	}
	return strategy
}

func sameVersion(targets []Target) string {
	if len(targets) == 0 {
		return ""
	}
	for _, t := range targets {
		if t.To != targets[0].To {
			return ""
		}
	}
	return targets[0].To
}

// NewRollback makes the plan that takes an earlier run back, by the steps of
// today's inventory. It is refused where nothing would change.
func NewRollback(inv *inventory.Inventory, f Facts, source State, o Options) (Plan, error) {
	if why := source.NoWayBack(); why != "" {
		return Plan{}, fmt.Errorf("run %s %s\nanother run is taken back with --run ID (see rota history)", source.Run, why)
	}
	changed, left := source.Changed(), source.LeftBehind()
	chosen, err := inv.Select(o.Only, o.Exclude)
	if err != nil {
		return Plan{}, err
	}
	p := newPlan(inv, "rollback", o.Without)
	p.Source, p.Strategy = source.Run, back(p.Strategy)
	p.Weighings = slices.DeleteFunc(slices.Clone(source.Weighings), func(w Weighing) bool { return slices.Contains(o.Without, w.Balancer) })
	m := maker{inv: inv, facts: f, plan: &p}
	switch done, err := m.backByBalancer(source); {
	case err != nil:
		return Plan{}, err
	case done && len(p.Targets) == 0:
		return Plan{}, fmt.Errorf("nothing to take back: %s is in rotation", source.Plan.Live)
	case done:
		return p, nil
	}
	for _, sv := range slices.Backward(source.Servers) {
		i := slices.IndexFunc(chosen, func(s inventory.Server) bool { return s.Name == sv.Name })
		if i < 0 || !slices.Contains(changed, sv.Name) && !slices.Contains(left, sv.Name) {
			continue
		}
		to := source.Plan.Target(sv.Name).From
		if f.Versions[sv.Name] == to && !o.Force && m.rotation(sv.Name) == lb.In {
			p.Skipped = append(p.Skipped, Where{Server: sv.Name, State: "in", Why: "runs " + to + " already"})
			continue
		}
		m.doing = append(m.doing, chosen[i])
	}
	for _, s := range m.doing {
		was := *source.Plan.Target(s.Name)
		t, err := m.returning(s, was, slices.Contains(changed, s.Name), slices.Contains(left, s.Name) && !source.Plan.Waits(was))
		if err != nil {
			return Plan{}, err
		}
		p.Targets = append(p.Targets, t)
	}
	if len(p.Targets) == 0 {
		return Plan{}, fmt.Errorf("nothing to take back: every server that run %s changed runs its earlier version again", source.Run)
	}
	p.Version = sameVersion(p.Targets)
	if err = m.finishApart(&source.Plan); err == nil {
		err = m.reboots()
	}
	if err != nil {
		return Plan{}, err
	}
	return p, nil
}

// Waits reports whether a target is out of rotation by the plan, until it comes in.
func (p *Plan) Waits(t Target) bool { return p.Idle != "" && t.Group == p.Idle && t.Out }

// finishApart fills in floors and batches. What another plan, or this one, has out
// of rotation is worked on there.
func (m *maker) finishApart(source *Plan) error {
	m.floors()
	m.cureFirst()
	var idle, others []string
	for _, t := range m.plan.Targets {
		if source.Waits(*source.Target(t.Server)) {
			idle = append(idle, t.Server)
		} else {
			others = append(others, t.Server)
		}
	}
	if len(idle) > 0 {
		m.plan.Batches = []Batch{{Servers: idle, Verbs: []Verb{TakeOut, Work, Keep}, Asks: AsksNext}}
		for _, name := range idle {
			m.plan.Target(name).Batch = 1
		}
	}
	return m.batches(others)
}

// returning makes the target of one server that goes back. It goes back into
// the balancers that the source run took it out of, but for those that somebody
// took it out of since.
func (m *maker) returning(s inventory.Server, was Target, changed, left bool) (Target, error) {
	t := was
	t.Host, t.Back, t.NoWayBack, t.Steps = s.SSH, nil, "", []Action{}
	t.Out = m.rotation(s.Name) != lb.In
	t.Balancers, t.LeftOut = nil, slices.DeleteFunc(slices.Clone(was.LeftOut), m.without)
	for _, b := range slices.DeleteFunc(slices.Clone(was.Balancers), m.without) {
		if at := m.at(b, s.Name); !left && !at.Standby && (at.State == lb.Out || at.State == lb.Draining) {
			t.LeftOut = append(t.LeftOut, b)
		} else {
			t.Balancers = append(t.Balancers, b)
		}
	}
	t.Held = ""
	if hold := m.hold(s.Name); hold != nil {
		t.Held = orBy(*hold)
		t.LeftOut, t.Balancers = t.Everywhere(), nil
	}
	if !changed {
		t.To = was.From
		return t, nil
	}
	if was.From == "" {
		return t, fmt.Errorf("%s: no way back: nobody can tell what it ran before (give deploy.version)", s.Name)
	}
	t.From, t.To = was.To, was.From
	var err error
	t.Steps, err = m.backSteps(t, s)
	return t, err
}

func (m *maker) without(balancer string) bool { return slices.Contains(m.plan.Without, balancer) }
