package nginx

import (
	"context"
	"fmt"
	"strings"

	"rota/lb"
)

// Preview implements lb.Previewer: the changed lines of each file as a unified
// diff without context, then the commands, then notes that begin with #. It
// returns nothing where Set would do nothing.
func (b *Balancer) Preview(ctx context.Context, want ...lb.Change) ([]string, error) {
	t, seen, err := b.load(ctx)
	if err != nil {
		return nil, err
	}
	p, err := b.plan(t, want)
	if err != nil {
		return nil, err
	}
	if len(p.edits) == 0 && t.proved(p, seen.generation) {
		return nil, nil
	}
	var lines []string
	for _, part := range b.diff(p) {
		lines = append(lines, part.lines...)
	}
	lines = append(lines, b.cfg.Test, b.cfg.Reload)
	for _, note := range b.notes(t, seen) {
		lines = append(lines, "# "+note)
	}
	return lines, nil
}

// Notes tells what stops nothing but is good to know before a reload.
func (b *Balancer) Notes(ctx context.Context) ([]string, error) {
	t, seen, err := b.load(ctx)
	if err != nil {
		return nil, err
	}
	return b.notes(t, seen), nil
}

func (b *Balancer) notes(t *tree, seen look) []string {
	var notes []string
	for _, f := range t.pending(seen.generation) {
		notes = append(notes, f.name+" was changed since the last reload: the reload loads that too")
	}
	if n := len(seen.leaving); n > 0 {
		notes = append(notes, workers(n)+" since an earlier reload")
	}
	if !t.main {
		notes = append(notes, "the main configuration is not known: only "+t.root+" is looked at")
	}
	for _, f := range t.files {
		if f.conf == nil {
			continue
		}
		if v, ok := f.conf.Setting("worker_shutdown_timeout"); ok {
			notes = append(notes, fmt.Sprintf("%s: worker_shutdown_timeout %s: what takes longer than that is cut by a reload", f.name, strings.TrimSpace(v)))
		}
	}
	return notes
}
