package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"rota/lb"
	"rota/rollout"
)

// drained waits until every balancer has proved that nothing can reach the
// servers any more, then closes them for sticky sessions too and waits for that
// proof. When the time is up it asks. It returns the servers that are left to
// work on: those that are not drained may be put back by the answer.
func (x *run) drained(ctx context.Context, n int, servers []string) ([]string, error) {
	step, err := x.begin(ctx, rollout.Event{
		Step: x.batchStep(n, "drained"), Batch: n, Servers: servers,
		Text: "wait until their connections have ended",
	})
	if err != nil {
		return nil, err
	}
	st := x.state()
	d := drain{run: x, n: n, servers: servers, keep: st.Current().Batches[n-1].Has(rollout.Keep) && st.Plan.Kind != "drain"}
	err = d.wait(ctx)
	if d.forced {
		x.watch.force(d.servers...)
	}
	step.end(err)
	return d.servers, err
}

// drain is one wait for connections to end.
type drain struct {
	*run
	n       int
	servers []string
	keep    bool // nothing is done to them: what they still have may end in its own time
	closed  bool // asked to be Out, not only to drain
	forced  bool // go on although not all is proved
}

func (d *drain) wait(ctx context.Context) error {
	done := d.clock.wait()
	defer func() { done() }()
	limit := d.limit()
	end := time.Now().Add(limit)
	for len(d.servers) > 0 {
		views := d.watch.look(ctx)
		open := d.open(views)
		switch {
		case len(open) == 0 && d.closed || d.forced && d.closed:
			return nil
		case len(open) == 0 || d.forced:
			d.closed = true
			if err := joined(d.set(ctx, d.servers, lb.Out, everywhere)); err != nil {
				return d.refused(d.n, d.servers, fmt.Errorf("close for new sessions: %w", err))
			}
			continue
		case d.Control.isStopped() && !d.touched() && !d.keep:
			return d.stopped()
		case time.Now().After(end):
			done()
			err := d.late(ctx, views, open)
			done = d.clock.wait()
			if err != nil {
				return err
			}
			end = time.Now().Add(limit)
		}
		d.pause(pollWait)
	}
	return nil
}

func (d *drain) limit() time.Duration {
	st := d.state()
	return st.Plan.Policy.DrainTimeout
}

// touched reports whether a server of the batch was changed already.
func (d *drain) touched() bool {
	st := d.state()
	return st.Reverse != nil || slices.ContainsFunc(d.servers, func(s string) bool { return st.Server(s).Touched })
}

// open lists the servers that something can still reach.
func (d *drain) open(views []lb.View) []string {
	var open []string
	for _, name := range d.servers {
		if !d.all(views, []string{name}, everywhere, func(s lb.Server) bool {
			return s.Drained && (!d.closed || shut(s))
		}) {
			open = append(open, name)
		}
	}
	return open
}

// late asks what to do about connections that did not end in time.
func (d *drain) late(ctx context.Context, views []lb.View, open []string) error {
	facts := d.connections(views, open)
	if st := d.state(); d.keep && st.Plan.Policy.OnDrainTimeout != rollout.Cut {
		d.note("they get nothing new, and what they still have ends in its own time: " + strings.Join(facts, "; "))
		d.forced = true
		return nil
	}
	if st := d.state(); st.Plan.Kind == "drain" {
		return d.asEnd(fmt.Errorf("not drained after %s: %s", d.limit(), strings.Join(facts, "; ")))
	}
	answer, err := d.askDrain(ctx, d.n, open, facts)
	if err != nil {
		return err
	}
	switch answer {
	case rollout.Wait:
	case rollout.Continue:
		d.forced = true
	case rollout.Move:
		d.closed = true
		return joined(d.set(ctx, open, lb.Out, everywhere))
	case rollout.Cut:
		return d.cut(ctx, open)
	case rollout.PutBack:
		return d.putBack(ctx, open)
	default:
		return &ended{outcome: rollout.Aborted, person: true, why: "stopped while " + strings.Join(open, ", ") + " had connections"}
	}
	return nil
}

// connections tells what each balancer still has for the servers.
func (d *drain) connections(views []lb.View, servers []string) []string {
	st := d.state()
	var facts []string
	for _, name := range servers {
		for _, b := range d.standsBehind(&st, name, everywhere) {
			s := server(views, b, name)
			fact := fmt.Sprintf("%s on %s: %s", name, b, s.State)
			if s.Sessions >= 0 {
				fact += fmt.Sprintf(", %d connections", s.Sessions)
			}
			if s.Note != "" {
				fact += ", " + s.Note
			}
			facts = append(facts, fact)
		}
	}
	return facts
}

// cut closes the servers and ends what they still have, where a balancer can.
func (d *drain) cut(ctx context.Context, servers []string) error {
	d.closed = true
	if err := joined(d.set(ctx, servers, lb.Out, everywhere)); err != nil {
		return err
	}
	st := d.state()
	for _, b := range d.Balancers {
		behind := slices.DeleteFunc(slices.Clone(servers), func(s string) bool {
			return !slices.Contains(d.standsBehind(&st, s, everywhere), b.Name)
		})
		if len(behind) == 0 {
			continue
		}
		c, ok := b.Balancer.(lb.Cutter)
		if !ok {
			d.note(b.Name + " cannot cut connections; waiting for them")
			continue
		}
		if err := c.Cut(d.hear(ctx, b.Name), behind...); err != nil {
			return fmt.Errorf("%s: cut: %w", b.Name, err)
		}
	}
	return nil
}

// putBack puts servers back that are untouched, and goes on with the others.
// Those that did not drain have failed; the run decides about them as about any
// failure.
func (d *drain) putBack(ctx context.Context, open []string) error {
	why := "not drained after " + d.limit().String() + ", and put back"
	if err := d.untouchedBack(ctx, open, why); err != nil {
		return err
	}
	d.servers = slices.DeleteFunc(slices.Clone(d.servers), func(s string) bool { return slices.Contains(open, s) })
	for _, name := range open {
		// One that was changed already cannot go back as it is.
		st := d.state()
		if phase := st.Server(name).Phase; phase != rollout.Waiting && phase != rollout.Failed {
			d.move(name, rollout.Failed, "not drained after "+d.limit().String())
		}
		if err := d.failure(ctx, d.n, name); err != nil {
			return err
		}
	}
	return nil
}
