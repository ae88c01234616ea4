package tui

import (
	"cmp"
	"slices"

	"rota/lb"
	"rota/rollout"
)

// tally counts the servers for the first lines of the screen.
type tally struct {
	total, updated, failed, draining, work int  // of the run
	leaving                                int  // of those, with nothing to be done on them
	in, meant                              int  // in rotation, in the balancer that has the fewest
	floor                                  int  // in that balancer; -1 where there is none
	sure                                   bool // it has told of all its servers
	out, down, held, trouble               int  // of the fleet at rest
	shares                                 []share
	byRate                                 bool
}

// share is what part of the traffic a version gets.
type share struct {
	version string
	brought bool    // it is what the run brings
	part    float64 // 0 to 1
	amount  float64 // requests a second, or weight
}

func (m *model) count() tally {
	t := tally{floor: -1}
	for _, target := range m.run.state.Current().Targets {
		if !target.Leaves { // nothing is done on those
			t.total++
		}
	}
	for _, s := range m.fleet.servers {
		switch s.rotation {
		case lb.Out, lb.Draining:
			t.out++
		case lb.Down:
			t.down++
		default:
		}
		if s.hold != "" {
			t.held++
		}
		if s.trouble != "" {
			t.trouble++
		}
		if s.run == nil {
			continue
		}
		leaves := s.target != nil && s.target.Leaves
		if s.finished || m.ready(s) {
			if !leaves && !s.run.GoesBack {
				t.updated++
			}
			continue
		}
		was := t.draining + t.work
		switch s.run.Phase {
		case rollout.Draining:
			t.draining++
		case rollout.Out, rollout.Deploying, rollout.Checking, rollout.Returning, rollout.Climbing, rollout.Held:
			t.work++
		case rollout.Failed, rollout.Uncertain, rollout.Skipped:
			t.failed++
		default:
		}
		if leaves {
			t.leaving += t.draining + t.work - was
		}
	}
	t.fewest(m)
	t.shares, t.byRate = m.fleet.traffic(m.run.brings(), -1)
	return t
}

// ready reports whether a server was done in an earlier batch and only comes in now.
func (m *model) ready(s *server) bool {
	if s.target == nil || !s.target.Comes || m.run.state.Batch <= s.target.Batch {
		return false
	}
	return s.run.Phase != rollout.Failed && s.run.Phase != rollout.Uncertain && s.run.Phase != rollout.Skipped
}

// fewest finds the balancer that has the fewest servers in rotation over its
// floor. One that cannot tell of all its servers counts only where all are so.
func (t *tally) fewest(m *model) {
	slack := 0
	for i, b := range m.fleet.balancers {
		in, meant, floor, sure := 0, 0, m.floorAt(b.name), true
		for _, s := range m.fleet.servers {
			if !s.seats[i].behind {
				continue
			}
			meant++
			switch s.seats[i].state {
			case lb.In:
				in++
			case lb.Unknown:
				sure = false
			default:
			}
		}
		here := in - max(floor, 0)
		switch {
		case i == 0, sure && !t.sure, sure == t.sure && here < slack:
			t.in, t.meant, t.floor, t.sure, slack = in, meant, floor, sure, here
		}
	}
}

// traffic tells what part of the traffic each version gets at a balancer (-1:
// at all of them). What the run brings comes first.
func (f *fleet) traffic(brings string, at int) (shares []share, byRate bool) {
	total := 0.0
	byRate = f.amounts(at, func(s *server, amount float64) {
		shares = addShare(shares, s, brings, amount)
		total += amount
	})
	for i := range shares {
		shares[i].part = shares[i].amount / total
	}
	slices.SortStableFunc(shares, func(a, b share) int {
		switch {
		case a.brought && !b.brought:
			return -1
		case b.brought && !a.brought:
			return 1
		}
		return cmp.Compare(b.part, a.part)
	})
	return shares, byRate
}

// amounts tells what each server gets at a balancer (-1: at all of them): its
// requests a second where any is told, else its part by the weights of those
// in rotation.
func (f *fleet) amounts(at int, tell func(s *server, amount float64)) (byRate bool) {
	for i := range f.balancers {
		if at >= 0 && i != at || f.balancers[i].err != "" {
			continue
		}
		for _, s := range f.servers {
			if rate := s.seats[i].rate; s.seats[i].behind && rate > 0 {
				byRate = true
				tell(s, float64(rate))
			}
		}
	}
	if byRate {
		return true
	}
	for i := range f.balancers {
		if at >= 0 && i != at || f.balancers[i].err != "" {
			continue
		}
		weight := 0
		for _, s := range f.servers {
			weight += s.weightAt(i)
		}
		for _, s := range f.servers {
			if own := s.weightAt(i); own > 0 {
				tell(s, float64(own)/float64(weight))
			}
		}
	}
	return false
}

// weightAt is the weight that counts for a server's part of the traffic: 0
// where it is not in rotation, 1 where the balancer cannot tell.
func (s *server) weightAt(i int) int {
	switch {
	case !s.seats[i].behind || s.seats[i].state != lb.In:
		return 0
	case s.seats[i].weight < 0:
		return 1
	}
	return s.seats[i].weight
}

// addShare adds what a server gets to the share of its version.
func addShare(shares []share, s *server, brings string, amount float64) []share {
	version, brought := s.runs(), s.brought(brings)
	for i := range shares {
		if shares[i].version == version {
			shares[i].amount += amount
			shares[i].brought = shares[i].brought || brought
			return shares
		}
	}
	return append(shares, share{version: version, brought: brought, amount: amount})
}

// brought reports whether the server runs what the run brings, to all or to this
// one.
func (s *server) brought(brings string) bool {
	version := s.runs()
	return version != "" && version == brings ||
		s.target != nil && version == s.target.To && s.target.To != s.target.From
}
