package rollout

import (
	"fmt"
	"slices"
	"strings"

	"rota/lb"
)

// floors fixes how few servers may stay in rotation in each pool. A server
// counts as meant to be in one when it is there, is not held, and was not
// found out.
func (m *maker) floors() {
	left := func(server, balancer string) bool {
		t := m.plan.Target(server)
		if t != nil {
			return slices.Contains(t.LeftOut, balancer) || t.Comes
		}
		state := m.at(balancer, server).State
		return m.hold(server) != nil || state == lb.Out || state == lb.Draining
	}
	for _, b := range m.inv.Balancers {
		if slices.Contains(m.plan.Without, b.Name) {
			continue
		}
		for _, pool := range b.Pools() {
			meant := 0
			for _, s := range b.Servers {
				if InPool(m.at(b.Name, s), pool) != lb.Absent && !left(s, b.Name) {
					meant++
				}
			}
			if meant > 0 {
				m.plan.Floors = append(m.plan.Floors, Floor{
					Balancer: b.Name, Pool: pool, Meant: meant, Least: m.least(b.Name, pool, meant),
				})
			}
		}
	}
}

// least is how few servers may stay in rotation in a pool. Where two groups take
// turns there are, unless the inventory says otherwise, never fewer than now, or
// than come; servers of neither group are rolled.
func (m *maker) least(balancer, pool string, meant int) int {
	p := m.plan
	if p.Idle == "" || m.inv.Rollout.MinInRotation != nil {
		return m.inv.Least(meant)
	}
	come, leave, roll := 0, 0, 0
	for _, t := range p.Targets {
		switch {
		case InPool(m.at(balancer, t.Server), pool) == lb.Absent || !slices.Contains(t.Balancers, balancer):
		case t.Comes:
			come++
		case t.Leaves:
			leave++
		default:
			roll++
		}
	}
	least := meant - max(leave-come, 0)
	if roll > 0 {
		least -= slices.Max(m.inv.Rollout.BatchSizes(roll))
	}
	return max(least, 1)
}

// FloorsNow are the floors of a run that has left servers out after a failure:
// those are no more meant to be in rotation.
func (s *State) FloorsNow(views []lb.View, least func(meant int) int) []Floor {
	floors := slices.Clone(s.Plan.Floors)
	for i := range floors {
		f := &floors[i]
		was := f.Meant
		for _, v := range views {
			if v.Name != f.Balancer {
				continue
			}
			for _, sv := range v.Servers {
				if st := s.Server(sv.Name); st != nil && st.Phase == Skipped && InPool(sv, f.Pool) != lb.Absent {
					f.Meant--
				}
			}
		}
		if f.Meant < was {
			f.Least = min(f.Least, max(least(f.Meant), f.Least-(was-f.Meant)))
		}
	}
	return floors
}

// InPool returns the state of a server in one pool.
func InPool(s lb.Server, pool string) lb.State {
	for _, p := range s.Pools {
		if p.Pool == pool {
			return p.State
		}
	}
	return lb.Absent
}

// Short is a pool that would fall below its floor.
type Short struct {
	Floor
	Stay int // servers that would stay in rotation
}

// Error tells the pool and the figures.
func (s *Short) Error() string {
	return fmt.Sprintf("%s: %s: %s would stay in rotation, min_in_rotation is %d",
		s.Balancer, s.Pool, count(s.Stay, "server"), s.Least)
}

// Guard says whether servers may be taken out now: an error is a *Short, or
// tells that a balancer could not be asked. It is asked before every drain,
// with what the balancers said a moment ago.
func Guard(views []lb.View, floors []Floor, take ...string) error {
	return guard(views, floors, lb.In, take)
}

// GuardForGood is Guard for servers that are not meant to come back: one that
// its balancer finds down, and that would come back by itself, counts too.
func GuardForGood(views []lb.View, floors []Floor, take ...string) error {
	return guard(views, floors, lb.Down, take)
}

// guard is Guard. One that is down costs the floor only where that says so.
func guard(views []lb.View, floors []Floor, down lb.State, take []string) error {
	for _, f := range floors {
		i := slices.IndexFunc(views, func(v lb.View) bool { return v.Name == f.Balancer })
		if i < 0 {
			return fmt.Errorf("%s: it was not asked", f.Balancer)
		}
		if err := views[i].Err; err != nil {
			return fmt.Errorf("%s: %w", f.Balancer, err)
		}
		stay, takes := 0, 0
		for _, s := range views[i].Servers {
			switch state := InPool(s, f.Pool); {
			case state == lb.Down && state == down && slices.Contains(take, s.Name):
				takes++
			case state != lb.In:
			case slices.Contains(take, s.Name):
				takes++
			default:
				stay++
			}
		}
		if takes > 0 && stay < f.Least {
			return &Short{Floor: f, Stay: stay}
		}
	}
	return nil
}

// batches cuts servers into batches of the wanted sizes. A batch that would
// break a floor is closed early; where not even one server can go, the plan is
// refused.
func (m *maker) batches(servers []string) error {
	sizes := m.inv.Rollout.BatchSizes(len(servers))
	first := len(m.plan.Batches)
	var batch []string
	flush := func() {
		if len(batch) > 0 {
			m.plan.Batches = append(m.plan.Batches, Roll(batch...).On(m.ladder(batch)))
			batch = nil
		}
	}
	for _, name := range servers {
		t := m.plan.Target(name)
		n := min(len(m.plan.Batches)-first, len(sizes)-1)
		if len(batch) >= sizes[n] || len(batch) > 0 && m.plan.Policy.Confirm == "server" {
			flush()
		}
		if err := m.allows(append(slices.Clone(batch), t.Server)); err != nil {
			if len(batch) == 0 {
				return fmt.Errorf("%s cannot be taken out: %w", t.Server, err)
			}
			flush()
			if err := m.allows([]string{t.Server}); err != nil {
				return fmt.Errorf("%s cannot be taken out: %w", t.Server, err)
			}
		}
		batch = append(batch, t.Server)
		t.Batch = len(m.plan.Batches) + 1
	}
	flush()
	return nil
}

// allows is Guard for a plan: a server that is not in rotation now, but comes
// back in an earlier batch, is counted as back.
func (m *maker) allows(take []string) error {
	back := map[string]bool{}
	for _, b := range m.plan.Batches {
		for _, s := range b.Servers {
			back[s] = true
		}
	}
	views := slices.Clone(m.facts.Views)
	for i := range views {
		views[i].Servers = slices.Clone(views[i].Servers)
		for k := range views[i].Servers {
			s := &views[i].Servers[k]
			if t := m.plan.Target(s.Name); t != nil && back[s.Name] && slices.Contains(t.Balancers, views[i].Name) {
				s.Pools = slices.Clone(s.Pools)
				for p := range s.Pools {
					if s.Pools[p].State != lb.Absent {
						s.Pools[p].State = lb.In
					}
				}
			}
		}
	}
	return Guard(views, m.plan.Floors, take...)
}

// count writes "1 server", "3 servers".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %s", n, strings.TrimSuffix(noun, "s")+"s")
}
