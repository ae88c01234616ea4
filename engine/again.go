package engine

import (
	"context"
	"fmt"
	"slices"

	"rota/lb"
	"rota/rollout"
)

// again makes a run ready to go on after it was interrupted. A step that began
// and has no end may still run on its host: it is shown as unknown and ended
// there before anything is done again.
func (x *run) again(ctx context.Context) error {
	st := x.state()
	for _, a := range everyAction(&st) {
		past, begun := st.Step(a.ID)
		if !begun || past.Ended {
			continue
		}
		x.add(rollout.Event{
			Kind: rollout.StepEnded, Step: a.ID, Server: turnOf(&st, a), State: lb.Unknown.String(),
			Error: "rota was interrupted while it ran",
		})
	}
	if err := x.settle(ctx); err != nil {
		return err
	}
	x.levelled(x.level(ctx))
	st = x.state()
	views := x.watch.look(ctx)
	for _, sv := range st.Servers {
		if sv.Phase == rollout.Skipped && st.Current().Target(sv.Name) != nil {
			x.move(sv.Name, rollout.Failed, sv.Error) // resume tries the failed ones again
		}
		// One that somebody has put back meanwhile is not watched but taken out,
		// in its turn and if the floor allows it.
		if sv.Phase.OutOfRotation() && x.all(views, []string{sv.Name}, everywhere, leaving) {
			x.watch.guard(sv.Name)
		}
	}
	return nil
}

// settle makes servers, or all of them, ready to go on: what may still run of
// their steps is ended, and a once-step whose outcome is unknown is asked about.
func (x *run) settle(ctx context.Context, servers ...string) error {
	if err := x.endUnknown(ctx, servers...); err != nil {
		return err
	}
	st := x.state()
	for _, a := range presentActions(&st) {
		name := turnOf(&st, a)
		if past, _ := st.Step(a.ID); !past.Unknown || len(servers) > 0 && !slices.Contains(servers, name) {
			continue
		}
		if sv := st.Server(name); sv != nil && sv.Phase == rollout.Deploying {
			x.move(name, rollout.Uncertain, sv.Error)
		}
		if !a.Once {
			continue
		}
		if err := x.askOnce(ctx, name, a); err != nil {
			return err
		}
	}
	return nil
}

// endUnknown ends, on their hosts, steps of servers whose outcome is unknown, of
// whichever way they were.
func (x *run) endUnknown(ctx context.Context, servers ...string) error {
	st := x.state()
	for _, a := range everyAction(&st) {
		past, _ := st.Step(a.ID)
		if !past.Unknown || len(servers) > 0 && !slices.Contains(servers, turnOf(&st, a)) {
			continue
		}
		x.note(fmt.Sprintf("%s: the outcome of %s is unknown", a.Server, a.Words()))
		if err := x.endStep(ctx, a); err != nil {
			return x.asEnd(fmt.Errorf("%s: whether %s still runs is not known: %w", a.Server, a.Words(), err))
		}
	}
	return nil
}

// presentActions lists the actions of the way that the run goes now.
func presentActions(st *rollout.State) []rollout.Action {
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

// everyAction lists all actions of a run, there and back.
func everyAction(st *rollout.State) []rollout.Action {
	all := slices.Clone(st.Plan.Prepare)
	for _, t := range st.Plan.Targets {
		all = slices.Concat(all, t.Steps, t.Back)
	}
	return append(all, st.Plan.Finish...)
}

// turnOf returns the server in whose turn an action is done.
func turnOf(st *rollout.State, a rollout.Action) string {
	for _, t := range st.Plan.Targets {
		for _, own := range slices.Concat(t.Steps, t.Back) {
			if own.ID == a.ID {
				return t.Server
			}
		}
	}
	return a.Server
}
