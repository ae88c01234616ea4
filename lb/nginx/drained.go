package nginx

import (
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

// memory is what a Balancer remembers from one poll to the next about servers
// that are down. A new process has none, and is then the more careful.
type memory struct {
	quiet map[string]quiet           // by address: no connections
	clean map[string]map[string]bool // by a line's key: the workers that are known to have read it as down
}

// quiet is a time without connections to a server.
type quiet struct {
	since   time.Time
	samples int
}

func (q quiet) enough(now time.Time) bool { return q.samples > 3 && now.Sub(q.since) >= window }

// remember takes in one poll. It tells whether connections are still being
// counted, so that to look again soon is worth while.
func (m *memory) remember(t *tree, seen look, members []lb.Member, now time.Time) (counting bool) {
	next := memory{quiet: map[string]quiet{}, clean: map[string]map[string]bool{}}
	for _, l := range t.lines {
		if !slices.ContainsFunc(members, l.is) {
			continue
		}
		changed := t.changed(l, l.key(), seen.generation)
		down := l.peer.Down && seen.loaded(changed)
		clean := map[string]bool{}
		for _, w := range seen.all() {
			if m.clean[l.key()][w.id] || down && w.younger(changed) {
				clean[w.id] = true
			}
		}
		next.clean[l.key()] = clean
		address := l.peer.Address
		if n, ok := sessionsOf(address, seen.peers); !ok || n > 0 || !down {
			continue
		}
		q, known := m.quiet[address]
		if !known {
			q.since = now
		}
		if _, twice := next.quiet[address]; !twice {
			q.samples++
			next.quiet[address] = q
		}
		counting = counting || !q.enough(now)
	}
	*m = next
	return counting
}

// old counts the workers that may still send to a server whose line is down.
func (m *memory) old(l line, g generation, changed time.Time) int {
	n := 0
	for _, w := range g.all() {
		if !w.younger(changed) && !m.clean[l.key()][w.id] {
			n++
		}
	}
	return n
}

// drained tells whether nothing can reach a server any more whose line is down
// and read as that, and if not, what is left.
func (b *Balancer) drained(l line, seen look, changed time.Time) (bool, string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.memory.old(l, seen.generation, changed)
	if b.cfg.Drained != "connections" {
		return old == 0, workers(old)
	}
	if _, ok := sessionsOf(l.peer.Address, seen.peers); ok {
		return b.memory.quiet[l.peer.Address].enough(time.Now()), workers(old)
	}
	if old == 0 {
		return true, ""
	}
	return false, workers(old) + ", and connections cannot be counted (is ss installed?)"
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

// sessionsOf counts the connections to an address. They cannot be told for a
// name or a unix socket.
func sessionsOf(address string, peers map[string]int) (int, bool) {
	if peers == nil || strings.HasPrefix(address, "unix:") || !conf.Numeric(address) {
		return 0, false
	}
	return peers[address], true
}
