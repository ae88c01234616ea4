package engine

import (
	"context"
	"fmt"
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

// watcher asks the balancers again and again, tells what changed, and takes a
// guarded server out again that anybody put back.
type watcher struct {
	r *Runner

	turn turn      // one look at a time
	last time.Time // of the last look
	told map[[2]string]told

	mu      sync.Mutex
	guarded map[string]bool // servers that must get no traffic
	shaken  map[string]int  // how often a server was put back by somebody else
}

type told struct {
	state   lb.State
	sampled time.Time
}

func newWatcher(r *Runner) *watcher {
	return &watcher{r: r, turn: newTurn(), told: map[[2]string]told{}, guarded: map[string]bool{}, shaken: map[string]int{}}
}

// run looks until ctx ends.
func (w *watcher) run(ctx context.Context) {
	for {
		every := idleEvery
		if w.guards() {
			every = watchEvery
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
		}
		if w.age() >= every*3/4 { // the walk may just have looked
			w.look(ctx)
		}
	}
}

func (w *watcher) age() time.Duration {
	defer w.turn.take()()
	return time.Since(w.last)
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
	}
}

func (w *watcher) guards() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.guarded) > 0
}

// disturbed returns how often a server was put back by somebody else.
func (w *watcher) disturbed(server string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.shaken[server]
}

// look asks all balancers now, mends what somebody undid, and returns what
// they said.
func (w *watcher) look(ctx context.Context) []lb.View {
	defer w.turn.take()()
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	snap := lb.Look(ctx, w.r.Balancers)
	w.last = time.Now()
	for i, v := range snap.Balancers {
		for _, s := range v.Servers {
			w.tell(v.Name, s)
		}
		w.mend(ctx, w.r.Balancers[i], v.Servers)
	}
	return snap.Balancers
}

// tell writes a change of state, and a sample now and then.
func (w *watcher) tell(balancer string, s lb.Server) {
	key := [2]string{balancer, s.Name}
	t, known := w.told[key]
	e := rollout.Event{Server: s.Name, Balancer: balancer, State: s.State.String(), Sample: rollout.SampleOf(s)}
	switch {
	case !known || t.state != s.State:
		e.Kind = rollout.Observed
	case time.Since(t.sampled) >= sampleEvery:
		e.Kind = rollout.Sampled
	default:
		return
	}
	w.told[key] = told{s.State, time.Now()}
	_ = w.r.Journal.Add(e)
}

// mend takes guarded servers out again that the balancer sends traffic to.
func (w *watcher) mend(ctx context.Context, b lb.Named, servers []lb.Server) {
	var again []lb.Change
	for _, s := range servers {
		if (s.Ready() || s.State == lb.Mixed) && w.caught(s.Name) {
			again = append(again, lb.Change{Server: s.Name, To: lb.Out})
		}
	}
	if len(again) == 0 {
		return
	}
	err := b.Balancer.Set(ctx, again...)
	for _, c := range again {
		e := rollout.Event{
			Kind: rollout.Disturbed, Server: c.Server, Balancer: b.Name, State: lb.In.String(),
			Text: fmt.Sprintf("%s: somebody put it back in rotation on %s; it is taken out again", c.Server, b.Name),
		}
		if err != nil {
			e.Error = err.Error()
		}
		_ = w.r.Journal.Add(e)
	}
}

// caught notes a disturbance of a guarded server.
func (w *watcher) caught(server string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.guarded[server] {
		return false
	}
	w.shaken[server]++
	return true
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
