package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"rota/lb"
	"rota/rollout"
)

const (
	watchEvery  = 250 * time.Millisecond // while a server is out: at least four times a second
	idleEvery   = time.Second
	sampleEvery = 5 * time.Second
	lookLimit   = 5 * time.Second
)

// watcher asks the balancers again and again, each at its own pace so that a
// slow one makes no other late, tells what changed, and takes a guarded server
// out again that anybody put back.
type watcher struct {
	*run
	eyes []*eye // one for each balancer

	mu      sync.Mutex
	guarded map[string]bool // servers that must get no traffic
	shaken  map[string]int  // how often a server was put back by somebody else
	settled map[string]int  // shaken, when the server was last seen drained
	forced  map[string]bool // servers that are worked on although they are not drained, by an answer or a policy
}

// eye is what looks at one balancer.
type eye struct {
	*watcher
	b    lb.Named
	turn turn      // one look at a time
	last time.Time // of the last look
	told map[string]told

	mu    sync.Mutex
	first map[string]int64 // by server: the errors that the balancer told first
}

type told struct {
	state   lb.State
	sampled time.Time
}

func newWatcher(x *run) *watcher {
	w := &watcher{run: x, guarded: map[string]bool{}, shaken: map[string]int{}, settled: map[string]int{}, forced: map[string]bool{}}
	for _, b := range x.Balancers {
		w.eyes = append(w.eyes, &eye{watcher: w, b: b, turn: newTurn(), told: map[string]told{}, first: map[string]int64{}})
	}
	return w
}

// watch looks until ctx ends.
func (w *watcher) watch(ctx context.Context) {
	var wg sync.WaitGroup
	for _, e := range w.eyes {
		wg.Go(func() { e.watch(ctx) })
	}
	wg.Wait()
}

func (e *eye) watch(ctx context.Context) {
	for {
		every := idleEvery
		if e.guards() {
			every = watchEvery
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
		}
		if e.age() >= every*3/4 { // the walk may just have looked
			e.look(ctx)
		}
	}
}

func (e *eye) age() time.Duration {
	defer e.turn.take()()
	return time.Since(e.last)
}

// guard says that servers must get no traffic from now on.
func (w *watcher) guard(servers ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range servers {
		w.guarded[s] = true
	}
}

// release says that servers may get traffic again.
func (w *watcher) release(servers ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range servers {
		delete(w.guarded, s)
		delete(w.forced, s)
	}
}

// force says that servers are worked on although they are not drained.
func (w *watcher) force(servers ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range servers {
		w.forced[s] = true
	}
}

func (w *watcher) isForced(server string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.forced[server]
}

// guards reports whether one of these servers, or any at all, is guarded.
func (w *watcher) guards(servers ...string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(servers) == 0 {
		return len(w.guarded) > 0
	}
	return slices.ContainsFunc(servers, func(s string) bool { return w.guarded[s] })
}

// disturbances returns how often each server was put back by somebody else.
func (w *watcher) disturbances(servers ...string) map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	counts := map[string]int{}
	for _, s := range servers {
		counts[s] = w.shaken[s]
	}
	return counts
}

// settle says that servers were drained when these were their disturbances.
func (w *watcher) settle(counts map[string]int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.Copy(w.settled, counts)
}

// calm reports whether nobody has put a server back since it was drained.
func (w *watcher) calm(server string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.shaken[server] == w.settled[server]
}

// look asks all balancers now, mends what somebody undid, and returns what
// they said.
func (w *watcher) look(ctx context.Context) []lb.View {
	views := make([]lb.View, len(w.eyes))
	var wg sync.WaitGroup
	for i, e := range w.eyes {
		wg.Go(func() { views[i] = e.look(ctx) })
	}
	wg.Wait()
	return views
}

func (e *eye) look(ctx context.Context) lb.View {
	defer e.turn.take()()
	limited, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	v := lb.Look(limited, []lb.Named{e.b}).Balancers[0]
	e.last = time.Now()
	if v.Err != nil && ctx.Err() == nil {
		e.unknown()
	}
	for _, s := range v.Servers {
		e.tell(s)
		e.count(s)
	}
	e.mend(ctx, v.Servers)
	return v
}

// tell writes a change of state, and a sample now and then.
func (e *eye) tell(s lb.Server) {
	t, known := e.told[s.Name]
	ev := rollout.Event{Server: s.Name, Balancer: e.b.Name, State: s.State.String(), Sample: rollout.SampleOf(s)}
	switch {
	case !known || t.state != s.State:
		ev.Kind = rollout.Observed
	case time.Since(t.sampled) >= sampleEvery:
		ev.Kind = rollout.Sampled
	default:
		return
	}
	e.told[s.Name] = told{s.State, time.Now()}
	e.add(ev)
}

// count keeps the errors that were told first, or since the balancer counts anew.
func (e *eye) count(s lb.Server) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if was, known := e.first[s.Name]; s.Errors >= 0 && (!known || s.Errors < was) {
		e.first[s.Name] = s.Errors
	}
}

// firstErrors returns what a balancer told first of a server.
func (w *watcher) firstErrors(balancer, server string) (int64, bool) {
	for _, e := range w.eyes {
		if e.b.Name == balancer {
			e.mu.Lock()
			defer e.mu.Unlock()
			n, known := e.first[server]
			return n, known
		}
	}
	return 0, false
}

// unknown tells that the balancer could not be asked: what it said last is no
// more known.
func (e *eye) unknown() {
	st := e.state()
	for _, t := range st.Plan.Targets {
		if slices.Contains(t.Everywhere(), e.b.Name) {
			e.tell(lb.Server{Name: t.Server, Weight: -1, Sessions: -1, Rate: -1, Errors: -1})
		}
	}
}

// mend takes guarded servers out again that the balancer sends traffic to,
// unless the lock is somebody else's by now: it may be them.
func (e *eye) mend(ctx context.Context, servers []lb.Server) {
	var again []lb.Change
	for _, s := range servers {
		if (s.Ready() || s.State == lb.Mixed) && e.guards(s.Name) {
			again = append(again, lb.Change{Server: s.Name, To: lb.Out})
		}
	}
	if len(again) == 0 || e.lost(ctx) != nil {
		return
	}
	for _, c := range again {
		e.shake(c.Server)
	}
	ctx, cancel := context.WithTimeout(ctx, setLimit)
	defer cancel()
	err := e.b.Balancer.Set(e.hear(ctx, e.b.Name), again...)
	for _, c := range again {
		ev := rollout.Event{
			Kind: rollout.Disturbed, Server: c.Server, Balancer: e.b.Name, State: lb.In.String(),
			Text: fmt.Sprintf("%s: somebody put it back in rotation on %s; it is taken out again", c.Server, e.b.Name),
		}
		if err != nil {
			ev.Error = err.Error()
		}
		e.add(ev)
	}
}

// shake notes a disturbance of a server.
func (w *watcher) shake(server string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shaken[server]++
}

// server finds a server in what a balancer said. A balancer that could not be
// asked, or does not know it, gives the zero value: Unknown.
func server(views []lb.View, balancer, name string) lb.Server {
	for _, v := range views {
		if v.Name != balancer {
			continue
		}
		if i := slices.IndexFunc(v.Servers, func(s lb.Server) bool { return s.Name == name }); i >= 0 {
			return v.Servers[i]
		}
	}
	return lb.Server{Name: name}
}
