package lb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Group is several balancers in front of the same servers, asked and changed
// side by side as if they were one. Its methods may be called concurrently.
//
// A server is in a state only if every balancer that has it says so. Errors
// begin with the name of the balancer that they come from, and those of
// several balancers are joined. So does what is heard of a change.
//
// It is neither a Weigher nor a Counter: pools of two balancers have nothing in
// common but perhaps their names, and whoever asks for a share of the traffic
// must know which balancer cannot give it.
type Group []Named

// Only returns the balancers with these names, in the group's order.
func (g Group) Only(names ...string) Group {
	var some Group
	for _, b := range g {
		if slices.Contains(names, b.Name) {
			some = append(some, b)
		}
	}
	return some
}

// Servers implements Balancer. If one balancer cannot be asked, nothing is
// known: Look tells what each of them says.
func (g Group) Servers(ctx context.Context) ([]Server, error) {
	lists, err := g.lists(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	seen := map[string][]Server{}
	for i, list := range lists {
		for _, s := range list {
			if _, ok := seen[s.Name]; !ok {
				names = append(names, s.Name)
				seen[s.Name] = nil
			}
			if s.State != Absent {
				seen[s.Name] = append(seen[s.Name], g[i].own(s))
			}
		}
	}
	var servers, absent []Server
	for _, name := range names {
		if s := merge(name, seen[name]); s.State != Absent {
			servers = append(servers, s)
		} else {
			absent = append(absent, s)
		}
	}
	return append(servers, absent...), nil
}

// Set implements Balancer. A change is not sent to a balancer that does not
// have the server; if none has it nothing is changed anywhere.
func (g Group) Set(ctx context.Context, want ...Change) error {
	var names []string
	for _, c := range want {
		names = append(names, c.Server)
	}
	behind, err := g.behind(ctx, names)
	if err != nil {
		return err
	}
	return g.each(func(i int, b Balancer) error {
		var some []Change
		for _, c := range want {
			if slices.Contains(behind[i], c.Server) {
				some = append(some, c)
			}
		}
		if len(some) == 0 {
			return nil
		}
		return b.Set(g[i].heard(ctx), some...)
	})
}

// Prove implements Prover, on the balancers that are Provers.
func (g Group) Prove(ctx context.Context, servers ...string) error {
	behind, err := g.behind(ctx, servers)
	if err != nil {
		return err
	}
	return g.each(func(i int, b Balancer) error {
		if p, ok := b.(Prover); ok && len(behind[i]) > 0 {
			return p.Prove(g[i].heard(ctx), behind[i]...)
		}
		return nil
	})
}

// Cut implements Cutter, on the balancers that are Cutters.
func (g Group) Cut(ctx context.Context, servers ...string) error {
	behind, err := g.behind(ctx, servers)
	if err != nil {
		return err
	}
	return g.each(func(i int, b Balancer) error {
		if c, ok := b.(Cutter); ok && len(behind[i]) > 0 {
			return c.Cut(g[i].heard(ctx), behind[i]...)
		}
		return nil
	})
}

// Check implements Checker, on the balancers that are Checkers.
func (g Group) Check(ctx context.Context) error {
	return g.each(func(_ int, b Balancer) error {
		if c, ok := b.(Checker); ok {
			return c.Check(ctx)
		}
		return nil
	})
}

// behind returns for each balancer which of the servers it has. A server that
// no balancer has is an error that wraps ErrNotFound.
func (g Group) behind(ctx context.Context, names []string) ([][]string, error) {
	lists, err := g.lists(ctx)
	if err != nil {
		return nil, err
	}
	behind := make([][]string, len(g))
	for _, name := range names {
		found := false
		for i, list := range lists {
			if slices.ContainsFunc(list, func(s Server) bool { return s.Name == name && s.State != Absent }) {
				behind[i] = append(behind[i], name)
				found = true
			}
		}
		if !found {
			return nil, fmt.Errorf("server %q: %w in any balancer", name, ErrNotFound)
		}
	}
	return behind, nil
}

func (g Group) lists(ctx context.Context) ([][]Server, error) {
	lists := make([][]Server, len(g))
	return lists, g.each(func(i int, b Balancer) (err error) {
		lists[i], err = b.Servers(ctx)
		return err
	})
}

// each calls do for every balancer, side by side.
func (g Group) each(do func(int, Balancer) error) error {
	errs := make([]error, len(g))
	var all sync.WaitGroup
	for i, b := range g {
		all.Go(func() {
			if err := do(i, b.Balancer); err != nil {
				errs[i] = fmt.Errorf("%s: %w", b.Name, err)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// heard returns ctx with the balancer's name in what is heard.
func (n Named) heard(ctx context.Context) context.Context {
	hear, ok := ctx.Value(hearer{}).(func(Talk))
	if !ok {
		return ctx
	}
	return Hear(ctx, func(t Talk) {
		t.Text = n.Name + ": " + t.Text
		hear(t)
	})
}

// own returns s with the balancer's name where a group needs it.
func (n Named) own(s Server) Server {
	if s.Note != "" {
		s.Note = n.Name + ": " + s.Note
	}
	s.Pools = slices.Clone(s.Pools)
	for i := range s.Pools {
		s.Pools[i].Pool = n.Name + "/" + s.Pools[i].Pool
	}
	return s
}

// merge sums up one server as several balancers see it.
func merge(name string, seen []Server) Server {
	if len(seen) == 0 {
		return Server{Name: name, State: Absent, Weight: -1, Sessions: -1, Rate: -1, Errors: -1}
	}
	sum := Server{Name: name, Drained: true, Weight: seen[0].Weight}
	var states []State
	var notes []string
	for _, s := range seen {
		states = append(states, s.State)
		sum.Drained = sum.Drained && s.Drained
		sum.Sessions = add(sum.Sessions, s.Sessions)
		sum.Peak += s.Peak
		sum.Limit += s.Limit
		sum.Rate = add(sum.Rate, s.Rate)
		sum.Errors = add(sum.Errors, s.Errors)
		if sum.Check == "" {
			sum.Check = s.Check
		}
		if s.Note != "" {
			notes = append(notes, s.Note)
		}
		sum.Pools = append(sum.Pools, s.Pools...)
	}
	sum.State, sum.Note = Sum(states...), strings.Join(notes, "; ")
	return sum
}

// add adds two figures of which -1 means that it cannot be told.
func add[N int | int64](a, b N) N {
	if a < 0 || b < 0 {
		return -1
	}
	return a + b
}
