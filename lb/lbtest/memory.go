package lbtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"rota/lb"
)

// Memory is a balancer that exists only in memory. It waits with timers alone,
// so it can be used inside a testing/synctest bubble. Set its fields before
// its first use; its methods may be called concurrently.
type Memory struct {
	Latency time.Duration    // how long every call takes
	Window  time.Duration    // how long a server must have been without requests to count as drained
	Fault   func(Call) Fault // asked at every call, one at a time; nil: nothing goes wrong
	Static  bool             // its weights are fixed

	mu      sync.Mutex
	members []*member
	epoch   int // how often it was reloaded
	log     []Call
	watch   func(change) // sees every change that a Set makes, with mu held
}

// Call is one call of a method of a Memory.
type Call struct {
	At      time.Time
	Method  string      // "Servers", "Set", "Prove", "Cut", "Weights", "Weigh" or "Counts"
	Changes []lb.Change // of Set
	Weights []lb.Weight // of Weigh
	Servers []string    // of Prove and Cut
}

// Fault is how one call goes wrong.
type Fault struct {
	Delay time.Duration // on top of the Latency; the context may end it
	Err   error         // what the call returns
	Made  int           // so many changes of a Set or Weigh are made all the same: an error is no proof that nothing happened
}

// member is one server of a Memory.
type member struct {
	name     string
	stranger bool     // the inventory does not name it
	state    lb.State // as wished for
	sick     bool     // its application does not answer
	sticky   bool     // clients that know it come back while it drains
	requests map[*request]bool
	quiet    time.Time // since when it has had no request

	weight, configured int
	turn               int // its claim on the next request, see Serve
	counts
}

// request is one request under way.
type request struct{ cut bool }

// change is one change of state that a Set made.
type change struct {
	server   string
	from, to lb.State
	in       int // servers in rotation after it
}

// errCut is what a request gets that was cut.
var errCut = errors.New("the request was cut")

// NewMemory returns a balancer with one pool, "app", of servers in rotation.
func NewMemory(servers ...string) *Memory {
	m := &Memory{}
	for _, name := range servers {
		m.members = append(m.members, newMember(name))
	}
	return m
}

func newMember(name string) *member {
	return &member{name: name, state: lb.In, requests: map[*request]bool{}, quiet: time.Now(), weight: 1, configured: 1}
}

// Servers implements lb.Balancer.
func (m *Memory) Servers(ctx context.Context) ([]lb.Server, error) {
	fault, err := m.begin(ctx, Call{Method: "Servers"})
	if err != nil || fault.Err != nil {
		return nil, errors.Join(err, fault.Err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []lb.Server
	for _, s := range m.members {
		if s.stranger {
			continue
		}
		list = append(list, s.seen(m.Window))
	}
	return list, nil
}

// Set implements lb.Balancer.
func (m *Memory) Set(ctx context.Context, want ...lb.Change) error {
	var names []string
	for _, c := range want {
		if c.To != lb.Draining && c.To != lb.Out && c.To != lb.In {
			return fmt.Errorf("%s: %v cannot be wished for", c.Server, c.To)
		}
		names = append(names, c.Server)
	}
	members, err := m.find(names)
	if err != nil {
		return err
	}
	return m.talked(ctx, Call{Method: "Set", Changes: want}, func(fault Fault, err error) error {
		for i, c := range want {
			if err == nil || i < fault.Made {
				m.change(members[i], c.To)
			}
		}
		return err
	})
}

func (m *Memory) change(s *member, to lb.State) {
	if to == s.state || to == lb.Draining && s.state == lb.Out {
		return
	}
	from := s.state
	s.state = to
	if m.watch != nil {
		m.watch(change{s.name, from, to, m.inRotation()})
	}
}

// Prove implements lb.Prover: it waits until the servers are healthy.
func (m *Memory) Prove(ctx context.Context, servers ...string) error {
	members, err := m.find(servers)
	if err != nil {
		return err
	}
	if err := m.talked(ctx, Call{Method: "Prove", Servers: servers}, func(_ Fault, err error) error { return err }); err != nil {
		return err
	}
	sick := func(s *member) bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return s.sick && s.state != lb.In
	}
	for slices.ContainsFunc(members, sick) {
		if err := wait(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("its check fails: %w", err)
		}
	}
	return nil
}

// Preview implements lb.Previewer.
func (m *Memory) Preview(_ context.Context, want ...lb.Change) ([]string, error) {
	var lines []string
	for _, w := range (Call{Changes: want}).words() {
		lines = append(lines, w.text)
	}
	return lines, nil
}

// Cut implements lb.Cutter.
func (m *Memory) Cut(ctx context.Context, servers ...string) error {
	members, err := m.find(servers)
	if err != nil {
		return err
	}
	return m.talked(ctx, Call{Method: "Cut", Servers: servers}, func(_ Fault, err error) error {
		for _, s := range members {
			for r := range s.requests {
				if err == nil {
					s.cut(r)
				}
			}
		}
		return err
	})
}

// begin writes the call down and waits as long as it takes.
func (m *Memory) begin(ctx context.Context, call Call) (Fault, error) {
	if err := ctx.Err(); err != nil {
		return Fault{}, err
	}
	call.At = time.Now()
	call.Changes, call.Servers, call.Weights = slices.Clone(call.Changes), slices.Clone(call.Servers), slices.Clone(call.Weights)
	var fault Fault
	m.mu.Lock()
	m.log = append(m.log, call)
	if m.Fault != nil {
		fault = m.Fault(call)
	}
	m.mu.Unlock()
	return fault, wait(ctx, m.Latency+fault.Delay)
}

func (m *Memory) find(names []string) ([]*member, error) {
	var found []*member
	for _, name := range names {
		i := slices.IndexFunc(m.members, func(s *member) bool { return s.name == name && !s.stranger })
		if i < 0 {
			return nil, fmt.Errorf("server %q: %w", name, lb.ErrNotFound)
		}
		found = append(found, m.members[i])
	}
	return found, nil
}

func (m *Memory) inRotation() int {
	in := 0
	for _, s := range m.members {
		if s.state == lb.In && !s.sick && !s.stranger {
			in++
		}
	}
	return in
}

// seen is the server as the balancer shows it.
func (s *member) seen(window time.Duration) lb.Server {
	state := s.state
	if s.sick && state == lb.In {
		state = lb.Down
	}
	check := "ok"
	if s.sick {
		check = "dead"
	}
	return lb.Server{
		Name: s.name, State: state, Weight: s.weight, Sessions: len(s.requests), Check: check,
		Drained: (s.state == lb.Out || s.state == lb.Draining && !s.sticky) && len(s.requests) == 0 && time.Since(s.quiet) >= window,
		Pools:   []lb.PoolServer{{Pool: "app", State: state, Weight: s.weight, Sessions: len(s.requests)}},
	}
}

func (s *member) cut(r *request) {
	r.cut = true
	s.failed++
	s.end(r)
}

func (s *member) end(r *request) {
	delete(s.requests, r)
	if len(s.requests) == 0 {
		s.quiet = time.Now()
	}
}

// wait waits for d to pass or ctx to end.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
