package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"rota/rollout"
)

// Drain takes the servers of a plan by hand out of rotation and returns when
// every balancer says that they are out. Below the floor it asks. When the
// drain timeout is over it fails, and the servers stay as they are.
func (r *Runner) Drain(ctx context.Context, p rollout.Plan) (rollout.Summary, error) {
	return r.byHand(ctx, p, func(ctx context.Context, x *run) error {
		servers := p.Batches[0].Servers
		if err := rollout.Guard(x.watch.look(ctx), p.Floors, servers...); err != nil {
			if err := x.askBelow(ctx, servers, err); err != nil {
				return err
			}
		}
		if err := x.takeOut(ctx, 1, servers, nil); err != nil {
			return err
		}
		if _, err := x.drained(ctx, 1, servers); err != nil {
			return err
		}
		for _, name := range servers {
			x.move(name, rollout.Out, "")
			x.move(name, rollout.LeftOut, "")
		}
		return nil
	})
}

// Restore puts the servers of a plan by hand back into rotation: after their
// own health check and the balancers', as everything that comes back.
func (r *Runner) Restore(ctx context.Context, p rollout.Plan) (rollout.Summary, error) {
	return r.byHand(ctx, p, func(ctx context.Context, x *run) error {
		failed, err := x.checkAll(ctx)
		if err != nil {
			return err
		}
		for { // each time all that are left come back, or one fails more
			more, err := x.in(ctx, 1)
			if err != nil {
				return err
			}
			if len(more) == 0 {
				break
			}
			failed = append(failed, more...)
		}
		if len(failed) == 0 {
			return nil
		}
		st := x.state()
		var why []string
		for _, name := range failed {
			why = append(why, name+": "+st.Server(name).Error)
		}
		return x.asEnd(errors.New("not put back: " + strings.Join(why, "; ")))
	})
}

// checkAll checks the servers of a restore and lists those that failed.
func (x *run) checkAll(ctx context.Context) (failed []string, err error) {
	st := x.state()
	for _, name := range st.Plan.Batches[0].Servers {
		err := x.check(ctx, 1, name)
		if end, ok := errors.AsType[*ended](err); ok {
			return nil, end
		}
		if err != nil {
			failed = append(failed, name)
			x.move(name, rollout.Failed, err.Error())
		}
	}
	return failed, nil
}

func (r *Runner) byHand(ctx context.Context, p rollout.Plan, do func(context.Context, *run) error) (rollout.Summary, error) {
	return r.carry(ctx, rollout.Event{Kind: rollout.RunBegun, Plan: &p}, do)
}

// askBelow asks whether servers may be taken out by hand although a floor
// would be broken.
func (x *run) askBelow(ctx context.Context, servers []string, why error) error {
	text := fmt.Sprintf("below min_in_rotation: take %s out?", plural(len(servers), "server"))
	then := "fewer than the floor stay in rotation"
	facts := []string{why.Error()}
	if short, ok := errors.AsType[*rollout.Short](why); ok {
		text = fmt.Sprintf("below min_in_rotation (%d): take %s out, so that %d stay in %s %s?",
			short.Least, plural(len(servers), "server"), short.Stay, short.Balancer, short.Pool)
		then = fmt.Sprintf("%s in rotation on %s", plural(short.Stay, "server"), short.Balancer)
		if short.Stay == 0 {
			then = "NO server in rotation on " + short.Balancer + ": its users get errors"
		}
	}
	answer, err := x.ask(ctx, rollout.Question{
		Kind:  rollout.AskFloor,
		Text:  text,
		Facts: append(facts, "out would be: "+strings.Join(servers, ", ")),
		Choices: []rollout.Choice{
			{Key: "C", Word: rollout.Continue, Then: then, Wide: true},
			{Key: "N", Word: rollout.No, Then: "do nothing"},
		},
	})
	if err == nil && answer != rollout.Continue {
		err = &ended{outcome: rollout.Stopped, person: true, why: "nothing was done: " + why.Error()}
	}
	return err
}
