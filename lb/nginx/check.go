package nginx

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"rota/lb"
)

// Check implements lb.Checker. It returns everything that would stop a Set, as
// one error for each, joined.
func (b *Balancer) Check(ctx context.Context) error {
	t, seen, err := b.load(ctx)
	if err != nil {
		return err
	}
	errs := b.missing(t)
	for _, f := range t.pending(seen.generation) {
		errs = append(errs, fmt.Errorf("nginx: %s: changed by another hand since the last reload, and a reload would load that too\n"+
			"reload nginx, or take the change back; where nobody changed it, that host's clock was set back: touch the file, then reload", f.name))
	}
	rights, err := b.rights(ctx, t)
	if err != nil {
		return err
	}
	return errors.Join(append(errs, rights...)...)
}

// missing tells which upstreams and servers are not there.
func (b *Balancer) missing(t *tree) []error {
	var errs []error
	has := func(pool string) bool {
		return slices.ContainsFunc(t.pools, func(p string) bool { return strings.EqualFold(p, pool) })
	}
	for _, pool := range b.cfg.Upstreams {
		if !has(pool) {
			errs = append(errs, fmt.Errorf("nginx: %s: upstream %q: %w; there are: %s", t.root, pool, lb.ErrNotFound, list(t.pools)))
		}
	}
	var asked []string
	for _, m := range b.cfg.Members {
		if slices.Contains(asked, m.Server) || !has(m.Pool) {
			continue
		}
		asked = append(asked, m.Server)
		if len(b.linesOf(t, m.Server)) == 0 {
			errs = append(errs, b.absent(t, m.Server))
		}
	}
	return errs
}

// pending returns the files that another hand has changed and that are provably
// newer than the workers. What we changed ourselves the next Set proves.
func (t *tree) pending(g generation) []*file {
	var files []*file
	for _, f := range t.files {
		if _, ours := t.markers[f].about(f); !ours && f.stamp.ctime.After(g.newest().Add(slack)) {
			files = append(files, f)
		}
	}
	return files
}

// rights tries what an edit needs, and the test.
func (b *Balancer) rights(ctx context.Context, t *tree) ([]error, error) {
	var files []string
	for _, f := range t.ours {
		files = include(files, f.real)
	}
	out, err := b.run(ctx, pollLimit, "set -- "+quoteAll(files)+"\n"+checkScript, nil, variable{"test", b.cfg.Test})
	if err != nil {
		return nil, err
	}
	var errs []error
	facts, said, refusal := strings.Cut("\n"+string(out), "\n=refused\n")
	for line := range strings.Lines(facts) {
		kind, what, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch kind {
		case "tool":
			errs = append(errs, fmt.Errorf("nginx: %s: the program is not on the machine, and an edit needs it", what))
		case "write", "folder":
			errs = append(errs, denied("nginx: %s: this user may not write it (sudo: true lets rota)", what))
		case "signal":
			errs = append(errs, denied("nginx: process %s: this user may not signal it (sudo: true lets rota)", what))
		}
	}
	if refusal {
		said = complaint(said)
		err := refused(fmt.Errorf("nginx: %s: refused: %s", b.cfg.Test, said), said)
		if len(errs) == 0 || !errors.Is(err, fs.ErrPermission) { // else it is the same once more
			errs = append(errs, err)
		}
	}
	return errs, nil
}
