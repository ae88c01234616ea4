package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rota/lb"
	"rota/rollout"
)

// walk goes through the plan, and back where that is decided, until nothing is
// left to do.
func (x *run) walk(ctx context.Context) error {
	for {
		err := x.walkOn(ctx)
		if err == nil {
			err = x.reckon(ctx)
		}
		if !errors.Is(err, errTurned) {
			return err
		}
	}
}

func (x *run) walkOn(ctx context.Context) error {
	if st := x.state(); st.Reverse == nil {
		if err := x.beside(ctx, st.Plan.Prepare); err != nil {
			return err
		}
	}
	if err := x.owed(ctx); err != nil && !errors.Is(err, errTurned) {
		return err
	}
	for {
		st := x.state()
		n := st.NextBatch()
		if n == 0 {
			break
		}
		err := x.batch(ctx, n)
		if err == nil {
			err = x.reckon(ctx)
		}
		if err == nil {
			err = x.afterBatch(ctx, n)
		}
		if err == nil {
			err = x.between(ctx, n)
		}
		if err != nil && !errors.Is(err, errTurned) {
			return err
		}
	}
	if st := x.state(); st.Reverse == nil {
		return x.beside(ctx, st.Plan.Finish)
	}
	return nil
}

// batch does the verbs of a batch. Servers that fail are decided about one by
// one, and what is left of the batch goes through the verbs again, until none is
// left open: a verb that is done for a server is not done again.
func (x *run) batch(ctx context.Context, n int) error {
	still := 0 // rounds in which nothing happened
	for was := ""; ; {
		st := x.state()
		if is := doings(&st); is != was {
			was, still = is, 0
		} else if still++; still > mostStill {
			return x.asEnd(fmt.Errorf("rota itself is wrong: batch %d does not come to an end", n))
		}
		names := st.Pending(n)
		if len(names) == 0 {
			return nil
		}
		if err := x.stoppedBefore(names); err != nil {
			return err
		}
		if err := x.reckon(ctx); err != nil {
			return err
		}
		failed, err := x.verbs(ctx, n, names)
		x.levelled(x.level(ctx))
		if err != nil {
			return err
		}
		st = x.state()
		for _, server := range failed {
			now := x.state()
			if now.Server(server).GoesBack && !st.Server(server).GoesBack {
				continue // sent back together with another
			}
			if err := x.failure(ctx, n, server); err != nil {
				return err
			}
		}
	}
}

const mostStill = 100

// doings tells where all servers stand, so that no progress can be seen.
func doings(st *rollout.State) string {
	var b strings.Builder
	for _, sv := range st.Servers {
		step, _ := st.Step(sv.Step)
		fmt.Fprintln(&b, sv.Name, sv.Phase, sv.Done, sv.StepsDone, sv.Step, step.Attempt)
	}
	return b.String()
}

// verbs does the verbs of a batch in turn, until one of them fails for a server.
func (x *run) verbs(ctx context.Context, n int, names []string) (failed []string, err error) {
	st := x.state()
	for _, verb := range st.Current().Batches[n-1].Verbs {
		switch verb {
		case rollout.TakeOut:
			if err = x.out(ctx, n, names); err == nil {
				x.levelled(x.level(ctx))
				err = x.stoppedBefore(names)
			}
		case rollout.Work:
			failed, err = x.work(ctx, n)
		case rollout.PutIn:
			failed, err = x.in(ctx, n)
		case rollout.Climb:
			failed, err = x.climb(ctx, n)
		case rollout.Soak:
			failed, err = x.soaked(ctx, n, names)
		case rollout.Keep:
			x.keep(n)
		}
		if err != nil || len(failed) > 0 {
			return failed, err
		}
	}
	return nil, nil
}

// keep leaves servers out of rotation, where the plan wants them: of those that
// were worked on the ones that have passed their check.
func (x *run) keep(n int) {
	st := x.state()
	for _, name := range st.Pending(n) {
		sv, t := st.Server(name), st.Target(name)
		to := rollout.Idle
		if t.Held != "" {
			to = rollout.LeftOut
		}
		works := st.Current().Batches[n-1].Has(rollout.Work)
		if sv.Phase.May(to) && (!works || sv.Phase == rollout.Checking || sv.Phase.Settled()) {
			x.move(name, to, "")
		}
	}
}

// keepLeaving settles servers whose place others have taken: where the run ends
// before they are drained, they stay out.
func (x *run) keepLeaving(ctx context.Context) {
	st := x.state()
	var views []lb.View
	for _, t := range st.Current().Targets {
		sv := st.Server(t.Server)
		if !t.Leaves || sv.Phase != rollout.Draining && sv.Phase != rollout.Out {
			continue
		}
		if views == nil {
			views = x.watch.look(ctx)
		}
		if x.all(views, []string{t.Server}, everywhere, leaving) {
			x.move(t.Server, rollout.Idle, "")
		}
	}
}

// stoppedBefore ends the run where a person has stopped it before anything was
// done to these servers.
func (x *run) stoppedBefore(names []string) error {
	st := x.state()
	if !x.Control.isStopped() || slices.ContainsFunc(names, func(name string) bool {
		sv := st.Server(name)
		return sv.Phase != rollout.Waiting && sv.Phase != rollout.Serving && sv.Phase != rollout.Idle && !st.Untouched(name)
	}) {
		return nil
	}
	return x.stopped()
}
