package nginx

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"rota/lb"
	"rota/lb/nginx/conf"
)

// window is how long a server must have been without connections to count as
// drained where that is the proof, and sample how often they are counted.
const (
	window = time.Second
	sample = 250 * time.Millisecond
)

// quiet is a time without connections to a server that is down.
type quiet struct {
	since   time.Time
	samples int
}

func (q quiet) enough(now time.Time) bool { return q.samples > 3 && now.Sub(q.since) >= window }

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
		if counting := b.count(t, seen); !counting || tries > 2*int(window/sample) {
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
	changed := t.changed(l, seen.generation)
	switch {
	case !seen.loaded(changed) && l.peer.Down:
		return lb.Unknown, "down in the file, no reload proved since"
	case !seen.loaded(changed):
		return lb.Unknown, "not down in the file, no reload proved since"
	case !l.peer.Down:
		return lb.In, ""
	}
	old := seen.older(changed)
	if b.cfg.Drained == "connections" {
		if _, ok := sessionsOf(l.peer.Address, seen.peers); ok {
			if b.isQuiet(l.peer.Address) {
				return lb.Out, ""
			}
			return lb.Draining, workers(old)
		}
		if old > 0 {
			return lb.Draining, workers(old) + ", and connections cannot be counted (is ss installed?)"
		}
	}
	if old > 0 {
		return lb.Draining, workers(old)
	}
	return lb.Out, ""
}

// workers says how many old workers there still are.
func workers(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 old worker has not ended"
	}
	return strconv.Itoa(n) + " old workers have not ended"
}

// count notes which servers that are down have no connections, where that is
// the proof. It tells whether one of them is still being counted, so that to
// count again soon is worth while.
func (b *Balancer) count(t *tree, seen look) (again bool) {
	if b.cfg.Drained != "connections" {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	next := map[string]quiet{}
	for _, l := range t.lines {
		n, ok := sessionsOf(l.peer.Address, seen.peers)
		if !ok || n > 0 || !l.peer.Down || !slices.ContainsFunc(b.cfg.Members, l.is) ||
			!seen.loaded(t.changed(l, seen.generation)) {
			continue
		}
		q, known := b.quiet[l.peer.Address]
		if !known {
			q.since = now
		}
		if _, counted := next[l.peer.Address]; !counted {
			q.samples++
			next[l.peer.Address] = q
		}
		again = again || !q.enough(now)
	}
	b.quiet = next
	return again
}

func (b *Balancer) isQuiet(address string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.quiet[address].enough(time.Now())
}

// sessionsOf counts the connections to an address. They cannot be told for a
// name or a unix socket.
func sessionsOf(address string, peers map[string]int) (int, bool) {
	if peers == nil || strings.HasPrefix(address, "unix:") || !conf.Numeric(address) {
		return 0, false
	}
	return peers[address], true
}
