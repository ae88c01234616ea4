package haproxy

import (
	"context"
	"fmt"
	"slices"

	"rota/lb"
)

// Weights implements lb.Weigher. An algorithm that hashes has fixed weights
// unless its hash-type is consistent, which HAProxy does not tell: of those only
// Weigh finds out.
func (b *Balancer) Weights(ctx context.Context) ([]lb.Weight, error) {
	r, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	var weights []lb.Weight
	for _, pool := range b.pools {
		if err := b.weighable(r, pool); err != nil {
			return nil, err
		}
		for _, row := range r.pools[pool].rows {
			weights = append(weights, lb.Weight{Pool: pool, Name: row.name, Server: b.serverAt(row.place), Weight: row.uweight})
		}
	}
	return weights, nil
}

// Weigh implements lb.Weigher. All weights go in one line, those apart that an
// algorithm may refuse: they come first. If HAProxy is reloaded meanwhile, the
// new worker is told too.
func (b *Balancer) Weigh(ctx context.Context, want ...lb.Weight) error {
	want = slices.DeleteFunc(slices.Clone(want), func(w lb.Weight) bool { return w.Weight == 0 })
	return again(func() error {
		r, err := b.read(ctx)
		if err != nil {
			return err
		}
		perhaps, surely, err := b.weighing(r, want)
		if err != nil {
			return err
		}
		return b.enact(ctx, r.process.pid, func(r report) error { return misweighed(r, want) }, perhaps, surely)
	})
}

// weighing returns the commands that set weights: those that the algorithm may
// refuse, and the others.
func (b *Balancer) weighing(r report, want []lb.Weight) (perhaps, surely []command, err error) {
	for _, w := range want {
		at, err := b.member(r, w)
		if err != nil {
			return nil, nil, err
		}
		if w.Weight < 0 || w.Weight > lb.MostWeight {
			return nil, nil, fmt.Errorf("%s: %v: its weight cannot be %d: 1 to %d are possible", b.wire, at, w.Weight, lb.MostWeight)
		}
		if err := b.weighable(r, w.Pool); err != nil {
			return nil, nil, err
		}
		command := weightCommand(w)
		switch {
		case at.uweight == w.Weight:
		case hashes(r.pools[w.Pool].algo):
			perhaps = append(perhaps, command)
		default:
			surely = append(surely, command)
		}
	}
	return perhaps, surely, nil
}

// PreviewWeigh implements lb.WeighPreviewer.
func (b *Balancer) PreviewWeigh(want ...lb.Weight) []string {
	var commands []string
	for _, w := range want {
		if w.Weight > 0 {
			commands = append(commands, weightCommand(w).text)
		}
	}
	return commands
}

func weightCommand(w lb.Weight) command {
	return place{w.Pool, w.Name}.command(fmt.Sprintf("set server %%v weight %d", w.Weight))
}

// member finds a member of our pools, which the inventory need not name.
func (b *Balancer) member(r report, w lb.Weight) (row, error) {
	at := place{w.Pool, w.Name}
	if found, ok := r.row(at); ok && word.MatchString(at.name) {
		return found, nil
	}
	var names []string
	for _, row := range r.pools[w.Pool].rows {
		names = append(names, row.name)
	}
	return row{}, fmt.Errorf("%s: server %q of backend %q: %w%s", b.wire, w.Name, w.Pool, lb.ErrNotFound, instead(w.Name, names))
}

// weighable refuses a backend where weights do nothing, or do not last: of an
// agent it cannot be told whether it sets weights, and it would do so again.
func (b *Balancer) weighable(r report, pool string) error {
	at := r.pools[pool]
	if slices.Contains([]string{"static-rr", "first", "none"}, at.algo) { // first accepts weights and ignores them
		return fmt.Errorf("%s: backend %s: balance %s: %w", b.wire, pool, at.algo, lb.ErrStatic)
	}
	if i := slices.IndexFunc(at.rows, row.agented); i >= 0 {
		return fmt.Errorf("%s: %v has an agent, which may set another weight at any time", b.wire, at.rows[i])
	}
	return nil
}

// hashes tells whether an algorithm is one whose weights are fixed unless its
// hash-type is consistent.
func hashes(algo string) bool {
	switch algo {
	case "source", "uri", "url_param", "hdr", "rdp-cookie", "hash":
		return true
	}
	return algo == "" // not told
}

// misweighed tells of a member whose weight is not yet as it was wished for.
func misweighed(r report, want []lb.Weight) error {
	for _, w := range want {
		if row, _ := r.row(place{w.Pool, w.Name}); row.uweight != w.Weight {
			return fmt.Errorf("%v has not the weight %d: it has %d", place{w.Pool, w.Name}, w.Weight, row.uweight)
		}
	}
	return nil
}

// serverAt returns the inventory's name for a server in a backend, or "".
func (b *Balancer) serverAt(at place) string {
	for _, m := range b.members {
		if m.Pool == at.pool && m.Name == at.name {
			return m.Server
		}
	}
	return ""
}
