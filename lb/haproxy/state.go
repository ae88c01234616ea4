package haproxy

import (
	"strings"

	"rota/lb"
)

// The bits of srv_admin_state, from HAProxy's include/haproxy/server-t.h; they
// are the same from 2.0 to 3.4. The bits 4 and 64 (disabled in the
// configuration, name changed at runtime) say nothing about traffic.
const (
	forcedMaint     = 1
	inheritedMaint  = 2 // from the server that it tracks
	forcedDrain     = 8
	inheritedDrain  = 16
	unresolved      = 32 // maintenance, because its name does not resolve
	maint           = forcedMaint | inheritedMaint
	drain           = forcedDrain | inheritedDrain
	closedByAnyBody = maint | drain | unresolved
)

// The values of srv_op_state.
const (
	stopped  = 0
	starting = 1 // slow start
	running  = 2
	stopping = 3 // only sessions that stick to it
)

// The bits of srv_check_state and srv_agent_state.
const (
	configured = 2
	enabled    = 4
)

// state tells where the server stands in the backend's rotation. What somebody
// wished for goes before what a health check found.
func (r row) state() lb.State {
	switch {
	case r.admin&maint != 0:
		return lb.Out
	case r.admin&unresolved != 0:
		return lb.Down
	case r.admin&drain != 0 || r.uweight == 0:
		return lb.Draining
	case r.op == stopped:
		return lb.Down
	case r.op == stopping:
		return lb.Draining
	case r.standby:
		return lb.Out
	}
	return lb.In
}

// ready tells whether the server gets requests, as far as it is up to it: a
// backup server may still have to wait.
func (r row) ready() bool {
	return (r.op == starting || r.op == running) && r.admin&closedByAnyBody == 0 && r.uweight > 0
}

// closed tells whether somebody took the server out, so that no check of its
// own can put it back.
func (r row) closed() bool { return r.admin&(maint|drain) != 0 || r.uweight == 0 }

// checked tells whether HAProxy checks this server itself.
func (r row) checked() bool { return r.check&configured != 0 && r.check&enabled != 0 }

// agented tells whether the server has an agent, which may change its state.
func (r row) agented() bool { return r.agent&configured != 0 }

// note tells what the state alone does not.
func (r row) note() string {
	var notes []string
	say := func(when bool, what string) {
		if when {
			notes = append(notes, what)
		}
	}
	say(r.tracked != "", "follows "+r.tracked)
	say(r.admin&unresolved != 0, "its name does not resolve")
	say(r.admin&(maint|drain) == 0 && r.uweight == 0, "weight 0")
	say(r.op == stopped && r.state() == lb.Draining, "its check fails")
	say(r.op == stopping, "its check asks for no new sessions")
	say(r.op == starting && r.throttle != "", "slow start, at "+r.throttle+"%")
	say(strings.HasSuffix(r.status, "(agent)"), "by its agent")
	say(r.standby, "a backup, serves only when no other can")
	return strings.Join(notes, ", ")
}

// sum tells one server in all its backends, of which there is at least one.
// Drained is true when it is closed in all of them and has no session.
func sum(name string, rows []row) lb.Server {
	s := lb.Server{Name: name, Drained: true, Weight: rows[0].weight, Standby: true}
	var states []lb.State
	var notes []string
	for _, r := range rows {
		states = append(states, r.state())
		s.Standby = s.Standby && r.ready()
		s.Drained = s.Drained && r.closed() && r.scur == 0 && r.qcur == 0
		s.Sessions += max(r.scur, 0)
		s.Peak += max(r.smax, 0)
		s.Limit += max(r.slim, 0)
		s.Rate += max(r.rate, 0)
		s.Errors += max(r.econ, 0) + max(r.eresp, 0)
		if s.Check == "" {
			s.Check = r.checkStatus
		}
		if note := r.note(); note != "" {
			notes = append(notes, r.pool+": "+note)
		}
		s.Pools = append(s.Pools, lb.PoolServer{
			Pool: r.pool, State: r.state(), Weight: r.weight, Sessions: r.scur, Rate: r.rate,
		})
	}
	s.State, s.Note = lb.Sum(states...), strings.Join(notes, "; ")
	s.Standby = s.Standby && s.State != lb.In
	return s
}
