package proxy

import (
	"context"
	"fmt"
	"net/http/httputil"
	"time"
)

// member is one server as the proxy sees it. The proxy's lock guards it.
type member struct {
	Server
	id      int // from 1
	forward *httputil.ReverseProxy

	fall, rise int
	admin      admin
	health     int // 0 to rise-1: down; rise to rise+fall-1: up
	weight     int // as set by hand
	turn       int // its claim on the next request, see pick
	since      time.Time
	away       time.Duration // how long it was down, the present time apart
	last       verdict       // of the last check
	failed     int           // checks that failed while it was up
	downs      int           // times that it went down
	counters
	running map[*visit]bool
}

// visit is one request that is at a server.
type visit struct {
	cut   context.CancelCauseFunc
	since time.Time
}

// admin is what an operator wished for, in HAProxy's bits (include/haproxy/server-t.h).
type admin int

const (
	maint admin = 0x01
	drain admin = 0x08
)

func newMember(p *Proxy, id int, s Server) *member {
	m := &member{
		Server: s, id: id, rise: p.o.Check.Rise, fall: p.o.Check.Fall,
		weight: s.Weight, since: p.started, running: map[*visit]bool{},
		last: verdict{id: checkPending, code: "INI", text: "Initializing"},
	}
	m.health = m.rise // up until a check says otherwise
	if s.Disabled {
		m.admin = maint
	}
	m.forward = p.forwarder(m)
	return m
}

// alive tells whether health and wish let it serve at all, if only what is under way.
func (m *member) alive() bool { return m.admin&maint == 0 && m.health >= m.rise }

// usable tells whether new requests go to it.
func (m *member) usable() bool { return m.alive() && m.admin&drain == 0 && m.weight > 0 }

// op is srv_op_state: 2 running, 0 stopped.
func (m *member) op() int {
	if m.alive() {
		return 2
	}
	return 0
}

// status is the word that "show stat" has for it.
func (m *member) status() string {
	full := m.health >= m.rise+m.fall-1
	switch {
	case m.admin&maint != 0:
		return "MAINT"
	case m.health == 0:
		return "DOWN"
	case m.health < m.rise:
		return fmt.Sprintf("DOWN %d/%d", m.health, m.rise)
	case m.admin&drain != 0 && (full || m.NoCheck):
		return "DRAIN"
	case m.NoCheck:
		return "no check"
	case m.admin&drain != 0:
		return fmt.Sprintf("DRAIN %d/%d", m.health-m.rise+1, m.fall)
	case full:
		return "UP"
	}
	return fmt.Sprintf("UP %d/%d", m.health-m.rise+1, m.fall)
}

// wish sets the administrative state. Whoever comes back from maintenance
// counts as healthy until a check says otherwise: HAProxy does not wait either.
func (m *member) wish(a admin) {
	if a == m.admin {
		return
	}
	m.change(func() {
		if m.admin&maint != 0 && a&maint == 0 {
			m.health = m.rise
		}
		m.admin = a
	})
}

// judge takes the result of a check.
func (m *member) judge(v verdict) {
	m.last = v
	m.change(func() {
		switch {
		case v.passed && m.health+1 >= m.rise:
			m.health = m.rise + m.fall - 1
		case v.passed:
			m.health++
		case m.health > m.rise:
			m.health--
			m.failed++
		case m.health == m.rise:
			m.health = 0
			m.failed++
		default:
			m.health = 0
		}
	})
}

// setHealth makes it up or down as if checks had said so.
func (m *member) setHealth(up bool) {
	m.change(func() {
		m.health = 0
		if up {
			m.health = m.rise + m.fall - 1
		}
	})
}

// change keeps the times and counts of going up and down around a change.
func (m *member) change(do func()) {
	was, before := m.alive(), m.admin
	do()
	is := m.alive()
	if was == is && before == m.admin {
		return
	}
	now := time.Now()
	switch {
	case was && !is:
		m.downs++
	case !was && is:
		m.away += now.Sub(m.since)
	}
	m.since = now
}

// downtime is how long it was not alive, in all.
func (m *member) downtime() time.Duration {
	if m.alive() {
		return m.away
	}
	return m.away + time.Since(m.since)
}

// cut ends the requests that are at the server.
func (m *member) cut() {
	for v := range m.running {
		v.cut(errCut)
	}
}
