package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rota/lb"
	"rota/rollout"
)

// rung gives climbing servers their share at a rung, on every balancer that they
// come back into, side by side. The weights found are in the journal before the
// first change, and what is asked for before each.
func (x *run) rung(ctx context.Context, n int, servers []string, rung int) error {
	st := x.state()
	percent := st.Current().Batches[n-1].Ladder.Percents[rung-1]
	step, err := x.beginBack(ctx, rollout.Event{
		Step: x.way(rollout.RungStep(n, rung)), Batch: n, Servers: servers,
		Text: fmt.Sprintf("give %s %d%% of %s weight", strings.Join(servers, ", "), percent, its(servers)),
	})
	if err != nil {
		return err
	}
	err = joined(x.each(ctx, func(ctx context.Context, b lb.Named) error {
		on := slices.DeleteFunc(slices.Clone(servers), func(name string) bool {
			return !slices.Contains(x.standsBehind(&st, name, where), b.Name)
		})
		if len(on) == 0 {
			return nil
		}
		return x.share(ctx, b, on, percent)
	}))
	step.end(err)
	return err
}

// share asks one balancer for a share of the traffic for servers.
func (x *run) share(ctx context.Context, b lb.Named, servers []string, percent int) error {
	w, ok := b.Balancer.(lb.Weigher)
	if !ok {
		return errors.New("it cannot change weights")
	}
	st := x.state()
	past := weighing(&st, b.Name)
	now, err := x.weights(ctx, w, past)
	if err != nil {
		return err
	}
	if past == nil {
		x.add(rollout.Event{Kind: rollout.Weighed, Balancer: b.Name, State: rollout.WeightsFound, Weights: now})
		st = x.state()
		past = weighing(&st, b.Name)
	}
	all := slices.Clone(servers)
	for _, name := range past.Servers {
		if !slices.Contains(all, name) && !x.levels(&st, name, b.Name, nil, false) {
			all = append(all, name)
		}
	}
	ours, others := past.Ours(now)
	x.leave(b.Name, others)
	want := rollout.Among(lb.Shares(past.Found, all, percent), ours)
	x.add(rollout.Event{Kind: rollout.Weighed, Balancer: b.Name, State: rollout.WeightsAsked, Servers: all, Weights: want})
	if err := x.ship(ctx); err != nil { // whoever goes on elsewhere must know what is ours
		x.note(err.Error())
	}
	return x.weigh(ctx, w, want)
}

// weighing is what the run has found and asked for on a balancer, or nil.
func weighing(st *rollout.State, balancer string) *rollout.Weighing {
	i := slices.IndexFunc(st.Weighings, func(w rollout.Weighing) bool { return w.Balancer == balancer })
	if i < 0 {
		return nil
	}
	return &st.Weighings[i]
}

// weights asks for the weights of now. Where they cannot be told, a change of
// ours may be without its proof, since rota was killed in it: it is asked for once more.
func (x *run) weights(ctx context.Context, w lb.Weigher, past *rollout.Weighing) ([]lb.Weight, error) {
	now, err := weights(ctx, w)
	if err == nil || errors.Is(err, lb.ErrStatic) || past == nil || len(past.Asked) == 0 {
		return now, err
	}
	if again := x.weigh(ctx, w, past.Asked[len(past.Asked)-1]); again != nil {
		return nil, errors.Join(err, again)
	}
	return weights(ctx, w)
}

func weights(ctx context.Context, w lb.Weigher) ([]lb.Weight, error) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	return w.Weights(ctx)
}

// leave tells once of members whose weight is another's.
func (x *run) leave(balancer string, others []lb.Weight) {
	for _, m := range others {
		text := fmt.Sprintf("%s: somebody gave %s the weight %d; it is left so", balancer, orElse(m.Server, m.Name), m.Weight)
		if _, told := x.said.LoadOrStore(text, true); !told {
			x.note(text)
		}
	}
}

// its is the word for what belongs to these servers.
func its(servers []string) string {
	if len(servers) == 1 {
		return "its"
	}
	return "their"
}

// weigh asks for weights, twice where it fails: an error is not proof that
// nothing happened, and what stands already is not asked for again.
func (x *run) weigh(ctx context.Context, w lb.Weigher, want []lb.Weight) error {
	if err := x.lost(ctx); err != nil {
		return err
	}
	var err error
	for range weighTries {
		if err = weighOnce(ctx, w, want); err == nil || errors.Is(err, lb.ErrStatic) {
			return err
		}
	}
	return err
}

const weighTries = 2

func weighOnce(ctx context.Context, w lb.Weigher, want []lb.Weight) error {
	ctx, cancel := context.WithTimeout(ctx, setLimit)
	defer cancel()
	return w.Weigh(ctx, want...)
}

// holdWeights asks for the last weights again where a reload has brought back
// what was found: a share must last as long as its rung.
func (x *run) holdWeights(ctx context.Context) {
	err := joined(x.each(ctx, func(ctx context.Context, b lb.Named) error {
		st := x.state()
		past := weighing(&st, b.Name)
		w, ok := b.Balancer.(lb.Weigher)
		if past == nil || len(past.Asked) == 0 || !ok {
			return nil
		}
		now, err := weights(ctx, w)
		if err != nil {
			return err
		}
		ours, others := past.Ours(now)
		x.leave(b.Name, others)
		want := rollout.Among(past.Asked[len(past.Asked)-1], ours)
		if !slices.ContainsFunc(want, func(m lb.Weight) bool { return !slices.Contains(ours, m) }) {
			return nil
		}
		x.add(rollout.Event{
			Kind: rollout.Disturbed, Balancer: b.Name,
			Text: b.Name + ": it has other weights than it was given; it is given them again",
		})
		return x.weigh(ctx, w, want)
	}))
	if err != nil {
		x.note("weights: " + err.Error())
	}
}

// level puts weights back as they were found, on every balancer where the
// servers that climb are out of rotation or proved, as those are that are named.
// What somebody else has changed meanwhile is left alone, and told.
func (x *run) level(ctx context.Context, proved ...string) error {
	return x.levelling(ctx, false, proved...)
}

// levelAll does so at the end of a run, which proves nothing any more: a server
// that climbs was healthy a moment ago, and only one that has failed and is in
// rotation all the same keeps its small share.
func (x *run) levelAll(ctx context.Context) error { return x.levelling(ctx, true) }

// levelled tells of weights that could not be put back. They are tried again
// after each batch, at the end, and when the run is resumed.
func (x *run) levelled(err error) {
	if err != nil {
		x.note("the weights are not yet as they were found: " + err.Error())
	}
}

// unlevelled says where weights are not as they were found.
func unlevelled(st *rollout.State) string {
	var on []string
	for _, w := range st.Weighings {
		on = append(on, w.Balancer)
	}
	return "the weights are not as they were found: " + strings.Join(on, ", ")
}

func (x *run) levelling(ctx context.Context, last bool, proved ...string) error {
	st := x.state()
	if len(st.Weighings) == 0 {
		return nil
	}
	views := x.watch.look(ctx)
	var due []string
	for _, w := range st.Weighings {
		busy := slices.DeleteFunc(slices.Clone(w.Servers), func(name string) bool {
			return slices.Contains(proved, name) || x.levels(&st, name, w.Balancer, views, last)
		})
		if len(busy) == 0 {
			due = append(due, w.Balancer)
		} else if last {
			x.note(fmt.Sprintf("%s: %s is in rotation although it has failed, so its share stays small: rota resume, or take it out", w.Balancer, strings.Join(busy, ", ")))
		}
	}
	if len(due) == 0 {
		return nil
	}
	step, err := x.beginBack(ctx, rollout.Event{Step: x.way("weights"), Text: "put the weights back as they were found: " + strings.Join(due, ", ")})
	if err != nil {
		return err
	}
	err = joined(x.each(ctx, func(ctx context.Context, b lb.Named) error {
		if !slices.Contains(due, b.Name) {
			return nil
		}
		return x.restore(ctx, b)
	}))
	step.end(err)
	return err
}

// levels reports whether a server that climbs need not have a small share on a
// balancer any more: it serves, or is out of rotation there.
func (x *run) levels(st *rollout.State, name, balancer string, views []lb.View, last bool) bool {
	sv := st.Server(name)
	if sv == nil {
		return true // it is another run's, which was judged there
	}
	s := server(views, balancer, name)
	switch sv.Phase {
	case rollout.Serving:
		return true
	case rollout.Failed, rollout.Skipped, rollout.Uncertain:
		return views != nil && !s.Ready() && s.State != lb.Mixed
	case rollout.Climbing, rollout.Returning, rollout.Checking, rollout.Held, rollout.Waiting:
		return last || views != nil && sv.Rung == 0 && !s.Ready() && s.State != lb.Mixed
	default:
		return last || views != nil && !s.Ready() && s.State != lb.Mixed
	}
}

// restore gives the members of a balancer the weights that were found, and reads
// them back.
func (x *run) restore(ctx context.Context, b lb.Named) error {
	st := x.state()
	past := weighing(&st, b.Name)
	w, ok := b.Balancer.(lb.Weigher)
	if past == nil || !ok {
		return nil
	}
	now, err := x.weights(ctx, w, past)
	if err != nil {
		return err
	}
	ours, others := past.Ours(now)
	x.leave(b.Name, others)
	if want := past.Back(ours); len(want) > 0 {
		if err := x.weigh(ctx, w, want); err != nil {
			return err
		}
	}
	x.add(rollout.Event{Kind: rollout.Weighed, Balancer: b.Name, State: rollout.WeightsRestored, Weights: others})
	return nil
}
