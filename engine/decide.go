package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"rota/rollout"
)

// ask puts a question to the operator and returns the word of the answer. A
// stop by a person, or no answer, ends the run safely.
func (x *run) ask(ctx context.Context, q rollout.Question) (string, error) {
	defer x.asking.take()()
	if x.Control.isStopped() {
		return "", x.stopped()
	}
	if err := x.lost(ctx); err != nil {
		return "", err
	}
	st := x.state()
	q.ID = fmt.Sprintf("%s-%d", st.Run, st.Seq+1)
	if st.Plan.Protected {
		q.TypeName = st.Plan.App
	}
	x.add(rollout.Event{Kind: rollout.Asked, Server: q.Server, Batch: q.Batch, Text: q.Text, Choices: q.Choices, Question: &q})
	if err := x.ship(ctx); err != nil {
		x.note(err.Error())
	}
	a, err := x.decide(ctx, q)
	if err != nil {
		x.add(rollout.Event{Kind: rollout.Answered, Server: q.Server, State: rollout.Unanswered, Text: "no answer"})
		if x.Control.isStopped() {
			return "", x.stopped()
		}
		if err := x.lost(ctx); err != nil {
			return "", err
		}
		return "", &ended{outcome: rollout.Stopped, silent: true, why: fmt.Sprintf("no answer: %v", err)}
	}
	if !slices.ContainsFunc(q.Choices, func(c rollout.Choice) bool { return c.Word == a.Choice }) {
		return "", fmt.Errorf("%q is no choice of: %s", a.Choice, q.Text)
	}
	return a.Choice, x.answered(ctx, q, a)
}

// decide waits for the operator, but not through a stop or the loss of the lock.
func (x *run) decide(ctx context.Context, q rollout.Question) (rollout.Answer, error) {
	defer x.clock.ask()()
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		select {
		case <-x.Control.stopped():
			cancel()
		case <-x.Lease.gone():
			cancel()
		case <-ctx.Done():
		}
	})
	return x.Operator.Decide(ctx, q)
}

func (x *run) answered(ctx context.Context, q rollout.Question, a rollout.Answer) error {
	e := rollout.Event{Kind: rollout.Answered, Server: q.Server, State: a.Choice, Text: "by " + a.By}
	if a.Choice == rollout.BackBatch {
		st := x.state()
		e.Server, e.Servers = "", touchedIn(&st, q.Batch)
	}
	x.add(e)
	return x.lost(ctx) // whoever slept at a gate may have lost the lock meanwhile
}

// stopped is how a run ends that a person stopped.
func (x *run) stopped() error {
	return &ended{outcome: rollout.Stopped, person: true, why: "stopped by a person"}
}

// unanswered reports whether an error says that nobody answered.
func unanswered(err error) bool {
	end, ok := errors.AsType[*ended](err)
	return ok && end.silent
}

// asEnd ends the run at a failure that nobody can decide about.
func (x *run) asEnd(err error) error {
	if end, ok := errors.AsType[*ended](err); ok {
		return end
	}
	return &ended{outcome: rollout.Paused, why: err.Error()}
}

// between is what happens between two batches: a gate, or the end that a
// person asked for.
func (x *run) between(ctx context.Context, n int) error {
	if x.Control.isStopped() {
		return x.stopped()
	}
	st := x.state()
	next := st.NextBatch()
	held := x.Control.takeHold()
	asks := st.Current().Batches[n-1].Asks
	if next == 0 && asks != rollout.AsksSwitched {
		return nil
	}
	if asks == rollout.AsksSwitch {
		if ready, _ := comers(&st); len(ready) == 0 {
			return x.asEnd(fmt.Errorf("no server of %s is ready: nothing was switched", st.Current().Idle))
		}
	}
	if !held && (!st.Gate(n) || x.noGates) {
		return nil
	}
	answer, err := x.ask(ctx, x.gate(ctx, &st, n, next))
	for err == nil && answer == rollout.Wait {
		x.rest(gateWait)
		st = x.state()
		answer, err = x.ask(ctx, x.gate(ctx, &st, n, next))
	}
	if next == 0 && len(st.Plan.Finish) == 0 && unanswered(err) {
		return nil // nothing was left to do but to say so
	}
	if err != nil {
		return err
	}
	switch answer {
	case rollout.Continue:
		return nil
	case rollout.ContinueAll:
		x.noGates = true
		return nil
	case rollout.RollBack:
		return x.turn(ctx)
	case rollout.Pause:
		return &ended{outcome: rollout.Stopped, person: true, why: "stopped at the gate"}
	}
	return &ended{outcome: rollout.Aborted, person: true, why: "aborted at the gate"}
}

// failure decides about one server that has failed: by max_failures, by policy
// or by the operator.
func (x *run) failure(ctx context.Context, n int, name string) error {
	st := x.state()
	answer, err := x.verdict(ctx, &st, n, name)
	if err != nil {
		return err
	}
	switch answer {
	case rollout.Retry:
		return x.settle(ctx, name)
	case rollout.Skip:
		return x.skip(ctx, name)
	case rollout.Back: // Apply has turned the server round
		return x.settle(ctx, name)
	case rollout.BackBatch: // and so those of its batch
		return x.settle(ctx, touchedIn(&st, n)...)
	case rollout.RollBack:
		return x.turn(ctx)
	case rollout.Abort:
		return &ended{outcome: rollout.Aborted, person: st.Plan.Policy.OnFailure == "ask", why: name + ": " + st.Server(name).Error}
	}
	return &ended{outcome: rollout.Paused, why: name + ": " + st.Server(name).Error}
}

func (x *run) verdict(ctx context.Context, st *rollout.State, n int, name string) (string, error) {
	policy := st.Plan.Policy
	failed := 1
	for _, sv := range st.Servers {
		if sv.Phase == rollout.Skipped {
			failed++
		}
	}
	switch {
	case failed <= policy.MaxFailures && !st.FoundWorse(name):
		a := rollout.Answer{Choice: rollout.Skip, By: fmt.Sprintf("policy max_failures: %d", policy.MaxFailures)}
		return a.Choice, x.answered(ctx, rollout.Question{Server: name, Batch: n}, a)
	case policy.OnFailure != "ask":
		word := policy.OnFailure
		by := "policy on_failure"
		if word == rollout.RollBack && !st.MayGoBack() {
			word = rollout.Pause // a person must look
			by += ": rollback, and there is no way back from here"
		}
		a := rollout.Answer{Choice: word, By: by}
		return a.Choice, x.answered(ctx, rollout.Question{Server: name, Batch: n}, a)
	}
	return x.ask(ctx, x.failureQuestion(ctx, st, n, name, x.watch.look(ctx)))
}

// skip leaves a server as it is: out of rotation if it was touched, in it if
// it was not.
func (x *run) skip(ctx context.Context, name string) error {
	st := x.state()
	sv := st.Server(name)
	if sv.Phase == rollout.Waiting {
		x.move(name, rollout.Serving, "left as it was")
		return nil
	}
	x.withdraw(ctx, []string{name}, []string{name})
	x.move(name, rollout.Skipped, sv.Error)
	return nil
}

// turn takes the run back: everything that it changed, by the same safe way.
func (x *run) turn(ctx context.Context) error {
	if err := x.endUnknown(ctx); err != nil {
		return err
	}
	st := x.state()
	var untouched []string
	for _, sv := range st.Servers {
		untouched = append(untouched, sv.Name)
	}
	if err := x.untouchedBack(ctx, untouched, ""); err != nil {
		return x.asEnd(err)
	}
	st = x.state()
	back, none := st.WayBack()
	for _, w := range none {
		x.note(fmt.Sprintf("%s has no way back: %s; it stays %s", w.Server, w.Why, w.State))
	}
	if len(back.Targets) == 0 && len(none) == 0 && len(st.LeftBehind()) == 0 {
		return &ended{outcome: rollout.RolledBack, why: "nothing was changed, and every server is in rotation again"}
	}
	if len(back.Targets) == 0 {
		return &ended{outcome: rollout.Paused, why: "there is no way back: " + reasons(none)}
	}
	x.add(rollout.Event{Kind: rollout.Reversed, Plan: &back, Version: back.Version, Servers: st.Changed(), Text: "the run goes back"})
	return errTurned
}

func reasons(none []rollout.Where) string {
	if len(none) == 0 {
		return "nothing was changed"
	}
	said := make([]string, len(none))
	for i, w := range none {
		said[i] = w.Server + ": " + w.Why
	}
	return strings.Join(said, "; ")
}

// refused is what follows when a batch could not be taken out, or closed.
func (x *run) refused(n int, servers []string, err error) error {
	if end, ok := errors.AsType[*ended](err); ok {
		return end
	}
	return x.asEnd(fmt.Errorf("batch %d (%s): %w", n, strings.Join(servers, ", "), err))
}
