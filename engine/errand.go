package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rota/inventory"
	"rota/lb"
	"rota/rollout"
)

// errand is a command of a run that is about no server: a hook, or what a
// balancer wants around the run.
type errand struct {
	id       rollout.StepID
	name     string // as the inventory has it
	where    rollout.Shell
	sudo     string
	command  string
	balancer string
	batch    int
	more     []inventory.Var
}

const errandLimit = 10 * time.Minute // as a step has where the inventory says nothing

// hook makes the errand of a hook, without a command where there is none.
func (x *run) hook(name string, batch int, more ...inventory.Var) errand {
	st := x.state()
	e := errand{id: rollout.HookStep(name, batch), name: "hooks." + name, where: x.Here, batch: batch, more: more}
	switch h := st.Plan.Hooks; name {
	case hookBefore:
		e.command = h.Before
	case hookAfterBatch:
		e.id, e.command = x.way(e.id), h.AfterBatch
	case hookAfter:
		e.command = h.After
	case hookOnFailure:
		e.command = h.OnFailure
	}
	return e
}

// The hooks, as the inventory has them.
const (
	hookBefore     = "before"
	hookAfterBatch = "after-batch"
	hookAfter      = "after"
	hookOnFailure  = "on-failure"
)

// arounds makes the errands of the balancers before or after the run.
func (x *run) arounds(when string) []errand {
	st := x.state()
	var all []errand
	for _, a := range st.Plan.Around {
		e := errand{
			id: rollout.AroundStep(a.Balancer, when), name: a.Balancer + ": " + when,
			where: x.Machines[a.Balancer], sudo: a.Sudo, command: a.Before, balancer: a.Balancer,
		}
		if when == hookAfter {
			e.command = a.After
		}
		if e.command != "" {
			all = append(all, e)
		}
	}
	return all
}

// event is what is told of an errand.
func (e errand) event() rollout.Event {
	return rollout.Event{Step: e.id, Balancer: e.balancer, Batch: e.batch, Text: e.name + ": " + e.command}
}

// must does an errand without which the run does not go on.
func (x *run) must(ctx context.Context, e errand) error {
	step, err := x.begin(ctx, e.event())
	if err == nil {
		err = x.errand(ctx, e)
		step.end(err)
	}
	if err != nil {
		return x.asEnd(fmt.Errorf("%s: %w", e.name, err))
	}
	return nil
}

// last does an errand at the end of the run, whatever stands in the way of
// writing it down, and tells what went wrong.
func (x *run) last(ctx context.Context, e errand) (told string) {
	st := x.state()
	past, _ := st.Step(e.id)
	s := &step{x: x, event: e.event(), begun: time.Now()}
	s.event.Kind, s.event.Attempt = rollout.StepBegun, past.Attempt+1
	if err := errors.Join(x.Journal.Add(s.event), x.ship(ctx)); err != nil {
		x.note(e.name + " all the same: " + err.Error())
	}
	err := x.errand(ctx, e)
	s.end(err)
	if err != nil {
		return e.name + ": " + err.Error()
	}
	return ""
}

// errand runs the command, and tells what it prints. The last line may say more
// than the exit status.
func (x *run) errand(ctx context.Context, e errand) error {
	if e.where == nil {
		return errors.New("there is no machine to run it on")
	}
	defer x.clock.wait()()
	limited, cancel := context.WithTimeout(ctx, errandLimit)
	defer cancel()
	var said string
	out := &lines{emit: func(line string) {
		if s := strings.TrimSpace(line); s != "" {
			said = s
		}
		x.add(rollout.Event{Kind: rollout.Output, Balancer: e.balancer, Step: e.id, Stream: "out", Line: line})
	}}
	err := e.where.Run(limited, x.errandScript(e), e.sudo, out)
	out.flush()
	switch {
	case err == nil:
		return nil
	case limited.Err() != nil && ctx.Err() == nil:
		err = fmt.Errorf("timeout: not done after %s: %w", errandLimit, err)
	}
	if said != "" {
		err = fmt.Errorf("%w: %s", err, said)
	}
	return err
}

// errandScript makes its script. This machine's environment may have variables
// of the same names, as where a hook runs rota.
func (x *run) errandScript(e errand) string {
	st := x.state()
	p := st.Current()
	t := rollout.Target{To: p.Version, Batch: e.batch}
	vars := rollout.Vars(x.Inventory, inventory.Server{}, t, p.Kind, st.Run)
	names := append(inventory.Names(), varOutcome, varFailed)
	return "unset -v " + strings.Join(names, " ") + "\n" +
		stepScript(x.place(), e.id, slices.Concat(vars, e.more, x.Secrets), e.command)
}

// Variables of the hooks after a run.
const (
	varOutcome = "ROTA_OUTCOME"
	varFailed  = "ROTA_FAILED" // the servers that failed, with blanks between them
)

// endErrands ends errands of a run that was interrupted, which may still run:
// they are done again.
func (x *run) endErrands(ctx context.Context) error {
	st := x.state()
	all := slices.Concat(x.arounds(hookBefore), x.arounds(hookAfter), []errand{x.hook(hookBefore, 0), x.hook(hookAfter, 0), x.hook(hookOnFailure, 0)})
	for n := range st.Current().Batches {
		all = append(all, x.hook(hookAfterBatch, n+1))
	}
	for _, e := range all {
		past, begun := st.Step(e.id)
		if begun && !past.Ended {
			ev := e.event()
			ev.Kind, ev.Text, ev.State, ev.Error = rollout.StepEnded, "", lb.Unknown.String(), "rota was interrupted while it ran"
			x.add(ev)
		}
		if begun && (!past.Ended || past.Unknown) && e.where != nil {
			if err := x.endCommand(ctx, e.where, e.id, e.sudo, e.name); err != nil {
				return x.asEnd(fmt.Errorf("%s: whether it still runs is not known: %w", e.name, err))
			}
		}
	}
	return nil
}
