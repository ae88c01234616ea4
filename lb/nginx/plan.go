package nginx

import (
	"fmt"
	"slices"
	"strings"

	"rota/lb"
	"rota/lb/nginx/conf"
)

// plan is what a Set or Weigh comes to.
type plan struct {
	lines []wish
	edits []edit // by file, in the order of the configuration
}

// wish is one server line and what one of its words shall be.
type wish struct {
	line  line
	word  string // which one, as in a marker
	done  bool   // it is so in the file
	write func(*conf.Edit)
}

// edit is the change of one file.
type edit struct {
	file  *file
	edit  *conf.Edit
	words []string // which ones change, as in a marker
}

// place is where a line stands: two lines of one place are one, included twice.
type place struct {
	file string
	at   int
}

func (l line) place() place { return place{l.file().real, l.peer.At()} }

// plan finds the lines of the servers and what has to be written there.
func (b *Balancer) plan(t *tree, want []lb.Change) (plan, error) {
	down := map[place]bool{}
	for _, c := range want {
		if c.To != lb.In && c.To != lb.Out && c.To != lb.Draining {
			return plan{}, fmt.Errorf("nginx: %s: a server cannot be made %s", c.Server, c.To)
		}
		lines := b.linesOf(t, c.Server)
		if len(lines) == 0 {
			return plan{}, b.absent(t, c.Server)
		}
		for _, l := range lines {
			if c.To == lb.In && l.peer.Drain {
				return plan{}, fmt.Errorf("nginx: %s:%d: %s: somebody wrote \"drain\" there, which rota leaves alone", l.file().name, l.number, c.Server)
			}
			down[l.place()] = c.To != lb.In
		}
	}
	var wishes []wish
	for _, l := range t.lines {
		if to, asked := down[l.place()]; asked {
			wishes = append(wishes, wish{l, l.key(), to == l.peer.Down, func(e *conf.Edit) { e.SetDown(l.peer, to) }})
		}
	}
	p := t.plan(wishes)
	if b.cfg.AllowEmpty {
		return p, nil
	}
	return p, t.lastOne(down)
}

// plan collects what is not yet as wished for, by file.
func (t *tree) plan(wishes []wish) plan {
	p := plan{lines: wishes}
	edits := map[string]*edit{}
	for _, w := range wishes {
		if w.done {
			continue
		}
		f := w.line.file()
		e := edits[f.real]
		if e == nil {
			e = &edit{file: f, edit: f.conf.Edit()}
			edits[f.real] = e
		}
		w.write(e.edit)
		e.words = include(e.words, w.word)
	}
	for _, f := range t.files {
		if e := edits[f.real]; e != nil {
			p.edits = append(p.edits, *e)
			delete(edits, f.real)
		}
	}
	return p
}

// lastOne refuses to take the last server out of an upstream: nginx accepts it
// and answers every request with 502.
func (t *tree) lastOne(down map[place]bool) error {
	left := map[conf.Scope]int{}
	for _, l := range t.lines {
		isDown, asked := down[l.place()]
		if !asked {
			isDown = l.peer.Down
		}
		if !isDown && !l.peer.Backup {
			left[l.scope]++
		}
	}
	for _, l := range t.lines {
		if down[l.place()] && !l.peer.Down && left[l.scope] == 0 {
			return fmt.Errorf("nginx: upstream %q: without %s no server is left, and requests get status 502", l.scope.Upstream, l.peer.Address)
		}
	}
	return nil
}

// linesOf returns the lines of a server in all its upstreams.
func (b *Balancer) linesOf(t *tree, server string) []line {
	var found []line
	for _, l := range t.lines {
		if slices.ContainsFunc(b.cfg.Members, func(m lb.Member) bool { return m.Server == server && l.is(m) }) {
			found = append(found, l)
		}
	}
	return found
}

// is tells whether the line is that member of a pool.
func (l line) is(m lb.Member) bool {
	return l.in(m.Pool) && l.peer.Address == conf.Address(m.Address)
}

// absent says that a server was not found, and what there is instead.
func (b *Balancer) absent(t *tree, server string) error {
	var asked []string
	for _, m := range b.cfg.Members {
		if m.Server == server {
			asked = append(asked, fmt.Sprintf("%s in %q", conf.Address(m.Address), m.Pool))
		}
	}
	if len(asked) == 0 {
		return fmt.Errorf("nginx: server %q: %w", server, lb.ErrNotFound)
	}
	var there []string
	for _, l := range t.lines {
		if slices.ContainsFunc(b.cfg.Upstreams, l.in) {
			there = include(there, l.peer.Address)
		}
	}
	return fmt.Errorf("nginx: %s: server %q (%s): %w; there are: %s",
		t.root, server, strings.Join(asked, ", "), lb.ErrNotFound, list(there))
}

// list joins names for a person.
func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
