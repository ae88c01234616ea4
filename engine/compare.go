package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"rota/lb"
	"rota/rollout"
)

const compareEvery = 5 * time.Second

// comparer compares the new version with the old by the counters of the
// balancers, from the moment that it was made.
type comparer struct {
	*run
	n       int
	servers []string
	counts  []*counted // one for each balancer; nil: it does not count
	told    *rollout.Comparison
}

// counted is what one balancer had counted when it began to be watched.
type counted struct {
	from map[string]lb.Count // by server
	now  []lb.Count
	err  error
}

// comparing returns what compares while a batch is watched, or nil where that is
// not wanted.
func (x *run) comparing(ctx context.Context, n int, servers []string) *comparer {
	st := x.state()
	if !st.Compares(n) {
		return nil
	}
	if x.comparer == nil || x.comparer.n != n {
		c := &comparer{run: x, n: n, servers: servers, counts: make([]*counted, len(x.Balancers))}
		c.ask(ctx)
		x.comparer = c
	}
	return x.comparer
}

// ask asks all balancers for their counts. One that was restarted counts anew,
// and so does the comparison there.
func (c *comparer) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	st := c.state()
	var wg sync.WaitGroup
	for i, b := range c.Balancers {
		counter, ok := b.Balancer.(lb.Counter)
		if !ok {
			continue
		}
		wg.Go(func() {
			now, err := counter.Counts(ctx)
			k := c.counts[i]
			switch {
			case err != nil && k == nil: // it counts from when it can be asked
			case err != nil:
				k.err = err
			case k == nil || anew(k.from, now):
				if k != nil {
					c.note(b.Name + ": its process is another one and counts anew; so does the comparison there")
				}
				c.counts[i] = &counted{from: begin(&st, now), now: now}
			default:
				k.now, k.err = now, nil
			}
		})
	}
	wg.Wait()
}

// begin is where counting begins: now, but from the beginning of the balancer's
// own counts for those that leave in one go, and would have nothing to compare with.
func begin(st *rollout.State, now []lb.Count) map[string]lb.Count {
	from := map[string]lb.Count{}
	for _, k := range now {
		if t := st.Plan.Target(k.Server); t != nil && t.Leaves {
			k = lb.Count{Server: k.Server, Epoch: k.Epoch}
		}
		from[k.Server] = k
	}
	return from
}

func anew(from map[string]lb.Count, now []lb.Count) bool {
	return slices.ContainsFunc(now, func(k lb.Count) bool {
		was, ok := from[k.Server]
		return ok && (was.Epoch != k.Epoch || k.Requests < was.Requests || k.Failed < was.Failed)
	})
}

// compare compares, tells it, and returns an error where the new version is
// worse than it may be.
func (c *comparer) compare(ctx context.Context, views []lb.View) error {
	if c == nil {
		return nil
	}
	c.ask(ctx)
	st := c.state()
	limit := st.Plan.Policy.MaxErrors
	is := c.figures(&st, views).Judge(limit)
	if c.told != nil && same(*c.told, is) {
		return nil
	}
	c.told = &is
	e := rollout.Event{Kind: rollout.Compared, Batch: c.n, Servers: c.servers, Version: st.Plan.Version, Comparison: &is, Text: is.String()}
	var err error
	if is.Verdict == rollout.Worse {
		err = errors.New(is.Complaint(*limit))
		e.Error = err.Error()
	}
	c.add(e)
	return err
}

func same(a, b rollout.Comparison) bool {
	return a.New == b.New && a.Old == b.Old && a.Verdict == b.Verdict && slices.Equal(a.Counted, b.Counted)
}

// figures sums up what was counted since. Where no server of the old version is
// left, what was last told of it stands.
func (c *comparer) figures(st *rollout.State, views []lb.View) rollout.Comparison {
	is := rollout.Comparison{}
	var ours, theirs sum
	for i, b := range c.Balancers {
		k := c.counts[i]
		if k == nil || k.err != nil {
			is.Blind = append(is.Blind, b.Name)
			continue
		}
		is.Counted = append(is.Counted, b.Name)
		for _, now := range k.now {
			version, isNew, isOld := st.Side(now.Server)
			t := st.Plan.Target(now.Server)
			if !server(views, b.Name, now.Server).Ready() && (t == nil || !t.Leaves) {
				continue
			}
			switch was := k.from[now.Server]; {
			case isNew:
				ours.add(version, was, now)
			case isOld:
				theirs.add(version, was, now)
			}
		}
	}
	is.New, is.Old = ours.figures(), theirs.figures()
	is.New.Version = st.Plan.Version
	if is.Old.Requests == 0 && st.Compared != nil && st.Compared.Old.Requests > 0 {
		is.Old = st.Compared.Old
	}
	return is
}

// sum adds up counts of one version.
type sum struct {
	rollout.Figures
	mixed  bool // of versions
	timed  int64
	millis float64
}

func (s *sum) add(version string, was, now lb.Count) {
	n, failed := now.Requests-was.Requests, now.Failed-was.Failed
	s.Requests += n + failed
	s.Errors += failed
	if now.Server5 >= 0 {
		s.Errors += now.Server5 - was.Server5
	}
	if now.Time >= 0 && n > 0 {
		s.timed += n
		s.millis += float64(n) * float64(now.Time) / float64(time.Millisecond)
	}
	s.mixed = s.mixed || s.Version != "" && s.Version != version
	s.Version = version
}

func (s *sum) figures() rollout.Figures {
	f := s.Figures
	f.TimeMS = -1
	if s.timed > 0 {
		f.TimeMS = int64(s.millis/float64(s.timed) + 0.5)
	}
	if s.mixed {
		f.Version = ""
	}
	return f
}

// compared tells how the new version does, where it was compared.
func compared(st *rollout.State) []string {
	if st.Compared == nil {
		return nil
	}
	return []string{fmt.Sprint(*st.Compared)}
}
