package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rota/rollout"
)

// work does the steps and the health check of every server of a batch that is
// not done, side by side; servers of one host one after the other. When one
// fails the others finish the step that they are at and are held. It returns
// the servers that failed, in the order of the batch.
func (x *run) work(ctx context.Context, n int) ([]string, error) {
	st := x.state()
	goesOut := st.Current().Batches[n-1].Has(rollout.TakeOut)
	names := slices.DeleteFunc(st.Pending(n), func(name string) bool {
		return goesOut && st.Server(name).Phase == rollout.Waiting && len(x.standsBehind(&st, name, everywhere)) > 0
	})
	var hosts []string
	byHost := map[string][]string{}
	for _, name := range names {
		host := rollout.Machine(st.Current().Target(name).Host)
		if byHost[host] == nil {
			hosts = append(hosts, host)
		}
		byHost[host] = append(byHost[host], name)
	}
	var held atomic.Bool
	var wg sync.WaitGroup
	results := make([][]result, len(hosts))
	for i, host := range hosts {
		wg.Go(func() {
			for k, name := range byHost[host] {
				var err error
				// Time has passed since the batch was out. A server that somebody
				// put back meanwhile goes out again first, in the batch's next round.
				if k == 0 || !goesOut || x.stillShut(ctx, name) {
					err = x.serve(ctx, n, name, &held)
				}
				results[i] = append(results[i], result{name, err})
			}
			x.afterReboot(ctx, n, &st, results[i], &held)
		})
	}
	wg.Wait()
	failed, err := x.sum(names, slices.Concat(results...))
	if len(failed) > 0 {
		x.withdraw(ctx, failed, failed)
	}
	return failed, err
}

// stillShut reports whether nothing can reach a server on any balancer: nothing
// new, and nobody put it back since it was drained.
func (x *run) stillShut(ctx context.Context, name string) bool {
	views := x.watch.look(ctx)
	return x.watch.calm(name) && x.shutNow(views, []string{name})
}

type result struct {
	server string
	err    error
}

// sum sorts out what the servers of a batch came to.
func (x *run) sum(names []string, results []result) (failed []string, err error) {
	for _, r := range results {
		if end, ok := errors.AsType[*ended](r.err); ok {
			return nil, end
		}
	}
	for _, name := range names {
		i := slices.IndexFunc(results, func(r result) bool { return r.server == name })
		if results[i].err != nil {
			failed = append(failed, name)
		}
	}
	if len(failed) == 0 && x.Control.isStoppedTwice() {
		return nil, x.stopped()
	}
	return failed, nil
}

// serve does what is left to do on one server. A panic is a failure of that
// server, not the end of the run.
func (x *run) serve(ctx context.Context, n int, name string, held *atomic.Bool) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("rota itself failed: %v", p)
		}
		var end *ended
		if err != nil && !errors.As(err, &end) {
			held.Store(true)
			x.move(name, rollout.Failed, err.Error())
		}
	}()
	waits := func() bool { return held.Load() || x.Control.isStoppedTwice() }
	st := x.state()
	actions := x.actions(&st, name)
	first := st.Server(name).StepsDone
	for i := first; i < len(actions); i++ {
		if waits() {
			x.hold(name)
			return nil
		}
		if i > first && !x.stillShut(ctx, name) {
			return nil // it goes out again first, in the batch's next round
		}
		st := x.state()
		if st.Server(name).Phase != rollout.Deploying {
			x.move(name, rollout.Deploying, "")
		}
		if past, _ := st.Step(actions[i].ID); actions[i].Once && past.Ended && past.Error == "" {
			x.countDone(name, actions[i]) // the steps are done once more, but this one
			continue
		}
		if err := x.do(ctx, n, actions[i], name); err != nil {
			return err
		}
	}
	if waits() {
		x.hold(name)
		return nil
	}
	return x.check(ctx, n, name)
}

// hold notes that a server waits for a decision about another.
func (x *run) hold(name string) {
	st := x.state()
	if st.Server(name).Phase.May(rollout.Held) {
		x.move(name, rollout.Held, "")
	}
}

func (x *run) actions(st *rollout.State, name string) []rollout.Action { return st.Actions(name) }

// do takes one step on one server, as often as its retries allow. server is
// whose turn it is; the action may name another one (a once-step).
func (x *run) do(ctx context.Context, n int, a rollout.Action, server string) error {
	for try := 0; ; try++ {
		err := x.try(ctx, n, a, server)
		var end *ended
		if err == nil || errors.As(err, &end) {
			return err
		}
		// A once-step whose outcome is unknown is never run again unasked.
		if try >= a.Retry || a.Once && unknown(err) || x.Control.isStoppedTwice() {
			return fmt.Errorf("%s: %w", a.Words(), err)
		}
		if unknown(err) {
			if eerr := x.endStep(ctx, a); eerr != nil {
				return fmt.Errorf("%s: %w; and whether it still runs is not known: %w", a.Words(), err, eerr)
			}
		}
	}
}

func (x *run) try(ctx context.Context, n int, a rollout.Action, server string) error {
	step, err := x.begin(ctx, rollout.Event{Step: a.ID, Batch: n, Server: server, Text: a.Words()})
	if err != nil {
		return err
	}
	defer x.clock.wait()()
	err = x.act(ctx, a)
	if unknown(err) {
		if st := x.state(); st.Server(server) != nil && st.Server(server).Phase.May(rollout.Uncertain) {
			x.move(server, rollout.Uncertain, err.Error())
		}
	}
	step.end(err)
	return err
}

// check sees the server healthy, and running what it should run.
func (x *run) check(ctx context.Context, n int, name string) error {
	st := x.state()
	if st.Server(name).Phase.May(rollout.Checking) {
		x.move(name, rollout.Checking, "")
	}
	step, err := x.beginBack(ctx, rollout.Event{
		Step: x.serverStep(name, "health"), Batch: n, Server: name, Text: "health: " + x.expanded(name, st.Plan.Health),
	})
	if err != nil {
		return err
	}
	done := x.clock.wait()
	err = x.Healthy(ctx, name, x.checkVars(name), func(text string) {
		x.add(rollout.Event{Kind: rollout.Output, Server: name, Step: step.event.Step, Stream: "check", Line: text})
	})
	done()
	if err == nil {
		err = x.proof(ctx, name)
	} else {
		x.findVersion(ctx, name)
	}
	step.end(err)
	return err
}

// sameVersion asks a server that nothing was done to what it runs: a deploy will
// have to ask it too.
func (x *run) sameVersion(ctx context.Context, name, was string) error {
	if x.Version == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, versionLimit)
	defer cancel()
	is, err := x.Version(ctx, name, x.checkVars(name))
	switch {
	case err != nil:
		return fmt.Errorf("version: %w", err)
	case was != "" && is != was:
		return fmt.Errorf("version: it runs %q, and ran %q a moment ago", is, was)
	}
	return nil
}

// findVersion tells what an unhealthy server runs, as far as it can be asked.
func (x *run) findVersion(ctx context.Context, name string) {
	if x.Version == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, versionLimit)
	defer cancel()
	if is, err := x.Version(ctx, name, x.checkVars(name)); err == nil {
		x.add(rollout.Event{Kind: rollout.Found, Server: name, Version: is})
	}
}

const versionLimit = 30 * time.Second

// proof asks the server what it runs: a file copied beside a process that did
// not restart is not a deploy.
func (x *run) proof(ctx context.Context, name string) error {
	st := x.state()
	want := st.Wanted(name)
	if st.Plan.Kind == "rehearse" {
		return x.sameVersion(ctx, name, want)
	}
	if want == "" || !st.Server(name).Touched {
		return nil
	}
	if x.Version != nil {
		ctx, cancel := context.WithTimeout(ctx, versionLimit)
		defer cancel()
		is, err := x.Version(ctx, name, x.checkVars(name))
		if err != nil {
			return fmt.Errorf("version: %w", err)
		}
		if is != want {
			x.add(rollout.Event{Kind: rollout.Found, Server: name, Version: is})
			return fmt.Errorf("version: it runs %q, not %q, after its steps", is, want)
		}
	}
	x.add(rollout.Event{Kind: rollout.Found, Server: name, Version: want})
	if x.Store != nil {
		if err := x.Store.Deployed(ctx, name, want); err != nil {
			x.note(fmt.Sprintf("%s: the version could not be noted: %v", name, err))
		}
	}
	return nil
}
