package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"regexp"
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

// world is a fleet in memory: one balancer inside the watchdog, and hosts that
// understand the commands of the test's inventory.
type world struct {
	t        testing.TB
	inv      *inventory.Inventory
	balancer *lbtest.Watchdog
	store    *memoryStore
	events   []rollout.Event

	mu      sync.Mutex
	runs    map[string]string                                 // by server: the version it runs
	command func(server, command, version string) error       // before a step takes effect; may be nil
	healthy func(server, version string) error                // nil: always
	decide  func(rollout.Question) (choice string, err error) // nil: "continue"
	seen    func(rollout.Event)                               // may be nil
	did     []string                                          // "web1: activate 2"
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
	w := &world{t: t, inv: inv, store: &memoryStore{versions: map[string]string{}, journals: map[string][]byte{}}, runs: map[string]string{}}
	var names []string
	for _, s := range inv.Servers {
		w.runs[s.Name] = "1"
		if s.Balanced {
			names = append(names, s.Name)
		}
	}
	m := lbtest.NewMemory(names...)
	m.Latency, m.Window = 2*time.Millisecond, time.Second
	w.balancer = lbtest.Guard(t, m, floor)
	return w
}

func (w *world) balancers() []lb.Named { return []lb.Named{{Name: "lb1", Balancer: w.balancer}} }

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

func (w *world) runner(past []rollout.Event) *Runner {
	w.t.Helper()
	j, err := rollout.OpenJournal(rollout.JournalConfig{
		Path: filepath.Join(w.t.TempDir(), "run.jsonl"), Run: "20260101-000000-test", Operator: "me", Store: w.store, Observer: w,
	}, past)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = j.Close() })
	hosts := map[string]rollout.Host{}
	for _, s := range w.inv.Servers {
		hosts[s.Name] = host{w, s.Name}
	}
	return &Runner{
		Inventory: w.inv, Balancers: w.balancers(), Hosts: hosts, Store: w.store, Journal: j, Operator: w,
		Healthy: w.checkHealth, Version: w.version,
	}
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
	return w.runner(nil).Run(w.t.Context(), w.plan(version))
}

// resume goes on with what the events so far add up to.
func (w *world) resume() (rollout.Summary, error) {
	w.t.Helper()
	past := w.events
	st, err := rollout.Replay(past)
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := rollout.Refresh(w.inv, st.Plan)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.runner(past).Resume(w.t.Context(), p)
}

func (w *world) Observe(e rollout.Event) {
	w.events = append(w.events, e)
	if w.seen != nil {
		w.seen(e)
	}
}

func (w *world) Decide(_ context.Context, q rollout.Question) (rollout.Answer, error) {
	if w.decide == nil {
		return rollout.Answer{Choice: rollout.Continue, By: "test"}, nil
	}
	choice, err := w.decide(q)
	return rollout.Answer{Choice: choice, By: "test"}, err
}

func (w *world) checkHealth(_ context.Context, server string, _ []inventory.Var, each func(string)) error {
	time.Sleep(10 * time.Millisecond)
	w.mu.Lock()
	version := w.runs[server]
	w.mu.Unlock()
	if w.healthy != nil {
		if err := w.healthy(server, version); err != nil {
			each(err.Error())
			return err
		}
	}
	each("200")
	w.balancer.Pass(server)
	return nil
}

func (w *world) version(_ context.Context, server string, _ []inventory.Var) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.runs[server], nil
}

// state of the balancer and the versions, "web1 in 2".
func (w *world) standing() string {
	var b strings.Builder
	for _, s := range w.inv.Servers {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %s %s", s.Name, w.balancer.State(s.Name), w.runs[s.Name])
	}
	return b.String()
}

// replays fails the test unless the journal gives the state that the run had.
func (w *world) replays() rollout.State {
	w.t.Helper()
	events, err := rollout.ReadEvents(w.store.journals["20260101-000000-test"])
	if err != nil {
		w.t.Fatal(err)
	}
	st, err := rollout.Replay(events)
	if err != nil {
		w.t.Fatal(err)
	}
	return st
}

// host understands the scripts that the engine sends.
type host struct {
	w    *world
	name string
}

type exitError int

func (e exitError) Error() string   { return fmt.Sprintf("exit status %d", int(e)) }
func (e exitError) ExitStatus() int { return int(e) }

type lostError struct{}

func (lostError) Error() string { return "the connection was lost" }
func (lostError) Unknown() bool { return true }

func (h host) Run(ctx context.Context, script, _ string, out io.Writer) error {
	_, rest, ok := strings.Cut(script, "set -eu\n")
	if !ok {
		return nil // an endScript, or a look
	}
	command, _, _ := strings.Cut(rest, "\n")
	version := regexp.MustCompile(`export ROTA_VERSION='(.*)'`).FindStringSubmatch(script)[1]
	if command == "activate" {
		h.w.balancer.Touch(h.name)
	}
	h.w.mu.Lock()
	h.w.did = append(h.w.did, h.name+": "+command+" "+version)
	fails := h.w.command
	h.w.mu.Unlock()
	select {
	case <-time.After(50 * time.Millisecond):
	case <-ctx.Done():
		return ctx.Err()
	}
	_, _ = io.WriteString(out, command+"\n")
	if fails != nil {
		if err := fails(h.name, command, version); err != nil {
			return err
		}
	}
	if command == "activate" {
		h.w.mu.Lock()
		h.w.runs[h.name] = version
		h.w.mu.Unlock()
	}
	return nil
}

func (h host) Upload(context.Context, string, string, string) error { return nil }

func (h host) DialContext(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("no network here")
}

// memoryStore keeps what rollout.Store keeps.
type memoryStore struct {
	mu       sync.Mutex
	journals map[string][]byte
	holds    []record.Hold
	versions map[string]string
	beat     error
	full     bool
}

func (s *memoryStore) Lock(context.Context, record.Lock) error { return nil }
func (s *memoryStore) Unlock(context.Context, string) error    { return nil }

func (s *memoryStore) Beat(context.Context, string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.beat
}

func (s *memoryStore) Holder(context.Context) (*record.Held, error) { return nil, nil }

func (s *memoryStore) Append(_ context.Context, run string, offset int64, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return errors.New("no space left on device")
	}
	s.journals[run] = append(s.journals[run][:offset:offset], data...)
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
