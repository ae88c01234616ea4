package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rota/lb"
	"rota/rollout"
)

// out takes the servers of a batch out of every balancer, sees them drained on
// all of them, and reads back once more right before anything touches them.
// Servers that were taken out already go through it again: asking twice is
// asking once.
func (x *run) out(ctx context.Context, n int, names []string) error {
	servers := x.mustGoOut(ctx, names)
	if len(servers) == 0 {
		return nil
	}
	if err := x.replaced(servers); err != nil {
		return err
	}
	for {
		if err := x.floor(ctx, n, servers); err != nil {
			return err
		}
		// Time has passed since, and others may have acted: it is asked once
		// more when the step is written down.
		err := x.takeOut(ctx, n, servers, x.allowed)
		if err == nil {
			break
		}
		if !errors.Is(err, errNotNow) {
			return err
		}
	}
	for {
		settled, err := x.drained(ctx, n, servers)
		if err != nil {
			return err
		}
		servers = settled
		before := x.watch.disturbances(servers...)
		views := x.watch.look(ctx)
		if x.shutNow(views, servers) && maps.Equal(before, x.watch.disturbances(servers...)) {
			x.watch.settle(before)
			break
		}
	}
	for _, name := range servers {
		if st := x.state(); st.Server(name).Phase == rollout.Draining {
			x.move(name, rollout.Out, "")
		}
	}
	return nil
}

// replaced ends the run before servers leave for good in whose place none has come.
func (x *run) replaced(servers []string) error {
	st := x.state()
	p := st.Current()
	if !p.Target(servers[0]).Leaves {
		return nil
	}
	comes := false
	for _, t := range p.Targets {
		if t.Comes && st.Server(t.Server).Phase == rollout.Serving {
			return nil
		}
		comes = comes || t.Comes
	}
	if !comes { // they were in rotation before
		return nil
	}
	return x.asEnd(fmt.Errorf("no server of %s has come into rotation: %s stays there", p.Idle, strings.Join(servers, ", ")))
}

// shutNow reports whether nothing new can reach servers. Of those that are worked
// on although they are not drained, no more is asked.
func (x *run) shutNow(views []lb.View, servers []string) bool {
	for _, name := range servers {
		ok := shut
		if x.watch.isForced(name) {
			ok = leaving
		}
		if !x.all(views, []string{name}, everywhere, ok) {
			return false
		}
	}
	return true
}

// errNotNow says that the floor forbids a change, or could not be asked about it.
var errNotNow = errors.New("not now")

// mustGoOut lists the servers that have to be out before their work goes on:
// all whose steps are not done, and all that leave for good. Where nothing but
// the check is left, one that is in rotation in part goes out too, if the floor
// allows it.
func (x *run) mustGoOut(ctx context.Context, names []string) []string {
	st, views := x.state(), x.watch.look(ctx)
	var servers []string
	for _, name := range names {
		sv := st.Server(name)
		if len(x.standsBehind(&st, name, everywhere)) == 0 {
			continue
		}
		switch sv.Phase {
		case rollout.Waiting, rollout.Serving, rollout.Draining, rollout.Out:
		default:
			if t := st.Current().Target(name); sv.StepsDone < len(st.Actions(name)) || t != nil && t.Leaves {
				break
			}
			out := x.all(views, []string{name}, where, func(s lb.Server) bool { return !s.Ready() })
			if out || x.all(views, []string{name}, where, lb.Server.Ready) || x.allowed(views, append(slices.Clone(servers), name)...) != nil {
				continue
			}
		}
		servers = append(servers, name)
	}
	return servers
}

// allowed asks the floors whether servers may be taken out now.
func (x *run) allowed(views []lb.View, servers ...string) error {
	st := x.state()
	floors := st.FloorsNow(views, x.Inventory.Least)
	if t := st.Current().Target(servers[0]); t != nil && t.Leaves {
		return rollout.GuardForGood(views, floors, servers...)
	}
	return rollout.Guard(views, floors, servers...)
}

// floor waits until the servers may be taken out, then gives up and asks.
func (x *run) floor(ctx context.Context, n int, servers []string) error {
	st := x.state()
	end := time.Now().Add(st.Plan.Policy.DrainTimeout)
	told := false
	for {
		err := x.allowed(x.watch.look(ctx), servers...)
		if err == nil {
			return nil
		}
		if x.Control.isStopped() {
			return x.stopped()
		}
		if !told {
			x.note(fmt.Sprintf("batch %d waits: %v", n, err))
			told = true
		}
		if time.Now().After(end) {
			answer, aerr := x.askFloor(ctx, n, servers, err)
			if aerr != nil {
				return aerr
			}
			switch answer {
			case rollout.Retry:
			case rollout.Abort:
				return &ended{outcome: rollout.Aborted, person: true, why: err.Error()}
			default:
				return &ended{outcome: rollout.Paused, why: err.Error()}
			}
			end = time.Now().Add(st.Plan.Policy.DrainTimeout)
		}
		x.pause(idleEvery)
	}
}

// pause sleeps, but not through a stop.
func (x *run) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-x.Control.stopped():
		time.Sleep(min(d, pollWait)) // whoever waits after a stop still polls
	}
}

// rest waits for as long as a person has asked for, but not through a stop or the
// loss of the lock.
func (x *run) rest(d time.Duration) {
	defer x.clock.ask()()
	select {
	case <-time.After(d):
	case <-x.Control.stopped():
	case <-x.Lease.gone():
	}
}

// takeOut drains servers on every balancer and reads it back. When one of them
// does not take it, those that did get their servers back: a partly changed
// pair is safe as long as the application is not touched. allowed is asked
// right before; nil allows it.
func (x *run) takeOut(ctx context.Context, n int, servers []string, allowed func([]lb.View, ...string) error) error {
	step, err := x.begin(ctx, rollout.Event{
		Step: x.batchStep(n, "out"), Batch: n, Servers: servers,
		Text: "take " + strings.Join(servers, ", ") + " out of rotation",
	})
	if err != nil {
		return err
	}
	if allowed != nil {
		if err := allowed(x.watch.look(ctx), servers...); err != nil {
			step.end(err)
			return errors.Join(errNotNow, err)
		}
	}
	for _, name := range servers {
		switch st := x.state(); st.Server(name).Phase {
		case rollout.Waiting, rollout.Serving, rollout.Returning, rollout.Climbing:
			x.move(name, rollout.Draining, "")
		default:
		}
	}
	err = joined(x.set(ctx, servers, lb.Draining, everywhere))
	if err == nil {
		if ok := x.read(ctx, servers, everywhere, leaving); !ok {
			err = fmt.Errorf("not every balancer says that they are out: %w", x.disagreement(ctx, servers, everywhere, leaving))
		}
	}
	step.end(err)
	if err == nil {
		x.watch.guard(servers...)
		return nil
	}
	if back := x.untouchedBack(ctx, servers, ""); back != nil {
		err = errors.Join(err, back)
	}
	return x.refused(n, servers, fmt.Errorf("take out of rotation: %w", err))
}

// leaving is what a balancer says of a server that gets no new traffic.
func leaving(s lb.Server) bool { return s.State == lb.Draining && !s.Standby || shut(s) }

// shut is what a balancer says of a server that nothing new can reach.
func shut(s lb.Server) bool { return s.State == lb.Out && !s.Standby || s.State == lb.Down }

// disagreement tells which balancer says something else than ok wants, or
// cannot be asked.
func (x *run) disagreement(ctx context.Context, servers []string, on fronts, ok func(lb.Server) bool) error {
	st, views := x.state(), x.watch.look(ctx)
	var said []string
	silent := map[string]bool{}
	for _, v := range views {
		if v.Err != nil {
			silent[v.Name] = true
			said = append(said, fmt.Sprintf("%s: %v", v.Name, v.Err))
		}
	}
	for _, name := range servers {
		for _, b := range x.standsBehind(&st, name, on) {
			if s := server(views, b, name); !ok(s) && !silent[b] {
				said = append(said, strings.TrimSuffix(fmt.Sprintf("%s is %s on %s (%s)", name, s.State, b, s.Note), " ()"))
			}
		}
	}
	return errors.New(strings.Join(said, "; "))
}

// untouchedBack puts servers back that were taken out and not touched: they
// run what they ran, and were healthy in rotation a moment ago. They wait again
// for their turn; why, where it is given, tells that they have failed so.
func (x *run) untouchedBack(ctx context.Context, servers []string, why string) error {
	st := x.state()
	servers = slices.DeleteFunc(slices.Clone(servers), func(name string) bool {
		return !st.Untouched(name) || len(x.standsBehind(&st, name, everywhere)) == 0
	})
	if len(servers) == 0 {
		return nil
	}
	step, err := x.beginBack(ctx, rollout.Event{
		Step: x.way("untouched"), Servers: servers,
		Text: "put " + strings.Join(servers, ", ") + " back, untouched",
	})
	if err != nil {
		return err
	}
	x.watch.release(servers...)
	err = joined(x.set(ctx, servers, lb.In, where))
	isBack := func(s lb.Server) bool { return s.Ready() || s.State == lb.Down }
	switch ok := x.read(ctx, servers, where, isBack); {
	case ok:
		err = nil
	case err == nil:
		err = x.disagreement(ctx, servers, where, isBack)
	}
	step.end(err)
	views := x.watch.look(ctx)
	for _, name := range servers {
		to, why := rollout.Waiting, why
		if err != nil && !x.all(views, []string{name}, where, isBack) {
			to, why = rollout.Failed, err.Error()
		}
		if st := x.state(); st.Server(name).Phase != to {
			x.move(name, to, why)
		}
	}
	return err
}
