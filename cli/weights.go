package cli

import (
	"context"
	"fmt"
	"slices"

	"rota/lb"
	"rota/plain"
	"rota/rollout"
)

// weights lists what balancers would be asked for while a batch climbs: from one
// rung to another, the first being 0, and after the last rung the weights as
// they are now.
func (s *session) weights(ctx context.Context, plan rollout.Plan, batch rollout.Batch, from, to int, title string) ([]plain.Section, error) {
	var sections []plain.Section
	if batch.Ladder == nil {
		return nil, nil
	}
	for i := from + 1; i <= to; i++ {
		for _, b := range s.fleet.Balancers {
			on := slices.DeleteFunc(slices.Clone(batch.Servers), func(name string) bool {
				return !slices.Contains(plan.Target(name).Balancers, b.Name)
			})
			w, ok := b.Balancer.(lb.Weigher)
			if !ok || len(on) == 0 {
				continue
			}
			found, err := w.Weights(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", b.Name, err)
			}
			before, _ := onRung(batch.Ladder, found, on, i-1)
			want, words := onRung(batch.Ladder, found, on, i)
			if lines := weighed(b.Balancer, before, want); len(lines) > 0 {
				sections = append(sections, plain.Section{Title: fmt.Sprintf("%s: %s: %s", title, b.Name, words), Lines: lines})
			}
		}
	}
	return sections, nil
}

// onRung returns the weights on a rung of a ladder, before it and after it those
// that were found.
func onRung(l *rollout.Ladder, found []lb.Weight, servers []string, i int) (weights []lb.Weight, words string) {
	if i < 1 || i > len(l.Percents) {
		return found, "the weights as they were found"
	}
	percent := l.Percents[i-1]
	return lb.Shares(found, servers, percent), fmt.Sprintf("%d%% of the weight, for %s", percent, l.Hold)
}

// weighed lists what changes between two lists of the same members.
func weighed(b lb.Balancer, before, want []lb.Weight) []string {
	var changed []lb.Weight
	for i, m := range want {
		if m != before[i] {
			changed = append(changed, m)
		}
	}
	if p, ok := b.(lb.WeighPreviewer); ok {
		return p.PreviewWeigh(changed...)
	}
	var lines []string
	for _, m := range changed {
		lines = append(lines, fmt.Sprintf("%s: %s: weight %d", m.Pool, m.Name, m.Weight))
	}
	return lines
}
