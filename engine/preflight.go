package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"rota/lb"
	"rota/rollout"
)

const preflightLimit = 30 * time.Second

// Preflight looks at everything that a plan needs before anything is changed:
// every balancer, with its rights and its servers, and every host. All problems
// are found at once, in the order of the plan.
func Preflight(ctx context.Context, p rollout.Plan, balancers []lb.Named, hosts map[string]rollout.Host) error {
	ctx, cancel := context.WithTimeout(ctx, preflightLimit)
	defer cancel()
	var wg sync.WaitGroup
	errs := make([]error, len(balancers)+len(p.Targets))
	for i, b := range balancers {
		wg.Go(func() { errs[i] = checkBalancer(ctx, b) })
	}
	for i, t := range p.Targets {
		wg.Go(func() {
			if err := hosts[t.Server].Run(ctx, "exit 0", "", io.Discard); err != nil {
				errs[len(balancers)+i] = fmt.Errorf("%s: %w", t.Server, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
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
