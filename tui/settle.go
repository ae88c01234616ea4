package tui

import (
	"slices"
	"time"

	"rota/lb"
	"rota/rollout"
)

// aged reports whether what was told so long ago is not to be trusted any more.
func (f *fleet) aged(age time.Duration) bool { return age >= old && !f.lasting }

// settle decides what is to be believed now of what the balancers have said,
// and sums it up for each server.
func (f *fleet) settle(now time.Time) {
	f.busiest, f.errors = 0, -1
	var states [32]lb.State
	for _, s := range f.servers {
		sum := states[:0]
		for i := range s.seats {
			seat := &s.seats[i]
			seat.state = lb.Unknown
			if f.balancers[i].err == "" && !seat.at.IsZero() && !f.aged(now.Sub(seat.at)) {
				seat.state = seat.told
			}
			if seat.behind {
				sum = append(sum, seat.state)
			}
			if seat.errors >= 0 {
				f.errors = max(f.errors, 0) + seat.errors - seat.before
			}
		}
		s.rotation = lb.Sum(sum...)
		_, rate := s.figures()
		s.trend.put(now, rate)
		f.busiest = max(f.busiest, s.trend.most())
	}
}

// runs returns the version that a server is known to run; "" where nobody knows.
func (s *server) runs() string {
	if s.run != nil && s.run.Version != "" {
		return s.run.Version
	}
	return s.version
}

// figures sums up sessions and requests a second over the balancers; -1 where
// none of them can tell.
func (s *server) figures() (sessions, rate int) {
	sessions, rate = -1, -1
	for _, seat := range s.seats {
		if seat.sessions >= 0 {
			sessions = max(sessions, 0) + seat.sessions
		}
		if seat.rate >= 0 {
			rate = max(rate, 0) + seat.rate
		}
	}
	return sessions, rate
}

// failures sums up the errors over the balancers, since the screen was opened or
// the run has begun; -1 where none of them counts any.
func (s *server) failures() int64 {
	n := int64(-1)
	for _, seat := range s.seats {
		if seat.errors >= 0 {
			n = max(n, 0) + seat.errors - seat.before
		}
	}
	return n
}

// differs tells where a balancer says otherwise than what the run did; "" where
// they agree or what the balancer said is older than the deed.
func (s *server) differs(f *fleet) string {
	if s.target == nil {
		return ""
	}
	wantOut := s.run.Phase.OutOfRotation() && s.run.Phase != rollout.Draining
	wantIn := s.run.Phase == rollout.Serving || s.run.Phase == rollout.Waiting
	for i, seat := range s.seats {
		if !seat.behind || !seat.at.After(s.run.Since) || f.balancers[i].err != "" {
			continue
		}
		name := f.balancers[i].name
		switch {
		case wantOut && seat.told == lb.In:
		case wantIn && slices.Contains(s.target.Balancers, name) && s.target.Held == "" &&
			(seat.told == lb.Out || seat.told == lb.Draining || seat.told == lb.Down):
		default:
			continue
		}
		return name + " says " + seat.told.String()
	}
	return ""
}
