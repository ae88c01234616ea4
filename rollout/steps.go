package rollout

import (
	"fmt"
	"slices"

	"rota/inventory"
)

// steps fills in what is done on a server, and how it goes back.
func (m *maker) steps(t *Target, s inventory.Server) error {
	var err error
	switch m.plan.Kind {
	case "rehearse":
		t.Steps = []Action{}
		return nil
	case "roll":
		job, err := m.inv.Job(m.plan.Job)
		if err == nil {
			t.NoWayBack = "a job has none"
			t.Steps, err = m.own(*t, s, forward, job.Steps)
		}
		return err
	}
	if t.Steps, err = m.own(*t, s, forward, m.inv.Deploy.Steps); err != nil {
		return err
	}
	return m.wayBack(t, s)
}

// wayBack fills in the steps that bring the earlier version, or why there is none.
func (m *maker) wayBack(t *Target, s inventory.Server) error {
	if t.From == "" {
		t.NoWayBack = "nobody can tell what it runs now (give deploy.version)"
		return nil
	}
	back := *t
	back.From, back.To = t.To, t.From
	var err error
	if t.Back, err = m.backSteps(back, s); err != nil {
		return err
	}
	if len(t.Back) == 0 && len(t.Steps) > 0 {
		t.NoWayBack = "no step of rollback is for it"
	}
	return nil
}

// backSteps makes the actions of a target whose From and To are already those
// of the way back.
func (m *maker) backSteps(t Target, s inventory.Server) ([]Action, error) {
	d := m.inv.Deploy
	steps := d.Rollback
	if steps == nil {
		steps = slices.DeleteFunc(slices.Clone(d.Steps), func(s inventory.Step) bool { return s.Once })
	}
	return m.own(t, s, backwards, steps)
}

// direction is one of the two ways that a server can go.
type direction string

// The directions are named by the kind of run, as the variables tell it.
const (
	forward   direction = "deploy"
	backwards direction = "rollback"
)

func (d direction) id(server string, n int) StepID {
	id := OwnStep(server, n)
	if d == backwards {
		id = id.Reversed()
	}
	return id
}

// own makes the actions of one server of a list of steps. A once-step is done
// in the turn of the server that its `on` names, else of the first that has it.
func (m *maker) own(t Target, s inventory.Server, way direction, steps []inventory.Step) ([]Action, error) {
	actions := []Action{}
	for i, step := range steps {
		doer := m.doer(step, s)
		if step.Once {
			mine, err := m.turn(step, i, s, way)
			if err != nil {
				return nil, err
			}
			if !mine {
				continue
			}
		} else if !step.For(s) {
			continue
		}
		a, err := m.action(t, doer, step, string(way))
		if err != nil {
			return nil, err
		}
		a.ID = way.id(s.Name, len(actions)+1)
		actions = append(actions, a)
	}
	return actions, nil
}

// doer is the server that does a step in the turn of s.
func (m *maker) doer(step inventory.Step, s inventory.Server) inventory.Server {
	if step.Once && step.On != "" {
		return *m.inv.Server(step.On)
	}
	return s
}

// turn reports whether the n-th step, a once-step, falls into the turn of s. In
// a plan that is made again it stays with the server that had it. One that is
// meant for a server which this run leaves alone is done in the first turn.
func (m *maker) turn(step inventory.Step, n int, s inventory.Server, way direction) (bool, error) {
	key := fmt.Sprintf("%s %d", way, n)
	if m.turns == nil {
		m.turns = map[string]string{}
	}
	if m.turns[key] != "" {
		return m.turns[key] == s.Name, nil
	}
	had, err := m.had(step, way)
	if err != nil {
		return false, err
	}
	named := slices.ContainsFunc(m.doing, func(d inventory.Server) bool { return d.Name == step.On })
	switch {
	case had != "":
		m.turns[key] = had
	case step.On != "" && named:
		m.turns[key] = step.On
	case step.On != "" || step.For(s):
		m.turns[key] = s.Name
	}
	return m.turns[key] == s.Name, nil
}

// had returns the server whose turn had a once-step in the plan that is made
// again, or "".
func (m *maker) had(step inventory.Step, way direction) (string, error) {
	if m.was == nil {
		return "", nil
	}
	for _, t := range m.was.Targets {
		if way == backwards && m.was.Kind != "rollback" {
			t.From, t.To = t.To, t.From
		}
		for _, a := range slices.Concat(t.Steps, t.Back) {
			if !a.Once || a.ID.GoesBack() != (way == backwards) {
				continue
			}
			same, err := m.action(t, m.doer(step, *m.inv.Server(t.Server)), step, string(way))
			if err != nil {
				return "", err
			}
			if same.Words() == a.Words() {
				return t.Server, nil
			}
		}
	}
	return "", nil
}

// sideSteps makes the actions of prepare and finish.
func (m *maker) sideSteps() error {
	if len(m.plan.Targets) == 0 {
		return nil
	}
	var err error
	if m.plan.Prepare, err = m.side("prepare", m.inv.Deploy.Prepare); err != nil {
		return err
	}
	m.plan.Finish, err = m.side("finish", m.inv.Deploy.Finish)
	return err
}

func (m *maker) side(phase string, steps []inventory.Step) ([]Action, error) {
	var actions []Action
	for n, step := range steps {
		for _, s := range m.doers(step) {
			t := m.plan.Target(s.Name)
			if t == nil { // `on` names a server that this run leaves alone
				t = &Target{Server: s.Name, From: m.facts.Versions[s.Name], To: m.plan.Version}
			}
			a, err := m.action(*t, s, step, m.plan.Kind)
			if err != nil {
				return nil, err
			}
			a.ID = SideStep(phase, n+1, s.Name)
			actions = append(actions, a)
		}
	}
	return actions, nil
}

// doers lists the servers that do a step of prepare or finish.
func (m *maker) doers(step inventory.Step) []inventory.Server {
	if step.Once && step.On != "" {
		return []inventory.Server{*m.inv.Server(step.On)}
	}
	var doers []inventory.Server
	for _, s := range m.inv.Servers { // the inventory's order
		if m.plan.Target(s.Name) == nil || !step.For(s) {
			continue
		}
		doers = append(doers, s)
		if step.Once {
			break
		}
	}
	return doers
}

func (m *maker) action(t Target, s inventory.Server, step inventory.Step, kind string) (Action, error) {
	a := Action{
		Server: s.Name, Run: step.Run, Reboot: step.Reboot, Sudo: step.Sudo,
		Timeout: step.Timeout, Retry: step.Retry, Once: step.Once,
	}
	if step.Upload == "" {
		return a, nil
	}
	vars := Vars(m.inv, s, t, kind, "")
	value := func(name string) (string, bool) {
		i := slices.IndexFunc(vars, func(v inventory.Var) bool { return v.Name == name })
		switch {
		case i >= 0:
			return vars[i].Value, true
		case name == "ROTA_RUN" || name == "ROTA_BATCH": // known when it runs
			return "${" + name + "}", true
		}
		return "", false
	}
	var err error
	if a.Upload, err = inventory.Expand(step.Upload, value); err == nil {
		a.To, err = inventory.Expand(step.To, value)
	}
	if err != nil {
		return a, fmt.Errorf("%s: upload %q: %w", s.Name, step.Upload, err)
	}
	return a, nil
}
