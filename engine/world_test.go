package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rota/inventory"
	"rota/lb"
	"rota/lb/lbtest"
	"rota/record"
	"rota/rollout"
)

// world is a fleet in memory: balancers inside watchdogs, and hosts that
// understand the commands of the test's inventory. What works on it is a
// process, which can be killed.
type world struct {
	t      testing.TB
	inv    *inventory.Inventory
	fronts []*lbtest.Watchdog // in the inventory's order
	store  *memoryStore
	events []rollout.Event // of the journal, as on the disk of the operator

	mu      sync.Mutex
	runs    map[string]string                                         // by server: the version it runs
	running map[string]*command                                       // by server
	boots   map[string]int                                            // by host: how often it was rebooted
	down    map[string]bool                                           // by host: it is being rebooted
	command func(server, command, version string) error               // before a step takes effect; may be nil
	healthy func(server, version string) error                        // nil: always
	errand  func(where, command string, vars map[string]string) error // what a hook or a balancer's command comes to; may be nil
	decide  func(rollout.Question) (choice string, err error)         // nil: "continue"
	wait    bool                                                      // a question is not answered
	shows   func([]lb.Server)                                         // changes what every balancer tells; may be nil
	seen    func(rollout.Event)                                       // may be nil
	did     []string                                                  // "web1: activate 2"

	bootTime time.Duration // of a host
}

const worldYAML = `
app: shop
servers:
  - name: web{1..4}
    address: 10.0.0.{1..4}:80
balancers:
  - name: lb1
    haproxy: {socket: /run/haproxy.sock, backends: [app]}
deploy:
  steps:
    - run: activate
  version: "true"
health: {http: "http://127.0.0.1/"}
rollout:
  soak: 0s
`

func newWorld(t testing.TB, yaml string, floor int) *world {
	t.Helper()
	inv, err := inventory.Load(strings.NewReader(yaml), "inventory.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, inv: inv, runs: map[string]string{}, running: map[string]*command{},
		boots: map[string]int{}, down: map[string]bool{}, bootTime: 10 * time.Second,
		store: &memoryStore{versions: map[string]string{}, journals: map[string][]byte{}},
	}
	for _, s := range inv.Servers {
		w.runs[s.Name] = "1"
	}
	for _, b := range inv.Balancers {
		m := lbtest.NewMemory(b.Servers...)
		m.Latency, m.Window = 2*time.Millisecond, time.Second
		w.fronts = append(w.fronts, lbtest.Guard(t, m, floor))
	}
	return w
}

// behind lists the balancers that a server stands behind.
func (w *world) behind(server string) []*lbtest.Watchdog {
	var on []*lbtest.Watchdog
	for i, b := range w.inv.Balancers {
		if b.Fronts(server) {
			on = append(on, w.fronts[i])
		}
	}
	return on
}

func (w *world) balancers() []lb.Named { return (&process{world: w}).balancers() }

func (w *world) facts() rollout.Facts {
	f := rollout.Facts{
		Views:    lb.Look(context.Background(), w.balancers()).Balancers,
		Versions: map[string]string{}, Healthy: map[string]bool{}, Holds: w.store.holds,
	}
	for s, v := range w.runs {
		f.Versions[s], f.Healthy[s] = v, true
	}
	return f
}

func (w *world) plan(version string) rollout.Plan {
	w.t.Helper()
	p, err := rollout.New(w.inv, w.facts(), rollout.Options{Version: version})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// deploy runs a whole deploy of a version.
func (w *world) deploy(version string) (rollout.Summary, error) {
	w.t.Helper()
	return w.process().run(w.plan(version))
}

// resume goes on with what the events so far add up to.
func (w *world) resume() (rollout.Summary, error) {
	w.t.Helper()
	return w.process().resume()
}

// standing tells the states on the balancers and the versions: "web1 in 2".
func (w *world) standing() string {
	var b strings.Builder
	for _, s := range w.inv.Servers {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		var states []lb.State
		for _, f := range w.behind(s.Name) {
			states = append(states, f.State(s.Name))
		}
		fmt.Fprintf(&b, "%s %s %s", s.Name, lb.Sum(states...), w.runs[s.Name])
	}
	return b.String()
}

// replays fails the test unless the journal gives the state that the run had.
func (w *world) replays() rollout.State {
	w.t.Helper()
	events, err := rollout.ReadEvents(w.store.journals[testRun])
	if err != nil {
		w.t.Fatal(err)
	}
	st, err := rollout.Replay(events)
	if err != nil {
		w.t.Fatal(err)
	}
	return st
}

// memoryStore keeps what rollout.Store keeps.
type memoryStore struct {
	mu       sync.Mutex
	journals map[string][]byte
	holds    []record.Hold
	versions map[string]string
	lost     error // of a beat or an append
	full     error // of an append
	appended func(data string)
}

func (s *memoryStore) Lock(context.Context, record.Lock) error { return nil }
func (s *memoryStore) Unlock(context.Context, string) error    { return nil }

func (s *memoryStore) Beat(context.Context, string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

func (s *memoryStore) lose(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = err
}

func (s *memoryStore) fill(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full = err
}

func (s *memoryStore) Holder(context.Context) (*record.Held, error) { return nil, nil }

func (s *memoryStore) Append(_ context.Context, run string, offset int64, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost != nil || s.full != nil {
		return errors.Join(s.lost, s.full)
	}
	s.journals[run] = append(s.journals[run][:offset:offset], data...)
	if s.appended != nil {
		s.appended(string(data))
	}
	return nil
}

func (s *memoryStore) Runs(context.Context) ([]record.Run, error) { return nil, nil }

func (s *memoryStore) Journal(_ context.Context, run string) ([]byte, error) {
	return s.journals[run], nil
}

func (s *memoryStore) Holds(context.Context) ([]record.Hold, error) { return s.holds, nil }

func (s *memoryStore) Hold(_ context.Context, h record.Hold) error {
	s.holds = append(s.holds, h)
	return nil
}

func (s *memoryStore) Release(context.Context, string) error { return nil }

func (s *memoryStore) Versions(context.Context) (map[string]string, error) { return s.versions, nil }

func (s *memoryStore) Deployed(_ context.Context, server, version string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versions[server] = version
	return nil
}
