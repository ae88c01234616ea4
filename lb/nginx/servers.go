package nginx

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rota/lb"
)

// Servers implements lb.Balancer. Sessions are the established connections
// from the machine to the server, whoever made them; nginx tells no rates and
// no errors.
//
// Where connections prove a server drained, the first call that finds one
// without any takes a second longer, to count again.
func (b *Balancer) Servers(ctx context.Context) ([]lb.Server, error) {
	for tries := 0; ; tries++ {
		t, seen, err := b.load(ctx)
		if err != nil {
			return nil, err
		}
		b.mu.Lock()
		counting := b.memory.remember(t, seen, b.cfg.Members, time.Now())
		b.mu.Unlock()
		if b.cfg.Drained != "connections" || !counting || tries > 2*int(window/sample) {
			return b.states(t, seen), nil
		}
		select {
		case <-time.After(sample):
		case <-ctx.Done():
			return nil, fmt.Errorf("nginx: %w", ctx.Err())
		}
	}
}

// states tells of every server, in the order of the configuration.
func (b *Balancer) states(t *tree, seen look) []lb.Server {
	var names []string // as the configuration has them, then those that it has not
	for _, l := range t.lines {
		for _, m := range b.cfg.Members {
			if l.is(m) {
				names = include(names, m.Server)
			}
		}
	}
	for _, m := range b.cfg.Members {
		names = include(names, m.Server)
	}
	servers := make([]lb.Server, len(names))
	for i, name := range names {
		servers[i] = b.server(t, seen, name)
	}
	return servers
}

// server sums up one server over its pools.
func (b *Balancer) server(t *tree, seen look, name string) lb.Server {
	s := lb.Server{Name: name, Weight: -1, Sessions: -1, Rate: -1, Errors: -1}
	var notes []string
	var states []lb.State
	sessions := map[string]int{}
	for _, m := range b.cfg.Members {
		if m.Server != name {
			continue
		}
		p := lb.PoolServer{Pool: m.Pool, Weight: -1, Sessions: -1, Rate: -1}
		var inPool []lb.State
		for _, l := range t.lines {
			if !l.is(m) {
				continue
			}
			state, note := b.state(t, seen, l)
			inPool = append(inPool, state)
			p.Weight = max(p.Weight, 0) + l.peer.Weight
			if note != "" {
				notes = include(notes, note)
			}
			if l.peer.Backup {
				notes = include(notes, "backup")
			}
			if n, ok := sessionsOf(l.peer.Address, seen.peers); ok {
				sessions[l.peer.Address] = n
				p.Sessions = n
			}
		}
		if s.Weight < 0 {
			s.Weight = p.Weight
		}
		p.State = lb.Sum(inPool...)
		states = append(states, inPool...)
		s.Pools = append(s.Pools, p)
	}
	s.State = lb.Sum(states...)
	s.Drained = s.State == lb.Out
	for _, n := range sessions {
		s.Sessions = max(s.Sessions, 0) + n
	}
	s.Note = strings.Join(notes, "; ")
	return s
}

// state tells of one server line.
func (b *Balancer) state(t *tree, seen look, l line) (lb.State, string) {
	changed := t.changed(l, l.key(), seen.generation)
	switch {
	case !seen.loaded(changed) && l.peer.Down:
		return lb.Unknown, "down in the file, no reload proved since"
	case !seen.loaded(changed):
		return lb.Unknown, "not down in the file, no reload proved since"
	case !l.peer.Down && l.peer.Drain:
		return lb.Draining, "drain in the file: requests bound to it still reach it"
	case !l.peer.Down:
		return lb.In, ""
	}
	if drained, note := b.drained(l, seen, changed); !drained {
		return lb.Draining, note
	}
	return lb.Out, ""
}
