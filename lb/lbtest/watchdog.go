package lbtest

import (
	"context"
	"sync"
	"testing"

	"rota/lb"
)

// Watchdog is a Memory that fails its test, at the very change, when a promise
// of a run is broken:
//
//   - a Set takes a server out of rotation and leaves fewer in than the floor;
//   - a Set puts a server in that was touched and not proved since;
//   - a server is touched while it is in rotation.
//
// The test tells it what happens to the servers (Touch, Pass); the balancer's
// part it sees itself. What another's hand does (Put, Reload) breaks no
// promise.
type Watchdog struct {
	*Memory

	// Hook, if set before the first use, is called after every change that a
	// Set made. It may use the Watchdog.
	Hook func(server string, to lb.State)

	t     testing.TB
	floor int

	mu     sync.Mutex
	proofs map[string]proofs
	fresh  []change // seen by no Hook yet
}

// proofs is what still has to pass before a touched server may come back.
type proofs struct{ health, check bool }

// Guard puts a watchdog on m: never fewer than floor servers in rotation.
func Guard(t testing.TB, m *Memory, floor int) *Watchdog {
	w := &Watchdog{Memory: m, t: t, floor: floor, proofs: map[string]proofs{}}
	m.watch = w.watch
	return w
}

// Touch says that a server's application is being changed from now on.
func (w *Watchdog) Touch(server string) {
	if state := w.State(server); state == lb.In {
		w.t.Errorf("watchdog: %s is touched while it is in rotation", server)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.proofs[server] = proofs{health: true, check: true}
}

// Pass says that the run's own health check of a server has passed.
func (w *Watchdog) Pass(server string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.proofs[server]
	p.health = false
	w.proofs[server] = p
}

// Set passes the changes on and then calls the Hook.
func (w *Watchdog) Set(ctx context.Context, want ...lb.Change) error {
	err := w.Memory.Set(ctx, want...)
	w.mu.Lock()
	fresh := w.fresh
	w.fresh = nil
	w.mu.Unlock()
	for _, c := range fresh {
		if w.Hook != nil {
			w.Hook(c.server, c.to)
		}
	}
	return err
}

// Prove passes on, and believes a success.
func (w *Watchdog) Prove(ctx context.Context, servers ...string) error {
	err := w.Memory.Prove(ctx, servers...)
	if err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, server := range servers {
			p := w.proofs[server]
			p.check = false
			w.proofs[server] = p
		}
	}
	return err
}

func (w *Watchdog) watch(c change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fresh = append(w.fresh, c)
	switch p := w.proofs[c.server]; {
	case c.to == lb.In && p.health:
		w.t.Errorf("watchdog: %s is put in without a passed health check", c.server)
	case c.to == lb.In && p.check:
		w.t.Errorf("watchdog: %s is put in without the balancer's own proof", c.server)
	case c.from == lb.In && c.in < w.floor && !p.health: // what is being changed must not serve, whoever put it in
		w.t.Errorf("watchdog: %s is taken out and %d are left in rotation, fewer than %d", c.server, c.in, w.floor)
	}
}
