package haproxy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"rota/lb"
)

// Check implements lb.Checker: the socket must be of level admin, every
// backend be there and every server in one of its backends at least, and no
// server may follow another that is not changed with it.
func (b *Balancer) Check(ctx context.Context) error {
	r, err := b.read(ctx)
	if err != nil {
		return err
	}
	var problems []error
	level, err := b.wire.ask(ctx, "show cli level", 1)
	if err != nil {
		return fmt.Errorf("%s: %w", b.wire, err)
	}
	if level := strings.TrimSpace(level); level != "admin" {
		problems = append(problems, fmt.Errorf("%s: %w: its level is %q%s", b.wire, fs.ErrPermission, level, levelHint))
	}
	for _, pool := range b.pools {
		if _, ok := r.pools[pool]; !ok {
			problems = append(problems, b.noBackend(ctx, pool))
		}
	}
	all := map[place]lb.State{}
	for _, m := range b.members {
		all[place{m.Pool, m.Name}] = lb.Out
	}
	for _, name := range b.order(r) {
		rows := b.rows(r, name)
		if len(rows) == 0 && b.expected(r, name) {
			problems = append(problems, b.notFound(r, name))
		}
		for _, row := range rows {
			if err := r.follows(row, all); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", b.wire, err))
			}
		}
	}
	return errors.Join(problems...)
}

// expected tells whether one of a server's backends is there to look into; that
// the others are not is said already.
func (b *Balancer) expected(r report, server string) bool {
	for _, m := range b.members {
		if _, ok := r.pools[m.Pool]; ok && m.Server == server {
			return true
		}
	}
	return false
}

// noBackend tells which backends there are instead.
func (b *Balancer) noBackend(ctx context.Context, pool string) error {
	answer, err := b.wire.ask(ctx, "show backend", 1)
	if err != nil {
		return fmt.Errorf("%s: %w", b.wire, err)
	}
	var names []string
	for line := range strings.Lines(answer) {
		if name := strings.TrimSpace(line); name != "" && !strings.HasPrefix(name, "#") && word.MatchString(name) {
			names = append(names, name)
		}
	}
	return fmt.Errorf("%s: backend %q: %w%s", b.wire, pool, lb.ErrNotFound, instead(pool, names))
}

// notFound tells in which backends a server was looked for, and what they hold.
func (b *Balancer) notFound(r report, server string) error {
	var places, names []string
	name := server
	for _, m := range b.members {
		if m.Server != server {
			continue
		}
		name = m.Name
		places = append(places, m.Pool+"/"+m.Name)
		for _, row := range r.pools[m.Pool].rows {
			names = append(names, row.name)
		}
	}
	if len(places) == 0 {
		return fmt.Errorf("%s: server %q: %w", b.wire, server, lb.ErrNotFound)
	}
	return fmt.Errorf("%s: server %q: %w as %s%s", b.wire, server, lb.ErrNotFound, strings.Join(places, " or "), instead(name, names))
}

// instead returns a second line with the name that may be meant, or all names.
func instead(name string, names []string) string {
	best, least := "", len(name)/3+1
	for _, other := range names {
		if d := distance(name, other); d <= least {
			best, least = other, d-1
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("\ndid you mean %q?", best)
	case len(names) > 0:
		return "\nthere are: " + strings.Join(names, ", ")
	}
	return ""
}

// distance counts the letters to be changed, added or dropped to make b of a.
func distance(a, b string) int {
	costs := make([]int, len(b)+1)
	for j := range costs {
		costs[j] = j
	}
	for i := range len(a) {
		diagonal := costs[0]
		costs[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = costs[j+1]
			costs[j+1] = min(change, costs[j]+1, costs[j+1]+1)
		}
	}
	return costs[len(b)]
}
