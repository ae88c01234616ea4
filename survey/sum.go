package survey

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"rota/lb"
)

// snapshot makes a picture of what is known, which shares nothing with it that
// is changed later.
func (s *Site) snapshot(f *findings) Snapshot {
	snap := Snapshot{
		App: s.Inventory.App, Environment: s.Inventory.Environment, At: s.now(),
		Lock: f.lock, Records: errors.Join(f.records[:]...),
	}
	for i, v := range f.views {
		if v == nil {
			v = &lb.View{Name: s.Balancers[i].Name, Err: errNoAnswer}
		}
		snap.Balancers = append(snap.Balancers, *v)
	}
	for i, server := range s.Inventory.Servers {
		told := f.servers[i]
		row := Server{
			Name: server.Name, Groups: server.Groups, Balanced: server.Balanced,
			Asked: told.asked, Since: told.since, Reachable: told.reachable, Healthy: told.healthy, Error: told.fault,
			Version: told.version,
			At:      s.at(server.Name, snap.Balancers),
		}
		if !s.Inventory.Deploy.Version.Given() {
			row.Version = f.deployed[server.Name]
		}
		for _, h := range f.holds {
			if h.Server == server.Name {
				row.Hold = &h
			}
		}
		row.Rotation = rotation(row.At)
		snap.Servers = append(snap.Servers, row)
	}
	snap.Versions = shares(snap.Servers)
	s.sides(&snap)
	return snap
}

func (s *Site) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// sides tells which servers are out because the other group is in rotation.
func (s *Site) sides(snap *Snapshot) {
	groups := s.Inventory.Rollout.BlueGreen
	unasked := func(v lb.View) bool { return v.Err != nil }
	if s.Inventory.Rollout.Strategy != "blue-green" || slices.ContainsFunc(snap.Balancers, unasked) {
		return
	}
	side := func(name string) lb.Side {
		return lb.Side{Name: name, Servers: slices.DeleteFunc(s.Inventory.Group(name), func(server string) bool {
			return slices.ContainsFunc(snap.Servers, func(row Server) bool { return row.Name == server && row.Hold != nil })
		})}
	}
	var idle string
	_, idle, snap.Mixed = lb.Live(snap.Balancers, side(groups[0]), side(groups[1]))
	for i := range snap.Servers {
		row := &snap.Servers[i]
		row.Idle = idle != "" && row.Balanced && row.Hold == nil && slices.Contains(row.Groups, idle)
	}
}

var errNoAnswer = errors.New("no answer yet")

// at tells where a server stands at each balancer that it stands behind.
func (s *Site) at(server string, views []lb.View) []At {
	var all []At
	for _, v := range views {
		if !s.behind(server, v.Name) {
			continue
		}
		here := At{v.Name, lb.Server{Name: server, State: lb.Absent, Weight: -1, Sessions: -1, Rate: -1, Errors: -1}}
		if v.Err != nil {
			here.State = lb.Unknown
		}
		for _, known := range v.Servers {
			if known.Name == server {
				here.Server = known
			}
		}
		all = append(all, here)
	}
	return all
}

// rotation sums up where a server stands.
func rotation(at []At) lb.State {
	states := make([]lb.State, len(at))
	for i, a := range at {
		states[i] = a.State
	}
	return lb.Sum(states...)
}

// shares tells how the traffic is spread over the versions: by the rates that
// the balancers tell, and while these are all 0 or unknown by the weights of
// what is in rotation.
func shares(servers []Server) []Share {
	traffic := func(by func(lb.Server) int) (each []int, sum int) {
		for _, server := range servers {
			n := 0
			for _, a := range server.At {
				n += max(by(a.Server), 0)
			}
			each = append(each, n)
			sum += n
		}
		return each, sum
	}
	each, sum := traffic(func(s lb.Server) int { return s.Rate })
	if sum == 0 {
		each, sum = traffic(weight)
	}
	var all []Share
	for i, server := range servers {
		if server.Version == "" && !server.Asked {
			continue
		}
		k := slices.IndexFunc(all, func(s Share) bool { return s.Version == server.Version })
		if k < 0 {
			k = len(all)
			all = append(all, Share{Version: server.Version})
		}
		all[k].Servers++
		if sum > 0 {
			all[k].Share += float64(each[i]) / float64(sum)
		}
	}
	slices.SortStableFunc(all, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(b.Servers, a.Servers))
	})
	return all
}

// weight is what a server counts where no rates are known. Who cannot tell a
// weight treats all alike.
func weight(s lb.Server) int {
	switch {
	case s.State != lb.In:
		return 0
	case s.Weight < 0:
		return 1
	}
	return s.Weight
}
