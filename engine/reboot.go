package engine

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"rota/lb"
	"rota/rollout"
)

// reboot brings a host to another boot than the one that it had when the step
// was first to reboot it. That one stands in the journal before the deed, so
// that a reboot whose end nobody saw is waited for and not done again.
func (x *run) reboot(ctx context.Context, host rollout.Host, a rollout.Action) error {
	st := x.state()
	past, _ := st.Step(a.ID)
	now, err := host.Boot(ctx)
	switch {
	case past.Boot != "" && err == nil && now != past.Boot:
		x.note(a.Server + ": its host has been rebooted since")
		return nil
	case past.Boot == "" && err != nil:
		return err
	}
	if err := x.alone(ctx, a.Server); err != nil {
		return err
	}
	if past.Boot != "" {
		return host.Reboot(ctx, past.Boot, a.Sudo)
	}
	if err := x.Journal.Add(rollout.Event{Kind: rollout.Booted, Server: a.Server, Step: a.ID, State: now}); err != nil {
		return err
	}
	if err := x.ship(ctx); err != nil {
		return err
	}
	return host.Reboot(ctx, now, a.Sudo)
}

// alone reports whether the host of a server may go down: nothing else on it is
// in use. The plan had it so, but servers may have come back since.
func (x *run) alone(ctx context.Context, name string) error {
	servers, balancers := rollout.Beside(x.Inventory, name)
	for _, b := range x.Balancers {
		if slices.Contains(balancers, b.Name) {
			return fmt.Errorf("the balancer %s is on the same host", b.Name)
		}
	}
	st, views := x.state(), x.watch.look(ctx)
	for _, other := range servers {
		if st.Target(other) != nil && x.shutNow(views, []string{other}) {
			continue
		}
		for _, b := range x.Inventory.Balancers {
			if !b.Fronts(other) || !slices.ContainsFunc(x.Balancers, func(n lb.Named) bool { return n.Name == b.Name }) {
				continue
			}
			if s := server(views, b.Name, other); !shut(s) && s.State != lb.Absent {
				return fmt.Errorf("%s is on the same host, and %s on %s (rota drain %s)", other, s.State, b.Name, other)
			}
		}
	}
	return nil
}

// afterReboot checks servers of one host again that had passed their check when
// the host was rebooted in the turn of a later one. before is how the run stood
// when their work began.
func (x *run) afterReboot(ctx context.Context, n int, before *rollout.State, done []result, held *atomic.Bool) {
	st := x.state()
	last := 0
	for k, r := range done {
		if slices.ContainsFunc(x.actions(&st, r.server), func(a rollout.Action) bool {
			past, _ := before.Step(a.ID)
			now, _ := st.Step(a.ID)
			return a.Reboot > 0 && now.Attempt > past.Attempt
		}) {
			last = k
		}
	}
	for k := range last {
		if r := &done[k]; st.Server(r.server).Phase == rollout.Checking {
			r.err = x.serve(ctx, n, r.server, held)
		}
	}
}
