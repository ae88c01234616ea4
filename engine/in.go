package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"rota/lb"
	"rota/rollout"
)

const proveLimit = 2 * time.Minute

// in puts back the servers of a batch that have passed their check: first the
// balancers' own fresh checks, then all balancers side by side, and read back. It returns the servers that failed on the way.
func (x *run) in(ctx context.Context, n int) ([]string, error) {
	st := x.state()
	var servers []string
	for _, name := range st.Pending(n) {
		switch sv := st.Server(name); {
		case sv.Phase != rollout.Checking && sv.Phase != rollout.Returning:
		case len(x.standsBehind(&st, name, where)) > 0:
			servers = append(servers, name)
		case len(x.standsBehind(&st, name, everywhere)) > 0:
			x.move(name, rollout.LeftOut, "")
			x.watch.release(name)
		default:
			x.move(name, rollout.Serving, "")
		}
	}
	if len(servers) == 0 {
		return nil, nil
	}
	failed, err := x.prove(ctx, n, servers)
	if err != nil || len(failed) > 0 {
		return failed, err
	}
	if err := x.lower(ctx, n, servers); err != nil {
		return x.fell(ctx, servers, err)
	}
	return x.putIn(ctx, n, servers)
}

// prove has every balancer check the servers afresh, all side by side, before
// the first of them is put back.
func (x *run) prove(ctx context.Context, n int, servers []string) ([]string, error) {
	step, err := x.beginBack(ctx, rollout.Event{
		Step: x.batchStep(n, "prove"), Batch: n, Servers: servers, Text: "the balancers check them afresh",
	})
	if err != nil {
		return nil, err
	}
	x.watch.release(servers...)
	defer x.clock.wait()()
	ctx, cancel := context.WithTimeout(ctx, max(x.Inventory.Health.Timeout, proveLimit))
	defer cancel()
	st := x.state()
	var mu sync.Mutex
	var wg sync.WaitGroup
	bad := map[string]error{}
	for _, b := range x.Balancers {
		p, ok := b.Balancer.(lb.Prover)
		if !ok {
			continue
		}
		for _, name := range servers {
			if !slices.Contains(x.standsBehind(&st, name, where), b.Name) {
				continue
			}
			wg.Go(func() {
				if err := p.Prove(x.hear(ctx, b.Name), name); err != nil {
					mu.Lock()
					defer mu.Unlock()
					bad[name] = errors.Join(bad[name], fmt.Errorf("%s: its own check: %w", b.Name, err))
				}
			})
		}
	}
	wg.Wait()
	step.end(joined(bad))
	return x.failedBack(ctx, servers, bad), nil
}

// failedBack notes which servers did not come back, takes them out again, and
// lists them. The others wait for the decision, out of rotation and watched.
func (x *run) failedBack(ctx context.Context, servers []string, bad map[string]error) []string {
	var failed []string
	for _, name := range servers {
		if bad[name] != nil {
			failed = append(failed, name)
			x.move(name, rollout.Failed, bad[name].Error())
		}
	}
	if len(failed) > 0 {
		x.withdraw(ctx, servers, failed)
	}
	return failed
}

// withdraw closes servers that are not in rotation, after a failure, and takes
// those that have failed out of it: as many as the floors allow, and none that
// a person wants back.
func (x *run) withdraw(ctx context.Context, servers, failed []string) {
	st, views := x.state(), x.watch.look(ctx)
	var out []string
	for _, name := range servers {
		if !x.all(views, []string{name}, where, func(s lb.Server) bool { return !s.Ready() }) {
			if !slices.Contains(failed, name) || st.Plan.Kind == "restore" {
				continue
			}
			if err := x.allowed(views, append(slices.Clone(out), name)...); err != nil {
				x.note(fmt.Sprintf("%s stays in rotation, although it has failed: %v", name, err))
				continue
			}
		}
		out = append(out, name)
	}
	if len(out) == 0 {
		return
	}
	if err := joined(x.set(ctx, out, lb.Out, where)); err != nil {
		x.note("take out again: " + err.Error())
	}
	x.watch.guard(out...)
}

const putTries = 3

// putIn puts servers back on all balancers and reads it back.
func (x *run) putIn(ctx context.Context, n int, servers []string) ([]string, error) {
	step, err := x.beginBack(ctx, rollout.Event{
		Step: x.batchStep(n, "in"), Batch: n, Servers: servers,
		Text: "put " + strings.Join(servers, ", ") + " back in rotation",
	})
	if err != nil {
		return nil, err
	}
	x.watch.release(servers...)
	for _, name := range servers {
		if st := x.state(); st.Server(name).Phase != rollout.Returning {
			x.move(name, rollout.Returning, "")
		}
	}
	isIn, to := lb.Server.Ready, rollout.Serving
	if x.ladder(n, servers) != nil {
		to = rollout.Climbing
	}
	x.comparer = nil
	x.comparing(ctx, n, servers)
	ok := false
	for try := 0; try < putTries && !ok; try++ {
		err = joined(x.set(ctx, servers, lb.In, where))
		ok = x.read(ctx, servers, where, isIn)
	}
	if ok {
		step.end(nil)
		for _, name := range servers {
			x.move(name, to, "")
		}
		return nil, nil
	}
	// A balancer that took it keeps it: the server is proved.
	if err == nil {
		err = x.disagreement(ctx, servers, where, isIn)
	}
	err = fmt.Errorf("put back: %w", err)
	step.end(err)
	views := x.watch.look(ctx)
	var failed []string
	for _, name := range servers {
		if x.all(views, []string{name}, where, isIn) {
			x.move(name, to, "")
			continue
		}
		failed = append(failed, name)
		x.move(name, rollout.Failed, err.Error())
	}
	if to == rollout.Climbing {
		x.withdraw(ctx, failed, failed) // one in part would keep its small share, or have all
	}
	return failed, nil
}

// soak watches the servers of a batch in rotation before it counts as good;
// where a batch has just left it, those that have come in its place.
func (x *run) soak(ctx context.Context, n int, servers []string) ([]string, error) {
	st := x.state()
	serves := func(name string) bool { return st.Server(name).Phase == rollout.Serving }
	servers = slices.DeleteFunc(slices.Clone(servers), func(name string) bool { return !serves(name) })
	if st.Current().Batches[n-1].Has(rollout.Keep) {
		for _, t := range st.Current().Targets {
			if serves(t.Server) {
				servers = append(servers, t.Server)
			}
		}
	}
	servers = slices.DeleteFunc(servers, func(name string) bool { return len(x.standsBehind(&st, name, where)) == 0 })
	if len(servers) == 0 {
		return nil, nil
	}
	length := st.Plan.Policy.Soak
	if length <= 0 {
		return nil, nil
	}
	step, err := x.beginBack(ctx, rollout.Event{
		Step: x.batchStep(n, "soak"), Batch: n, Servers: servers, Text: fmt.Sprintf("watch them in rotation for %s", length),
	})
	if err != nil {
		return nil, err
	}
	defer x.clock.wait()()
	bad := x.stay(ctx, n, servers, length, nil)
	step.stayed(length, joined(bad))
	if len(bad) == 0 {
		return nil, nil
	}
	servers = slices.DeleteFunc(slices.Clone(servers), func(name string) bool { return bad[name] == nil })
	return x.failedBack(ctx, servers, bad), nil
}
