package rollout

import (
	"fmt"
	"slices"

	"rota/inventory"
	"rota/lb"
)

// sides returns the two groups that take turns in rotation, without the servers
// that are held.
func (m *maker) sides() (a, b lb.Side) {
	groups := m.inv.Rollout.BlueGreen
	held := func(server string) bool { return m.hold(server) != nil }
	side := func(name string) lb.Side {
		return lb.Side{Name: name, Servers: slices.DeleteFunc(m.inv.Group(name), held)}
	}
	return side(groups[0]), side(groups[1])
}

// blueGreen makes a deploy to the group that is not in rotation: its servers
// are worked on side by side, then come in all at once, and only then the
// others leave. Servers of neither group are rolled after that.
func (m *maker) blueGreen(chosen []inventory.Server, o Options) error {
	p := m.plan
	a, b := m.sides()
	var err error
	if p.Live, p.Idle, err = lb.Live(m.facts.Views, a, b); err != nil {
		return m.mixed(err)
	}
	if !o.NoSwitch && (len(a.Servers) == 0 || len(b.Servers) == 0) {
		return &Refused{fmt.Errorf("every server of %s is held: there is nothing to switch to\nrota restore SERVER ends a hold, --no-switch deploys to them all the same", p.Idle)}
	}
	live, idle := a, b
	if live.Name != p.Live {
		live, idle = b, a
	}
	if !o.Force && !o.NoSwitch && m.allRun(live, o.Version) {
		for _, name := range live.Servers {
			p.Skipped = append(p.Skipped, Where{Server: name, State: m.rotation(name).String(), Why: "runs " + o.Version + " already, and " + live.Name + " is in rotation"})
		}
	} else if err := m.toIdle(idle, chosen, o); err != nil {
		return err
	}
	works := len(p.Targets)
	if err := m.toOthers(chosen, o); err != nil {
		return err
	}
	others := slices.Clone(p.Targets[works:])
	if works > 0 && !o.NoSwitch {
		for _, name := range live.Servers {
			p.Targets = append(p.Targets, m.leaving(*m.inv.Server(name)))
		}
	}
	m.floors()
	m.sideBatches(p.Targets[:works], live, o.NoSwitch)
	return m.batches(names(others))
}

// mixed says what to do where it is not clear which group is in rotation.
func (m *maker) mixed(err error) error {
	groups := m.inv.Rollout.BlueGreen
	return &Refused{fmt.Errorf("%w\nrota switch %s, or rota switch %s, settles that", err, groups[0], groups[1])}
}

// Refused says that the world, and not what was asked for, forbids a plan.
type Refused struct{ err error }

func (r *Refused) Error() string { return r.err.Error() }

// Unwrap returns the reason.
func (r *Refused) Unwrap() error { return r.err }

func (m *maker) allRun(side lb.Side, version string) bool {
	return !slices.ContainsFunc(side.Servers, func(s string) bool { return m.facts.Versions[s] != version || !m.facts.Healthy[s] })
}

// toIdle makes the targets of the group that is not in rotation.
func (m *maker) toIdle(idle lb.Side, chosen []inventory.Server, o Options) error {
	for _, s := range m.inv.Servers {
		if !s.Balanced || !s.In([]string{idle.Name}) {
			continue
		}
		hold := m.hold(s.Name)
		if why, ok := m.facts.Unreachable[s.Name]; ok && hold != nil {
			m.plan.Skipped = append(m.plan.Skipped, Where{Server: s.Name, State: m.rotation(s.Name).String(), Why: "held, and cannot be reached: " + why})
			continue
		}
		ready := m.facts.Versions[s.Name] == o.Version && m.facts.Healthy[s.Name]
		isChosen := slices.ContainsFunc(chosen, func(c inventory.Server) bool { return c.Name == s.Name })
		switch {
		case o.NoSwitch && !isChosen:
			continue
		case o.NoSwitch && ready && !o.Force:
			m.plan.Skipped = append(m.plan.Skipped, Where{Server: s.Name, State: m.rotation(s.Name).String(), Why: "runs " + o.Version + " already, healthy"})
			continue
		case !isChosen && !ready && hold == nil:
			return fmt.Errorf("%s was not chosen and does not run %s: %s comes into rotation as a whole\nchoose it too, or add --no-switch", s.Name, o.Version, idle.Name)
		}
		t := Target{Server: s.Name, Host: s.SSH, Group: idle.Name, From: m.facts.Versions[s.Name], To: o.Version, Out: true, Steps: []Action{}}
		switch {
		case hold != nil:
			t.Held, t.LeftOut = orBy(*hold), m.fronts(s.Name)
		case o.NoSwitch:
			t.LeftOut = m.fronts(s.Name)
		default:
			t.Comes, t.Balancers = true, m.fronts(s.Name)
		}
		if !ready || isChosen && o.Force {
			m.doing = append(m.doing, s)
		}
		m.plan.Targets = append(m.plan.Targets, t)
	}
	if len(m.plan.Targets) == 0 && len(m.plan.Skipped) == 0 {
		return fmt.Errorf("none of the chosen servers is in %s, which is not in rotation: a blue-green deploy goes there", idle.Name)
	}
	for i := range m.plan.Targets {
		t := &m.plan.Targets[i]
		if j := slices.IndexFunc(m.doing, func(s inventory.Server) bool { return s.Name == t.Server }); j >= 0 {
			if err := m.steps(t, m.doing[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

// toOthers makes the targets of chosen servers of neither group.
func (m *maker) toOthers(chosen []inventory.Server, o Options) error {
	if o.NoSwitch {
		return nil
	}
	for _, s := range chosen {
		if s.Balanced && s.In(m.inv.Rollout.BlueGreen) {
			continue
		}
		if why := m.skip(s, o); why != "" {
			m.plan.Skipped = append(m.plan.Skipped, Where{Server: s.Name, State: m.rotation(s.Name).String(), Why: why})
			continue
		}
		m.doing = append(m.doing, s)
		t, err := m.target(s, o.Version)
		if err != nil {
			return err
		}
		m.plan.Targets = append(m.plan.Targets, t)
	}
	return nil
}

// leaving makes the target of a server that leaves rotation and stays as it is.
func (m *maker) leaving(s inventory.Server) Target {
	v := m.facts.Versions[s.Name]
	t := Target{Server: s.Name, Host: s.SSH, From: v, To: v, Leaves: true, Steps: []Action{}}
	if len(s.Groups) > 0 {
		t.Group = s.Groups[0]
	}
	for _, b := range m.fronts(s.Name) {
		if at := m.at(b, s.Name); (at.State == lb.Out || at.State == lb.Draining) && !at.Standby {
			t.LeftOut = append(t.LeftOut, b)
		} else {
			t.Balancers = append(t.Balancers, b)
		}
	}
	return t
}

// sideBatches adds the batches of the group that is worked on, and the switch.
func (m *maker) sideBatches(works []Target, live lb.Side, noSwitch bool) {
	p := m.plan
	if len(works) == 0 {
		return
	}
	var come []string
	left := names(works)
	for i, size := range m.inv.Rollout.BatchSizes(len(works)) {
		p.Batches = append(p.Batches, Batch{Servers: left[:size:size], Verbs: []Verb{TakeOut, Work, Keep}, Asks: AsksNext})
		left = left[size:]
		for _, name := range p.Batches[i].Servers {
			p.Target(name).Batch = i + 1
		}
	}
	for _, t := range works {
		if t.Comes {
			come = append(come, t.Server)
		}
	}
	last := &p.Batches[len(p.Batches)-1]
	if noSwitch || len(come) == 0 {
		last.Asks = ""
		return
	}
	last.Asks = AsksSwitch
	m.switchBatches(come, live.Servers, AsksSwitched, TakeOut)
}

func names(targets []Target) []string {
	all := make([]string, len(targets))
	for i, t := range targets {
		all[i] = t.Server
	}
	return all
}
