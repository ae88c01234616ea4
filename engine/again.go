package engine

import (
	"context"
	"fmt"

	"rota/rollout"
)

// again makes a run ready to go on after it was interrupted. A step that began
// and has no end may still run on its host: it is shown as unknown and ended
// there before anything is done again.
func (x *run) again(ctx context.Context) error {
	st := x.state()
	for _, a := range everyAction(&st) {
		past, begun := st.Step(a.ID)
		if !begun || past.Ended && !past.Unknown {
			continue
		}
		if !past.Ended {
			x.add(rollout.Event{
				Kind: rollout.StepEnded, Step: a.ID, Server: turnOf(&st, a), State: "unknown",
				Error: "rota was interrupted while it ran",
			})
		}
		if name := turnOf(&st, a); st.Server(name) != nil && st.Server(name).Phase == rollout.Deploying {
			x.move(name, rollout.Uncertain, "rota was interrupted while "+a.Words()+" ran")
		}
		x.note(fmt.Sprintf("%s: the outcome of %s is unknown", a.Server, a.Words()))
		if err := x.endStep(ctx, a); err != nil {
			return x.asEnd(fmt.Errorf("%s: whether %s still runs is not known: %w", a.Server, a.Words(), err))
		}
		if a.Once {
			if err := x.askOnce(ctx, turnOf(&st, a), a); err != nil {
				return err
			}
		}
	}
	for _, sv := range st.Servers {
		switch {
		case sv.Phase == rollout.Skipped: // resume tries the failed ones again
			x.move(sv.Name, rollout.Checking, "")
			x.move(sv.Name, rollout.Failed, sv.Error)
			x.watch.guard(sv.Name)
		case sv.Phase.OutOfRotation() && sv.Phase != rollout.Draining:
			x.watch.guard(sv.Name)
		}
	}
	return nil
}

// everyAction lists all actions of the plan that the run walks now.
func everyAction(st *rollout.State) []rollout.Action {
	var all []rollout.Action
	if st.Reverse == nil {
		all = append(all, st.Plan.Prepare...)
	}
	for _, t := range st.Current().Targets {
		all = append(all, st.Actions(t.Server)...)
	}
	if st.Reverse == nil {
		all = append(all, st.Plan.Finish...)
	}
	return all
}

// turnOf returns the server in whose turn an action is done.
func turnOf(st *rollout.State, a rollout.Action) string {
	for _, t := range st.Current().Targets {
		for _, own := range st.Actions(t.Server) {
			if own.ID == a.ID {
				return t.Server
			}
		}
	}
	return a.Server
}
