package probe

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// find finds the routes of all URLs, side by side.
func find(ctx context.Context, c Config) (*Probe, error) {
	sites, errs := make([]*site, len(c.URLs)), make([]error, len(c.URLs))
	var all sync.WaitGroup
	for i, text := range c.URLs {
		all.Go(func() {
			if sites[i], errs[i] = newSite(ctx, c, text); errs[i] == nil {
				errs[i] = sites[i].find(ctx)
			}
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("%w\nmend it, or ask a URL that answers: nothing could be told from this one", err)
	}
	p := &Probe{}
	for _, s := range sites {
		p.askers = append(p.askers, s.askers...)
		p.notes = append(p.notes, s.notes...)
	}
	return p, nil
}

// find asks all addresses of the URL's host, and then the balancers.
func (s *site) find(ctx context.Context) error {
	addresses, err := s.addresses(ctx, s.host)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	trials := make([]trial, len(addresses))
	var all sync.WaitGroup
	for i, address := range addresses {
		all.Go(func() { trials[i] = s.try(ctx, address, s.config.Timeout) })
	}
	all.Wait()
	if err := s.accept(trials); err != nil {
		return err
	}
	s.through(ctx)
	return nil
}

// accept makes routes of what the URL's own addresses have answered. Clients
// pass over an address that does not take their connection as long as there is
// another one, and so does the probe.
func (s *site) accept(trials []trial) error {
	var silent, wrong []error
	for _, t := range trials {
		switch {
		case lacks(t.err, noConnection):
			silent = append(silent, fmt.Errorf("%s: %w", t.route, t.err))
		case t.err != nil:
			wrong = append(wrong, fmt.Errorf("%s: %w", t.route, t.err))
		case t.status >= 500:
			wrong = append(wrong, fmt.Errorf("%s: %s", t.route, answered(t.status)))
		default:
			s.add(t)
		}
	}
	if len(wrong) > 0 || len(s.askers) == 0 {
		return errors.Join(append(wrong, silent...)...)
	}
	for _, err := range silent {
		s.note("%v: left out, for another address answers", err)
	}
	return nil
}

// add makes a route of a trial. Where 4xx is how a URL answers, it is no loss.
func (s *site) add(t trial) {
	t.timeout = s.config.Timeout
	t.bad = 400
	if t.status >= 400 {
		t.bad = 500
		s.note("%s: %s: 4xx does not count as lost here", t.route, answered(t.status))
	}
	s.askers = append(s.askers, t.asker)
}

func (s *site) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}
