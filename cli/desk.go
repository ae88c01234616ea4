package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rota/engine"
	"rota/plain"
	"rota/rollout"
	"rota/tui"
)

// begin starts a job and returns when its run has begun, or why it cannot; the
// run's events go to the screen. What becomes of it is what the program ends with:
// of what has not begun only where that is what the program was called for.
func (d *desk) begin(ctx context.Context, j job, calledFor bool) error {
	d.mu.Lock()
	if d.busy {
		d.mu.Unlock()
		return errors.New("a run is under way")
	}
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	st := &stops{early: cancel}
	d.busy, d.stop = true, st
	d.mu.Unlock()
	d.screen.Starting(j.kind)
	begun := make(chan error, 1)
	d.working.Go(func() {
		defer cancel()
		counts := calledFor
		sum, err := d.session.do(base, d.screen, j, func(r *engine.Runner) {
			st.use(r)
			counts = true
			begun <- nil
		})
		d.mu.Lock()
		d.busy = false
		if counts {
			d.sum, d.err = sum, err
		}
		d.mu.Unlock()
		select {
		case begun <- err: // it has not begun
		default:
		}
		d.lookNow()
	})
	err := <-begun
	if err != nil {
		d.screen.Starting("")
	}
	return err
}

// lookNow has the servers asked now.
func (d *desk) lookNow() {
	select {
	case d.news <- struct{}{}:
	default:
	}
}

// Confirm implements ssh.Asker. What was answered changes what can be seen.
func (d *desk) Confirm(ctx context.Context, question string) (bool, error) {
	defer d.lookNow()
	return d.screen.Confirm(ctx, question)
}

// Secret implements ssh.Asker.
func (d *desk) Secret(ctx context.Context, prompt string) (string, error) {
	defer d.lookNow()
	return d.screen.Secret(ctx, prompt)
}

// Refresh implements tui.Actions.
func (d *desk) Refresh(ctx context.Context) {
	d.session.fleet.Connect(ctx)
	d.lookNow()
	d.mu.Lock()
	again := d.unread && !d.busy
	d.mu.Unlock()
	if again {
		d.unfinished(ctx)
	}
}

// Plan implements tui.Actions.
func (d *desk) Plan(ctx context.Context, version string, servers ...string) (rollout.Plan, []string, error) {
	plan, err := d.session.makePlan(ctx, version, servers...)
	return plan, nil, err
}

// Commands implements tui.Actions.
func (d *desk) Commands(ctx context.Context, p rollout.Plan) ([]string, error) {
	sections, err := d.session.commands(ctx, p)
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	plain.Commands(&out, sections...)
	return strings.Split(strings.TrimRight(out.String(), "\n"), "\n"), nil
}

// Versions implements tui.Actions.
func (d *desk) Versions(ctx context.Context) ([]string, error) {
	return d.session.versions(ctx)
}

// Runs implements tui.Actions.
func (d *desk) Runs(ctx context.Context) ([]rollout.State, error) { return d.session.past(ctx) }

// Past implements tui.Actions.
func (d *desk) Past(ctx context.Context, run string) (tui.Past, error) {
	journal, err := d.session.journal(ctx, run)
	if err != nil {
		return tui.Past{}, err
	}
	var p tui.Past
	p.Events, p.Damage = rollout.Playable(journal)
	var out strings.Builder
	plain.Journal(&out, slices.Values(p.Events), false)
	if p.Damage != nil {
		fmt.Fprintf(&out, "\nthe journal is damaged, nothing after event %d can be read: %v\n", len(p.Events), p.Damage)
	}
	p.Lines = strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	return p, nil
}

// Start implements tui.Actions.
func (d *desk) Start(ctx context.Context, r tui.Request) error {
	err := d.startJob(ctx, r)
	if e, ok := errors.AsType[*unsettledError](err); ok {
		return e.onScreen()
	}
	if _, ok := errors.AsType[declinedError](err); ok {
		return tui.ErrDeclined
	}
	return err
}

func (d *desk) startJob(ctx context.Context, r tui.Request) error {
	switch r.Do {
	case "deploy":
		j := d.deploy(r.Version, r.Servers...)
		j.shown = true
		return d.begin(ctx, j, false)
	case "roll":
		return d.begin(ctx, d.roll(r.Job), false)
	case "rehearse":
		return d.begin(ctx, d.rehearse(), false)
	case "rollback":
		return d.begin(ctx, d.rollback(""), false)
	case "switch":
		j := d.switchTo(r.Group)
		j.shown = true
		return d.begin(ctx, j, false)
	case "resume":
		return d.begin(ctx, d.resume(), false)
	case "drain":
		return d.begin(ctx, d.drain(r.Servers, r.Why), false)
	case "restore":
		return d.begin(ctx, d.restore(r.Servers), false)
	}
	return errors.New(r.Do + " cannot be started from here")
}

// Stop implements tui.Actions.
func (d *desk) Stop(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.busy {
		return errors.New("no run is under way")
	}
	d.stop.stop()
	return nil
}

// Hold implements tui.Actions.
func (d *desk) Hold(context.Context) error {
	d.mu.Lock()
	st := d.stop
	d.mu.Unlock()
	if st == nil {
		return errors.New("no run is under way")
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.runner == nil {
		return errors.New("the run has not begun yet")
	}
	st.runner.Control.Hold()
	return nil
}

var _ tui.Actions = (*desk)(nil)
