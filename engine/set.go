package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"rota/lb"
	"rota/rollout"
)

const (
	setLimit = 60 * time.Second // nginx may take 5 s for a proof, and a queue for its file
	readWait = 5 * time.Second
	pollWait = 100 * time.Millisecond
)

// fronts picks the balancers that a target is taken out of or put back into.
type fronts func(rollout.Target) []string

func everywhere(t rollout.Target) []string { return t.Everywhere() }
func where(t rollout.Target) []string      { return slices.Clone(t.Balancers) }

// set asks all balancers side by side for a state of servers, one Set each, and
// returns the errors of those that provably or possibly did not take it. An
// error is not proof that nothing happened: the balancer is read again.
func (x *run) set(ctx context.Context, servers []string, to lb.State, on fronts) map[string]error {
	if err := x.lost(ctx); err != nil { // who lost the lock acts no more
		return map[string]error{"": err}
	}
	st := x.state()
	changes := map[string][]lb.Change{} // by balancer
	for _, b := range x.Balancers {
		for _, s := range servers {
			if t := st.Target(s); t != nil && slices.Contains(on(*t), b.Name) {
				changes[b.Name] = append(changes[b.Name], lb.Change{Server: s, To: to})
			}
		}
	}
	return x.each(ctx, func(ctx context.Context, b lb.Named) error {
		if len(changes[b.Name]) == 0 {
			return nil
		}
		return setOne(ctx, b, changes[b.Name])
	})
}

// each does the same at every balancer, side by side, each heard, and returns the
// errors.
func (x *run) each(ctx context.Context, do func(context.Context, lb.Named) error) map[string]error {
	var mu sync.Mutex
	var wg sync.WaitGroup
	failed := map[string]error{}
	for _, b := range x.Balancers {
		wg.Go(func() {
			if err := do(x.hear(ctx, b.Name), b); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[b.Name] = fmt.Errorf("%s: %w", b.Name, err)
			}
		})
	}
	wg.Wait()
	return failed
}

func setOne(ctx context.Context, b lb.Named, changes []lb.Change) error {
	ctx, cancel := context.WithTimeout(ctx, setLimit)
	defer cancel()
	err := b.Balancer.Set(ctx, changes...)
	if err == nil {
		return nil
	}
	servers, rerr := b.Balancer.Servers(ctx)
	switch {
	case rerr != nil && rerr.Error() == err.Error(): // it cannot be asked at all
		return err
	case rerr != nil:
		return errors.Join(err, rerr)
	}
	for _, c := range changes {
		if !took(servers, c) {
			return err
		}
	}
	return nil
}

// took reports whether a change has come about.
func took(servers []lb.Server, c lb.Change) bool {
	for _, s := range servers {
		if s.Name != c.Server {
			continue
		}
		return s.State == c.To || s.State == lb.Out && c.To == lb.Draining || s.Ready() && c.To == lb.In
	}
	return false
}

// all reports whether every balancer says of every server what ok wants.
func (x *run) all(views []lb.View, servers []string, on fronts, ok func(lb.Server) bool) bool {
	st := x.state()
	for _, name := range servers {
		for _, b := range x.standsBehind(&st, name, on) {
			if !ok(server(views, b, name)) {
				return false
			}
		}
	}
	return true
}

// standsBehind lists the balancers of this run that a server stands behind.
func (x *run) standsBehind(st *rollout.State, name string, on fronts) []string {
	t := st.Target(name)
	if t == nil {
		return nil
	}
	return slices.DeleteFunc(on(*t), func(b string) bool {
		return !slices.ContainsFunc(x.Balancers, func(n lb.Named) bool { return n.Name == b })
	})
}

// read looks until all balancers say what ok wants, for a few seconds at most.
func (x *run) read(ctx context.Context, servers []string, on fronts, ok func(lb.Server) bool) bool {
	end := time.Now().Add(readWait)
	for {
		views := x.watch.look(ctx)
		if x.all(views, servers, on, ok) {
			return true
		}
		if time.Now().After(end) {
			return false
		}
		time.Sleep(pollWait)
	}
}

func joined(failed map[string]error) error {
	names := make([]string, 0, len(failed))
	for name := range failed {
		names = append(names, name)
	}
	slices.Sort(names)
	errs := make([]error, len(names))
	for i, name := range names {
		errs[i] = failed[name]
	}
	return errors.Join(errs...)
}
