package rollout

import (
	"slices"

	"rota/lb"
	"rota/record"
)

// Unsettled lists the servers that a run has left for a person to settle: those
// that it took out, that no balancer's rotation has again and that nobody
// holds, and those whose weights it has left changed. A run that ended well, went back or was aborted is settled; so is one
// that left nobody out.
func Unsettled(s State, views []lb.View, holds []record.Hold) []string {
	if s.Ended {
		switch s.Outcome {
		case Done, RolledBack, Aborted:
			return nil
		default:
		}
	}
	left := s.Unweighed(views)
	for _, name := range s.LeftBehind() {
		if !slices.Contains(left, name) && !s.settled(name, views, holds) {
			left = append(left, name)
		}
	}
	return left
}

// settled reports whether a server that was left behind is held, or back in
// rotation by now.
func (s *State) settled(name string, views []lb.View, holds []record.Hold) bool {
	if slices.ContainsFunc(holds, func(h record.Hold) bool { return h.Server == name }) {
		return true
	}
	t := s.Plan.Target(name)
	return len(t.Balancers) > 0 && !slices.ContainsFunc(t.Balancers, func(b string) bool {
		return !isIn(views, b, name)
	})
}

func isIn(views []lb.View, balancer, server string) bool {
	for _, v := range views {
		for _, s := range v.Servers {
			if v.Name == balancer && s.Name == server {
				return s.Ready()
			}
		}
	}
	return false
}

// Resumable reports whether there is something to go on with.
func (s *State) Resumable() bool {
	switch s.Plan.Kind {
	case "drain", "restore":
		return false
	}
	if !s.Ended {
		return true
	}
	switch s.Outcome {
	case Paused, Stopped, LeftSome, LockLost:
		return true
	default:
		return false
	}
}
