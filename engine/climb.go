package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rota/lb"
	"rota/rollout"
)

// ladder is the one that these servers of a batch come back by, or nil. One that
// goes back to its earlier version is no trial.
func (x *run) ladder(n int, servers []string) *rollout.Ladder {
	st := x.state()
	l := st.Current().Batches[n-1].Ladder
	comes := func(name string) bool { return !st.Server(name).GoesBack }
	if l != nil && l.Trial && !slices.ContainsFunc(servers, comes) {
		return nil
	}
	return l
}

// lower gives servers that are still out the first share of their ladder, or the
// one that they had come to, so that they have it from their first request on.
func (x *run) lower(ctx context.Context, n int, servers []string) error {
	if x.ladder(n, servers) == nil {
		return nil
	}
	st := x.state()
	err := x.rung(ctx, n, servers, rungOf(&st, servers))
	if st.GoingBack() && errors.Is(err, lb.ErrStatic) { // the earlier version is not kept out for that
		x.note("they come back at once: " + err.Error())
		return nil
	}
	return err
}

// rungOf is the rung that the lowest of servers has come to, from 1.
func rungOf(st *rollout.State, servers []string) int {
	rung := 0
	for i, name := range servers {
		if r := st.Server(name).Rung; i == 0 || r < rung {
			rung = r
		}
	}
	return max(rung, 1)
}

// climb takes the servers of a batch up their ladder: each rung is held, and
// watched as a soak is. Then the weights are put back as they were found. A
// person's stop ends it where it stands, with the weights put back: the servers
// are proved, though not compared to the end.
func (x *run) climb(ctx context.Context, n int) (failed []string, err error) {
	st := x.state()
	servers := slices.DeleteFunc(st.Pending(n), func(name string) bool { return st.Server(name).Phase != rollout.Climbing })
	if len(servers) == 0 {
		return nil, nil
	}
	l := st.Current().Batches[n-1].Ladder
	at := rungOf(&st, servers)
	for i := at; i <= len(l.Percents) && !x.Control.isStopped(); i++ {
		if i > at {
			if err := x.rung(ctx, n, servers, i); err != nil {
				return x.fell(ctx, servers, err)
			}
		}
		bad, err := x.held(ctx, n, servers, i)
		switch {
		case err != nil:
			return nil, err
		case len(bad) > 0:
			return x.failedBack(ctx, servers, bad), nil
		}
		if x.lossy() && !x.Control.isStopped() {
			if err := x.reckon(ctx); err != nil {
				return nil, x.stranded(ctx, servers, err)
			}
			i, at = i-1, i // this rung once more
		}
	}
	if err := x.level(ctx, servers...); err != nil {
		return nil, x.asEnd(fmt.Errorf("%s: the weights are not as they were found: %w", strings.Join(servers, ", "), err))
	}
	for _, name := range servers {
		x.move(name, rollout.Serving, "")
	}
	return nil, nil
}

// fell is what follows when servers could not be given a share: none of them
// climbs on.
func (x *run) fell(ctx context.Context, servers []string, err error) ([]string, error) {
	if end, ok := errors.AsType[*ended](err); ok {
		return nil, end
	}
	bad := map[string]error{}
	for _, name := range servers {
		bad[name] = err
	}
	return x.failedBack(ctx, servers, bad), nil
}

// stranded takes servers out whose trial ends before it is judged, unless the
// run goes back, and takes them out in their turn.
func (x *run) stranded(ctx context.Context, servers []string, err error) error {
	if end, ok := errors.AsType[*ended](err); ok && end.outcome != rollout.LockLost {
		_, _ = x.fell(ctx, servers, fmt.Errorf("it did not come to the end of its ladder: %s", end.why))
	}
	return err
}

// held stays at a rung and returns what is wrong with servers there.
func (x *run) held(ctx context.Context, n int, servers []string, rung int) (map[string]error, error) {
	st := x.state()
	l := st.Current().Batches[n-1].Ladder
	step, err := x.beginBack(ctx, rollout.Event{
		Step: x.way(rollout.HoldStep(n, rung)), Batch: n, Servers: servers,
		Text: fmt.Sprintf("watch %s at %d%% of %s weight for %s", strings.Join(servers, ", "), l.Percents[rung-1], its(servers), l.Hold),
	})
	if err != nil {
		return nil, err
	}
	defer x.clock.wait()()
	bad := x.stay(ctx, n, servers, l.Hold, func() { x.holdWeights(ctx) })
	step.stayed(l.Hold, joined(bad))
	return bad, nil
}

// stay watches servers in rotation for a while, and returns what is wrong with
// them as soon as something is. mend, where it is given, is called now and then.
func (x *run) stay(ctx context.Context, n int, servers []string, length time.Duration, mend func()) map[string]error {
	st := x.state()
	c := x.comparing(ctx, n, servers)
	bad := map[string]error{}
	next := time.Now().Add(compareEvery)
	for end := time.Now().Add(length); time.Now().Before(end) && len(bad) == 0 && !x.Control.isStopped() && !x.lossy(); {
		x.pause(min(watchEvery, time.Until(end)))
		views := x.watch.look(ctx)
		for _, name := range servers {
			for _, b := range x.standsBehind(&st, name, where) {
				if s := server(views, b, name); s.State == lb.Down {
					bad[name] = errors.Join(bad[name], fmt.Errorf("%s: its check failed after the put-back (%s)", b, s.Check))
				}
			}
		}
		last := !time.Now().Before(end)
		if len(bad) > 0 || !last && time.Now().Before(next) {
			continue
		}
		next = time.Now().Add(compareEvery)
		if mend != nil && !last {
			mend()
		}
		if err := c.compare(ctx, views); err != nil {
			for _, name := range servers {
				bad[name] = err
			}
		}
	}
	return bad
}
