package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"rota/lb"
	"rota/rollout"
)

const preflightLimit = 30 * time.Second

// Checker looks, without a change, whether something can be used.
type Checker interface {
	Check(ctx context.Context) error
}

// Preflight looks at everything that a plan needs before anything is changed:
// every balancer, with its rights and its servers, the records, and every host.
// All problems are found at once, in the order of the plan. A machine that
// cannot be reached is one problem, whatever is on it.
func Preflight(ctx context.Context, p rollout.Plan, balancers []lb.Named, records Checker, hosts map[string]rollout.Host) error {
	ctx, cancel := context.WithTimeout(ctx, preflightLimit)
	defer cancel()
	var wg sync.WaitGroup
	errs := make([]error, len(balancers)+1+len(p.Targets))
	for i, b := range balancers {
		wg.Go(func() {
			if errs[i] = checkBalancer(ctx, b); errs[i] == nil {
				errs[i] = checkWeights(ctx, p, b)
			}
		})
	}
	wg.Go(func() { errs[len(balancers)] = records.Check(ctx) })
	for i, t := range p.Targets {
		if t.Leaves { // nothing is done on it, and it may be what is broken
			continue
		}
		wg.Go(func() {
			if err := hosts[t.Server].Run(ctx, "exit 0", "", io.Discard); err != nil {
				errs[len(balancers)+1+i] = fmt.Errorf("%s: %w", t.Server, err)
			}
		})
	}
	wg.Wait()
	return once(errs)
}

// once joins errors. Of those that say that a machine cannot be reached it takes
// the first of each machine, as that says it.
func once(errs []error) error {
	var told []error
	seen := map[string]bool{}
	for _, err := range parts(errs) {
		if u, ok := errors.AsType[outOfReach](err); ok {
			if seen[u.Unreachable()] {
				continue
			}
			seen[u.Unreachable()] = true
			err = u
		}
		told = append(told, err)
	}
	return errors.Join(told...)
}

// outOfReach is an error that names the machine that cannot be reached.
type outOfReach interface {
	error
	Unreachable() string
}

// parts takes joined errors apart: what wraps a join says more than its parts.
func parts(errs []error) []error {
	var all []error
	for _, err := range errs {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			all = append(all, parts(joined.Unwrap())...)
		} else if err != nil {
			all = append(all, err)
		}
	}
	return all
}

func checkBalancer(ctx context.Context, b lb.Named) error {
	var err error
	if c, ok := b.Balancer.(lb.Checker); ok {
		err = c.Check(ctx)
	} else {
		_, err = b.Balancer.Servers(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", b.Name, err)
	}
	return nil
}

// checkWeights sees that a balancer can do the ladders of a plan. On the way back
// servers come back without one where it cannot.
func checkWeights(ctx context.Context, p rollout.Plan, b lb.Named) error {
	climbs := slices.ContainsFunc(p.Batches, func(batch rollout.Batch) bool {
		return batch.Ladder != nil && slices.ContainsFunc(batch.Servers, func(name string) bool {
			return slices.Contains(p.Target(name).Balancers, b.Name)
		})
	})
	if !climbs || p.Kind == "rollback" {
		return nil
	}
	const instead = "servers that come back would climb by weights: leave rollout.warm out and take --strategy rolling, or change that"
	w, ok := b.Balancer.(lb.Weigher)
	if !ok {
		return fmt.Errorf("%s: it cannot change weights, and %s", b.Name, instead)
	}
	switch _, err := w.Weights(ctx); {
	case errors.Is(err, lb.ErrStatic):
		return fmt.Errorf("%s: %w, and %s", b.Name, err, instead)
	case err != nil:
		return fmt.Errorf("%s: weights: %w", b.Name, err)
	}
	return nil
}
