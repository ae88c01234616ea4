package engine

import (
	"context"
	"errors"
	"strings"
	"sync"

	"rota/inventory"
	"rota/rollout"
)

// before does what comes before the first change: the hook, once a run, and
// what each balancer wants, side by side, whenever the run goes on. A run that
// fails here, with nothing touched, is over.
func (x *run) before(ctx context.Context) error {
	err := x.comeBefore(ctx)
	end, ok := errors.AsType[*ended](err)
	if st := x.state(); ok && end.outcome == rollout.Paused && untouched(&st) {
		return &ended{outcome: rollout.Aborted, why: end.why + ": nothing was touched"}
	}
	return err
}

func (x *run) comeBefore(ctx context.Context) error {
	if err := x.endErrands(ctx); err != nil {
		return err
	}
	if x.Control.isStopped() {
		return x.stopped()
	}
	if e := x.hook(hookBefore, 0); e.command != "" && !x.isDone(e.id) {
		if err := x.must(ctx, e); err != nil {
			return err
		}
	}
	x.entered = true
	all := x.arounds(hookBefore)
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, e := range all {
		wg.Go(func() { errs[i] = x.must(ctx, e) })
	}
	wg.Wait()
	for _, err := range errs {
		if end, ok := errors.AsType[*ended](err); ok && end.outcome != rollout.Paused {
			return end
		}
	}
	if err := errors.Join(errs...); err != nil {
		return x.asEnd(errors.New(strings.ReplaceAll(err.Error(), "\n", "; ")))
	}
	return nil
}

// untouched reports whether a run has done nothing yet, in no process.
func untouched(st *rollout.State) bool {
	for _, a := range st.Plan.Prepare {
		if _, begun := st.Step(a.ID); begun {
			return false
		}
	}
	for _, sv := range st.Servers {
		if sv.Phase != rollout.Waiting || sv.Touched {
			return false
		}
	}
	_, begun := st.Step(rollout.BatchStep(1, "out")) // one that was put back
	return !begun && st.Reverse == nil
}

func (x *run) isDone(id rollout.StepID) bool {
	st := x.state()
	past, _ := st.Step(id)
	return past.Ended && past.Error == ""
}

// afterBatch does the hook after a batch. A batch whose hook has failed is held
// there: the hook is done again when the run goes on.
func (x *run) afterBatch(ctx context.Context, n int) error {
	e := x.hook(hookAfterBatch, n)
	if e.command == "" || x.Control.isStopped() {
		return nil
	}
	return x.must(ctx, e)
}

// owed does the hook that the last batch is owed where the run was ended before
// it, and asks what comes after it.
func (x *run) owed(ctx context.Context) error {
	st := x.state()
	n := st.NextBatch() - 1
	if n < 0 {
		n = len(st.Current().Batches)
	}
	if n < 1 || x.hook(hookAfterBatch, n).command == "" || x.isDone(x.hook(hookAfterBatch, n).id) {
		return nil
	}
	if err := x.afterBatch(ctx, n); err != nil {
		return err
	}
	return x.between(ctx, n)
}

// afterwards does what the balancers want after a run, at each end of it: where
// what they want before it was begun, by whatever process.
func (x *run) afterwards(ctx context.Context) (told []string) {
	st := x.state()
	begun := map[string]bool{}
	for _, a := range st.Plan.Around {
		_, did := st.Step(rollout.AroundStep(a.Balancer, hookBefore))
		begun[a.Balancer] = did || x.entered && a.Before == ""
	}
	all := x.arounds(hookAfter)
	said := make([]string, len(all))
	var wg sync.WaitGroup
	for i, e := range all {
		if begun[e.balancer] {
			wg.Go(func() { said[i] = x.last(ctx, e) })
		}
	}
	wg.Wait()
	for _, s := range said {
		if s != "" {
			told = append(told, s)
		}
	}
	return told
}

// lastHook tells by a hook how the run has ended.
func (x *run) lastHook(ctx context.Context, sum *rollout.Summary) (told []string) {
	name := hookOnFailure
	if sum.Outcome == rollout.Done {
		name = hookAfter
	}
	more := []inventory.Var{{Name: varOutcome, Value: string(sum.Outcome)}}
	if len(sum.Failed) > 0 {
		more = append(more, inventory.Var{Name: varFailed, Value: strings.Join(sum.Failed, " ")})
	}
	if e := x.hook(name, 0, more...); e.command != "" {
		if said := x.last(ctx, e); said != "" {
			told = append(told, said)
		}
	}
	return told
}
