package nginx

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"rota/lb/nginx/conf"
)

// tree is a configuration as its files say it. It is never changed once built.
type tree struct {
	root     string // the file that it begins with
	main     bool   // root is a whole configuration
	prefix   string // the folder that relative includes are in
	patterns []string
	files    []*file // each once, in the order of their first inclusion
	lines    []line
	ours     []*file // those that hold lines of our upstreams
	markers  map[*file]marker
	pools    []string // the upstreams that there are

	cache map[string]*file // all that was read, by name, with markers
}

// line is one server line of an upstream.
type line struct {
	scope  conf.Scope
	number int
	peer   conf.Peer
	chain  []*file // the files that lead to it; the last one holds it
}

func (l line) file() *file { return l.chain[len(l.chain)-1] }

// in tells whether the line is in an upstream of that name, which nginx reads
// without regard to case.
func (l line) in(pool string) bool { return strings.EqualFold(l.scope.Upstream, pool) }

// load reads the configuration and looks at the machine. What has not changed
// since the last time is not read again: then it takes one script.
func (b *Balancer) load(ctx context.Context) (*tree, look, error) {
	b.mu.Lock()
	known := b.known
	b.mu.Unlock()
	if known == nil {
		return b.discover(ctx)
	}
	return b.loadFrom(ctx, known)
}

// loadFrom reads the configuration that begins where t does.
func (b *Balancer) loadFrom(ctx context.Context, t *tree) (*tree, look, error) {
	const rounds = 30 // includes in includes, and files that change meanwhile
	for range rounds {
		seen, err := b.look(ctx, t.patterns, t.beside())
		if err != nil {
			return nil, look{}, err
		}
		next, unread, err := t.build(b.cfg.Upstreams, seen)
		for err == nil && len(unread) > 0 {
			var files map[string]*file
			if files, err = b.read(ctx, unread, seen); err != nil {
				return nil, look{}, err
			}
			maps.Copy(next.cache, files)
			if len(files) < len(unread) {
				break // some have changed: look again
			}
			next, unread, err = next.build(b.cfg.Upstreams, seen)
		}
		if err != nil {
			return nil, look{}, fmt.Errorf("nginx: %w", err)
		}
		if len(unread) == 0 && slices.Equal(t.patterns, next.patterns) && slices.Equal(t.beside(), next.beside()) {
			b.mu.Lock()
			b.known = next
			b.mu.Unlock()
			return next, seen, nil
		}
		t = next
	}
	return nil, look{}, fmt.Errorf("nginx: %s: the files change faster than they can be read", t.root)
}

// beside returns the paths where the markers of our files would be.
func (t *tree) beside() []string {
	var paths []string
	for _, f := range t.ours {
		paths = append(paths, f.marker())
	}
	return paths
}

// build makes a tree of what was read so far and of what is seen now, and tells
// which files have to be read for it. Patterns that were not asked for yet are
// in the tree, without their files.
func (t *tree) build(upstreams []string, seen look) (*tree, []string, error) {
	b := builder{
		tree:      &tree{root: t.root, main: t.main, prefix: t.prefix, markers: map[*file]marker{}, cache: map[string]*file{}},
		old:       t.cache,
		seen:      seen,
		upstreams: upstreams,
	}
	if err := b.include(t.root, conf.Scope{}, nil); err != nil {
		return nil, nil, err
	}
	for _, f := range b.tree.ours {
		if _, there := seen.stamps[f.marker()]; there {
			if m := b.file(f.marker()); m != nil {
				b.tree.markers[f] = parseMarker(m)
			}
		}
	}
	return b.tree, b.unread, nil
}

// builder walks the includes.
type builder struct {
	tree      *tree
	old       map[string]*file
	seen      look
	upstreams []string
	unread    []string
}

// file returns a file as it is now, or nil and notes that it is to be read.
func (b *builder) file(name string) *file {
	if f := b.old[name]; f != nil && f.stamp.id == b.seen.stamps[name].id {
		b.tree.cache[name] = f
		return f
	}
	b.unread = include(b.unread, name)
	return nil
}

// include adds what is not there yet.
func include[T comparable](list []T, v T) []T {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

// include walks the files of one pattern at one place.
func (b *builder) include(pattern string, in conf.Scope, chain []*file) error {
	if len(chain) > 20 {
		return fmt.Errorf("%s includes itself", pattern)
	}
	b.tree.patterns = include(b.tree.patterns, pattern)
	for _, name := range b.seen.globs[pattern] {
		if _, there := b.seen.stamps[name]; !there && isGlob(pattern) {
			continue // no file matches, which nginx allows
		}
		f := b.file(name)
		if f == nil {
			continue
		}
		if f.err != nil && !in.Foreign {
			return f.err
		}
		b.tree.files = include(b.tree.files, f)
		if f.conf != nil {
			if err := b.walk(f, in, append(slices.Clip(chain), f)); err != nil {
				return err
			}
		}
	}
	return nil
}

// walk collects what one file holds and includes.
func (b *builder) walk(f *file, in conf.Scope, chain []*file) error {
	for _, item := range f.conf.Items(in) {
		switch item.Kind {
		case conf.Upstream:
			b.pool(item.Scope.Upstream)
		case conf.Server:
			scopes := []conf.Scope{item.Scope}
			if item.Scope.Upstream == "" { // included in an upstream that is not seen from here
				scopes = nil
				for _, pool := range b.upstreams {
					b.pool(pool)
					scopes = append(scopes, conf.Scope{Upstream: pool})
				}
			}
			for _, scope := range scopes {
				l := line{scope, item.Line, item.Server, chain}
				b.tree.lines = append(b.tree.lines, l)
				if slices.ContainsFunc(b.upstreams, l.in) {
					b.tree.ours = include(b.tree.ours, f)
				}
			}
		case conf.Include:
			pattern := item.Pattern
			if !path.IsAbs(pattern) {
				pattern = path.Join(b.tree.prefix, "/") + "/" + pattern
			}
			if err := b.include(pattern, item.Scope, chain); err != nil {
				return fmt.Errorf("%s:%d: include: %w", f.name, item.Line, err)
			}
		}
	}
	return nil
}

func (b *builder) pool(name string) {
	if !slices.ContainsFunc(b.tree.pools, func(p string) bool { return strings.EqualFold(p, name) }) {
		b.tree.pools = append(b.tree.pools, name)
	}
}

// discover finds where the configuration begins: at the file that we are given,
// or, where that is but a part, at the one that the running nginx was started
// with, if that includes it.
func (b *Balancer) discover(ctx context.Context) (*tree, look, error) {
	seen, err := b.look(ctx, []string{b.cfg.File}, nil)
	if err != nil {
		return nil, look{}, err
	}
	files, err := b.read(ctx, []string{b.cfg.File}, seen)
	if err != nil {
		return nil, look{}, err
	}
	f := files[b.cfg.File]
	start := func(root, prefix string) *tree {
		return &tree{root: root, main: root != b.cfg.File, prefix: prefix, patterns: []string{root}, cache: files}
	}
	if f == nil || f.conf == nil || f.conf.Main() {
		t := start(b.cfg.File, path.Dir(b.cfg.File))
		t.main = true
		return b.loadFrom(ctx, t)
	}
	main, err := b.mainFile(ctx, seen)
	if err != nil {
		return nil, look{}, err
	}
	if main == "" {
		return b.loadFrom(ctx, start(b.cfg.File, path.Dir(b.cfg.File)))
	}
	t, seen, err := b.loadFrom(ctx, start(main, path.Dir(main)))
	if err == nil && slices.ContainsFunc(t.files, func(other *file) bool { return other.real == f.real }) {
		return t, seen, nil
	}
	if ctx.Err() != nil {
		return nil, look{}, errors.Join(ctx.Err(), err)
	}
	return b.loadFrom(ctx, start(b.cfg.File, path.Dir(main)))
}

// mainFile returns the file that the running nginx was started with, or "". It
// stands in the title of the master, or in what the program says of itself.
func (b *Balancer) mainFile(ctx context.Context, seen look) (string, error) {
	_, command, _ := strings.Cut(seen.title, ": master process ")
	words := strings.Fields(command)
	if i := slices.Index(words, "-c"); i >= 0 {
		if i+1 < len(words) && path.IsAbs(words[i+1]) {
			return words[i+1], nil
		}
		return "", nil
	}
	out, err := b.run(ctx, pollLimit, "/proc/"+seen.master+"/exe -V 2>&1 || true\n", nil)
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(string(out), "--conf-path=")
	if f := strings.Fields(rest); len(f) > 0 && path.IsAbs(f[0]) {
		return f[0], nil
	}
	return "", nil
}
