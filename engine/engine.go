package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"rota/inventory"
	"rota/lb"
	"rota/record"
	"rota/rollout"
)

// Runner carries out one plan. Its fields are set before Run or Resume and not
// changed after; only Control may be used meanwhile.
type Runner struct {
	Inventory *inventory.Inventory
	Balancers []lb.Named // in the inventory's order, without those left out
	Hosts     map[string]rollout.Host
	Here      rollout.Shell            // runs the hooks, beside the inventory's file; nil where the plan has none
	Machines  map[string]rollout.Shell // by balancer: runs its before and after
	Store     rollout.Store
	Lease     *Lease // kept by the caller; nil: there is no lock
	Journal   *rollout.Journal
	Operator  rollout.Operator // is asked; the journal tells it the events
	Secrets   []inventory.Var  // exported to the commands, masked by the journal's gate
	Folder    string           // what relative upload paths are relative to

	// Healthy waits until the server has passed its own health check, telling
	// each try. Version asks what it runs; nil where nobody can tell. vars are
	// the run's variables for that server.
	Healthy func(ctx context.Context, server string, vars []inventory.Var, each func(text string)) error
	Version func(ctx context.Context, server string, vars []inventory.Var) (string, error)

	Probe Probe    // runs as long as the run does, gates included; nil: there is none
	Notes []string // are told at its beginning

	Control Control
}

// Run carries out a plan from its beginning. The summary is whole whatever the
// error, which tells what ended the run early. A ctx that ends is two stops.
func (r *Runner) Run(ctx context.Context, p rollout.Plan) (rollout.Summary, error) {
	return r.carry(ctx, rollout.Event{Kind: rollout.RunBegun, Plan: &p, Version: p.Version},
		func(ctx context.Context, x *run) error { return x.walk(ctx) })
}

// Resume goes on with the run of the journal. now is its plan by today's
// inventory, see rollout.Refresh.
func (r *Runner) Resume(ctx context.Context, now rollout.Plan) (rollout.Summary, error) {
	return r.carry(ctx, rollout.Event{Kind: rollout.Resumed, Plan: &now, Version: now.Version},
		func(ctx context.Context, x *run) error {
			if err := x.again(ctx); err != nil {
				return err
			}
			return x.walk(ctx)
		})
}

func (r *Runner) carry(ctx context.Context, first rollout.Event, do func(context.Context, *run) error) (rollout.Summary, error) {
	defer context.AfterFunc(ctx, func() { r.Control.Stop(); r.Control.Stop() })()
	ctx = context.WithoutCancel(ctx) // what is begun is finished; see Control

	x := &run{Runner: r, clock: newStopwatch(), asking: newTurn(), endProbe: func() {}}
	x.watch = newWatcher(x)
	if err := r.Journal.Add(first); err != nil {
		return rollout.Summary{Outcome: rollout.Paused, Why: err.Error()}, err
	}
	// The run stands in the journal, and in its copies, before its first change.
	err := x.ship(ctx)
	for _, text := range r.Notes {
		x.note(text)
	}
	if err == nil {
		x.endProbe = x.probe(ctx)
		err = x.guarded(ctx, func(ctx context.Context) error {
			if err := x.before(ctx); err != nil {
				return err
			}
			return do(ctx, x)
		})
	}
	return x.close(ctx, err)
}

// guarded runs walk with the watcher beside it.
func (x *run) guarded(ctx context.Context, walk func(context.Context) error) error {
	beside, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { x.watch.watch(beside) })
	err := walk(ctx)
	stop()
	wg.Wait()
	return err
}

// run is one plan being carried out.
type run struct {
	*Runner
	watch  *watcher
	clock  *stopwatch
	asking turn // one question at a time
	tails  tails
	said   sync.Map // texts that are told once

	comparer *comparer // of the batch that was put in last; used by the walk alone
	prober   *prober   // nil: there is no probe

	endProbe func()
	entered  bool // what comes before the first change has been begun

	noGates bool // a person chose to be asked no more; used by the walk alone
}

// ended is the error by which a run ends before its last batch.
type ended struct {
	outcome rollout.Outcome
	person  bool
	silent  bool // a question got no answer
	why     string
}

func (e *ended) Error() string { return e.why }

// errTurned says that the run goes back from here: the walk begins anew with
// the way back as its plan.
var errTurned = errors.New("the run goes back")

func (x *run) state() rollout.State { return x.Journal.State() }

// add writes an event. Before a change the error matters and begin returns it;
// what has happened is told as well as it can be.
func (x *run) add(e rollout.Event) { _ = x.Journal.Add(e) }

func (x *run) note(text string) { x.add(rollout.Event{Kind: rollout.Noted, Text: text}) }

func (x *run) move(server string, to rollout.Phase, why string) {
	x.add(rollout.Event{Kind: rollout.Moved, Server: server, State: string(to), Error: why})
}

const shipLimit = 20 * time.Second

// ship copies the journal. The store refuses a copy of who has lost the lock.
func (x *run) ship(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, shipLimit)
	defer cancel()
	return lockLost(x.Journal.Ship(ctx))
}

// ours is asked before an act. A lock that is somebody else's ends the run; one
// that cannot be asked is an error too.
func (x *run) ours(ctx context.Context) error {
	if x.Lease == nil {
		return nil
	}
	return lockLost(x.Lease.Ours(ctx))
}

// lost is ours for what must not wait for a host out of reach: it is an error
// only where the lock is known to be somebody else's.
func (x *run) lost(ctx context.Context) error {
	if end, ok := errors.AsType[*ended](x.ours(ctx)); ok {
		return end
	}
	return nil
}

// lockLost makes the end of the run of an error that tells of a lost lock.
func lockLost(err error) error {
	if errors.Is(err, record.ErrLost) {
		return &ended{outcome: rollout.LockLost, why: err.Error()}
	}
	return err
}
