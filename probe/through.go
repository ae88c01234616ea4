package probe

import (
	"context"
	"slices"
	"sync"
	"time"
)

// patience is how long a balancer has to answer for a URL: many cannot be
// reached from here but by ssh.
const patience = 3 * time.Second

// through asks the balancers for the URL, side by side. One that answers it is
// a further route, unless its address is one already; then that has a name now.
func (s *site) through(ctx context.Context) {
	found := make([]candidate, len(s.config.Through))
	var all sync.WaitGroup
	for i, b := range s.config.Through {
		all.Go(func() { found[i] = s.look(ctx, b) })
	}
	all.Wait()
	for i, b := range s.config.Through {
		s.take(b.Name, found[i])
	}
}

// candidate is what a balancer has shown.
type candidate struct {
	addresses []string
	trial     // of the first address that answers, or the last; none when one is a route
}

// look asks one balancer.
func (s *site) look(ctx context.Context, b Balancer) (c candidate) {
	limit := min(patience, s.config.Timeout)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if c.addresses, c.err = s.addresses(ctx, b.Host); c.err != nil || len(s.known(c.addresses)) > 0 {
		return c
	}
	for _, address := range c.addresses {
		if c.trial = s.try(ctx, address, limit); c.err == nil {
			break
		}
	}
	return c
}

// take makes the best of what a balancer has shown. Where the URL answers
// usually, a 4xx comes from another site at the same port.
func (s *site) take(name string, c candidate) {
	known := s.known(c.addresses)
	for _, a := range known {
		a.name(name)
	}
	switch {
	case len(known) > 0:
	case c.err != nil:
		s.note("%s: not answered by %s itself: %v", s.name, name, c.err)
	case !slices.ContainsFunc(s.askers, func(a *asker) bool { return c.status < a.bad }):
		s.note("%s: not answered by %s itself, at %s: %s", s.name, name, c.route.Address, answered(c.status))
	default:
		c.name(name)
		s.add(c.trial)
	}
}

// known returns the routes that lead through any of the addresses.
func (s *site) known(addresses []string) []*asker {
	var all []*asker
	for _, a := range s.askers {
		if slices.Contains(addresses, a.route.Address) {
			all = append(all, a)
		}
	}
	return all
}

// name adds a balancer's name to the route.
func (a *asker) name(name string) {
	if a.route.Balancer != "" {
		name = a.route.Balancer + " or " + name
	}
	a.route.Balancer = name
}
