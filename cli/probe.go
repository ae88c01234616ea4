package cli

import (
	"context"
	"fmt"
	"strings"

	"rota/engine"
	"rota/probe"
	"rota/rollout"
)

// probe makes the probe of a run and asks each of its URLs once, before anything
// is changed. One that does not answer refuses what brings something new. What
// goes on or leads back goes on without it and says so: it may be the cure. A
// drain or a restore by hand is one act of a moment and has none.
func (s *session) probe(ctx context.Context, plan rollout.Plan, j job) (engine.Probe, []string, error) {
	if s.inv.Probe == nil || plan.Kind == "drain" || plan.Kind == "restore" {
		return nil, nil, nil
	}
	p, err := s.newProbe(ctx)
	switch {
	case err == nil:
		return prober{p}, prefixed(p.Notes()), nil
	case ctx.Err() == nil && (j.cure || plan.Kind == "switch"):
		first, _, _ := strings.Cut(err.Error(), "\n")
		return nil, []string{"this run goes without a probe: " + strings.TrimPrefix(first, "probe: ")}, nil
	}
	return nil, nil, err
}

// newProbe makes the inventory's probe, which asks each URL once.
func (s *session) newProbe(ctx context.Context) (*probe.Probe, error) {
	c := probe.Config{URLs: s.inv.Probe.URLs, Rate: s.inv.Probe.Rate}
	for _, b := range s.fleet.Balancers {
		if host := s.fleet.Address(ctx, b.Name); host != "" {
			c.Through = append(c.Through, probe.Balancer{Name: b.Name, Host: host})
		}
	}
	p, err := probe.New(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("probe: %w", err)
	}
	return p, nil
}

func prefixed(notes []string) []string {
	for i := range notes {
		notes[i] = "probe: " + notes[i]
	}
	return notes
}

// prober tells the engine in its own words what a probe counts.
type prober struct{ *probe.Probe }

func (p prober) Run(ctx context.Context, lost func(rollout.Lost)) {
	p.Probe.Run(ctx, func(l probe.Lost) {
		lost(rollout.Lost{
			At: l.At.UTC(), URL: l.Route.URL, Address: l.Route.Address, Balancer: l.Route.Balancer,
			Kept: l.Kept, Reason: l.Reason,
		})
	})
}

func (p prober) Count() rollout.Probe {
	var all rollout.Probe
	for _, c := range p.Counts() {
		all = all.Plus(rollout.Probe{
			Sent: c.Sent, Lost: c.Lost, Resent: c.Resent,
			Routes: []rollout.Route{{
				URL: c.Route.URL, Address: c.Route.Address, Balancer: c.Route.Balancer,
				Sent: c.Sent, Lost: c.Lost, Resent: c.Resent,
			}},
		})
	}
	return all
}
