package nginx

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rota/lb"
	"rota/lb/nginx/conf"
)

var _ lb.Weigher = (*Balancer)(nil)

// Weights implements lb.Weigher. A server that has several lines in an upstream
// is told of as often. Weights that wait in a file for a reload are an error.
func (b *Balancer) Weights(ctx context.Context) ([]lb.Weight, error) {
	t, seen, err := b.load(ctx)
	if err != nil {
		return nil, err
	}
	var weights []lb.Weight
	for _, l := range t.lines {
		pool, ours := b.pool(l)
		if !ours {
			continue
		}
		if !seen.loaded(t.changed(l, l.weightKey(), seen.generation)) {
			return nil, fmt.Errorf("nginx: %s:%d: whether %s weighs %d is not known: no reload is proved since the file was changed",
				l.file().name, l.number, l.peer.Address, l.peer.Weight)
		}
		weights = append(weights, lb.Weight{Pool: pool, Name: l.peer.Address, Server: b.serverOf(l), Weight: l.peer.Weight})
	}
	return weights, nil
}

// Weigh implements lb.Weigher with one edit and one reload for all weights,
// under the rules of Set. Of a server that has several lines in an upstream
// the weights are asked for in the order of the lines, all of them. Greater
// weights than lb.MostWeight are taken too. A weight that stands nowhere in the
// file is written with a zero before it, as weight=010, and goes again once it
// is to be 1.
func (b *Balancer) Weigh(ctx context.Context, want ...lb.Weight) error {
	return b.enact(ctx, func(t *tree) (plan, error) { return b.weighing(t, want) })
}

// weighing finds the lines of the members and what has to be written there.
func (b *Balancer) weighing(t *tree, want []lb.Weight) (plan, error) {
	queues := map[seat][]int{} // the weights asked for, by member
	for _, w := range want {
		if w.Weight < 0 {
			return plan{}, fmt.Errorf("nginx: %s in %q: no weight is %d", w.Name, w.Pool, w.Weight)
		}
		at := seatOf(w.Pool, w.Name)
		queues[at] = append(queues[at], w.Weight)
	}
	weights := map[place]int{}
	for _, l := range t.lines {
		at := seatOf(l.scope.Upstream, l.peer.Address)
		queue, asked := queues[at]
		if _, ours := b.pool(l); !ours || !asked {
			continue
		}
		if len(queue) == 0 {
			return plan{}, fmt.Errorf("nginx: %s:%d: %s has more lines in %q than weights are asked for", l.file().name, l.number, l.peer.Address, l.scope.Upstream)
		}
		weight := queue[0]
		queues[at] = queue[1:]
		switch other := weights[l.place()]; {
		case weight == 0:
		case other != 0 && other != weight:
			return plan{}, fmt.Errorf("nginx: %s:%d: the line is in several upstreams and cannot weigh %d in one and %d in another", l.file().name, l.number, other, weight)
		default:
			weights[l.place()] = weight
		}
	}
	for _, w := range want {
		if len(queues[seatOf(w.Pool, w.Name)]) > 0 {
			return plan{}, b.noLine(t, w)
		}
	}
	var wishes []wish
	for _, l := range t.lines {
		if to, asked := weights[l.place()]; asked {
			wishes = append(wishes, wish{l, l.weightKey(), to == l.peer.Weight, func(e *conf.Edit) { e.SetWeight(l.peer, to) }})
		}
	}
	return t.plan(wishes), nil
}

// seat is a member of an upstream, in the one form of both names.
type seat struct{ pool, address string }

func seatOf(pool, address string) seat { return seat{strings.ToLower(pool), conf.Address(address)} }

// pool returns the inventory's name for the upstream of a line, if it has one.
func (b *Balancer) pool(l line) (string, bool) {
	i := slices.IndexFunc(b.cfg.Upstreams, l.in)
	if i < 0 {
		return "", false
	}
	return b.cfg.Upstreams[i], true
}

// serverOf returns the inventory's name for the server of a line, or "".
func (b *Balancer) serverOf(l line) string {
	i := slices.IndexFunc(b.cfg.Members, l.is)
	if i < 0 {
		return ""
	}
	return b.cfg.Members[i].Server
}

// noLine says that a weight is asked for that belongs to no line.
func (b *Balancer) noLine(t *tree, w lb.Weight) error {
	var there []string
	for _, l := range t.lines {
		if _, ours := b.pool(l); ours && l.in(w.Pool) {
			there = append(there, l.peer.Address)
		}
	}
	return fmt.Errorf("nginx: %s: %s in %q: %w; there are: %s", t.root, w.Name, w.Pool, lb.ErrNotFound, list(there))
}
