package haproxy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rota/lb"
)

const (
	proveFor   = 2 * time.Minute // where the context has no end of its own
	proveEvery = 100 * time.Millisecond
	giveUpFor  = 5 * time.Second
)

// Prove implements lb.Prover.
//
// "ready" does not wait for a check, and after maint the last result shown is
// an old one. So each server goes from maint to drain and is declared dead in
// the same line; then HAProxy needs as many fresh passes as its "rise" says
// until it shows the server as DRAIN, and no client, sticky or not, is sent to
// a server that is declared dead. A server that fails goes back to maint, and
// so do those proved with it.
func (b *Balancer) Prove(ctx context.Context, servers ...string) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, proveFor)
		defer cancel()
	}
	r, err := b.read(ctx)
	if err != nil {
		return err
	}
	var unproved []row
	for _, name := range servers {
		rows, err := b.find(r, name)
		if err != nil {
			return err
		}
		for _, row := range rows {
			// A server that follows another is as healthy as that one is.
			if !row.ready() && row.checked() && row.tracked == "" {
				unproved = append(unproved, row)
			}
		}
	}
	if len(unproved) == 0 {
		return nil
	}
	for _, row := range unproved {
		if err == nil {
			err = b.declareDead(ctx, row)
		}
	}
	if err == nil {
		err = b.awaitChecks(ctx, unproved)
	}
	if err != nil {
		return errors.Join(err, b.shut(context.WithoutCancel(ctx), unproved))
	}
	return nil
}

// declareDead takes a server from maint to drain and declares it dead. It sends
// that until HAProxy has answered: only then is it known that what HAProxy
// shows is younger.
func (b *Balancer) declareDead(ctx context.Context, at row) error {
	commands := []command{at.command("set server %v state drain"), at.command("set server %v health down")}
	if at.agented() {
		commands = slices.Insert(commands, 0, at.command("disable agent %v"))
	}
	b.told(ctx, commands)
	for tries := 1; ; tries++ {
		answer, err := b.tell(ctx, commands)
		if err == nil && answer == "" {
			if err = wait(ctx, proveEvery); err == nil {
				continue
			}
			err = fmt.Errorf("%s: %s: no answer: %w", b.wire, line(commands), err)
		}
		if tries > 1 {
			lb.Said(ctx, b.about(commands...), fmt.Sprintf("(no answer, so it was told %d times)", tries))
		}
		b.said(ctx, commands, answer, err)
		if err == nil {
			err = b.judge(commands, answer)
		}
		return err
	}
}

// awaitChecks waits until the checks of all these servers have passed.
func (b *Balancer) awaitChecks(ctx context.Context, unproved []row) error {
	var waiting error
	for {
		r, err := b.read(ctx)
		if err != nil {
			if waiting != nil {
				err = fmt.Errorf("%w: %w", waiting, err)
			}
			return err
		}
		waiting = nil
		for _, at := range unproved {
			row, _ := r.row(at.place)
			switch {
			case !row.closed():
				return fmt.Errorf("%s: %v was put back before its check had passed: haproxy was reloaded, or somebody did it", b.wire, at)
			case row.status != "DRAIN" && row.status != "DRAIN (agent)":
				waiting = fmt.Errorf("%s: %v: its check has not passed: it is %s", b.wire, at, row.words())
			}
		}
		if waiting == nil {
			return nil
		}
		if err := wait(ctx, proveEvery); err != nil {
			return fmt.Errorf("%w: %w", waiting, err)
		}
	}
}

// shut closes servers for everybody.
func (b *Balancer) shut(ctx context.Context, places []row) error {
	ctx, cancel := context.WithTimeout(ctx, giveUpFor)
	defer cancel()
	var commands []command
	for _, at := range places {
		commands = append(commands, at.command("set server %v state maint"))
	}
	if err := b.send(ctx, commands); err != nil {
		return err
	}
	r, err := b.read(ctx)
	if err != nil {
		return err
	}
	for _, at := range places {
		if row, _ := r.row(at.place); !row.is(lb.Out) {
			return fmt.Errorf("%s: %v could not be closed again: it is %s", b.wire, at, row.words())
		}
	}
	return nil
}
