package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"rota/inventory/yaml"
)

// reader makes an Inventory of the tree of a file, and notes whatever is wrong
// on the way. Keys are read in the order in which they are listed here, not
// that of the file, so that names are known before they are referred to.
type reader struct {
	file     string
	doc      *yaml.Document
	inv      *Inventory
	problems Problems

	// Where things stand that are compared later.
	addresses map[string]*yaml.Node    // by server
	members   map[[2]string]*yaml.Node // by server and pool
	groups    map[string]*yaml.Node    // by group, where it is first named
	fronted   bool                     // it is known which servers stand behind each balancer
	unsure    bool                     // not all servers could be read, so a missing one proves nothing
}

func newReader(file string, doc *yaml.Document) *reader {
	return &reader{
		file:      file,
		doc:       doc,
		inv:       defaults(file),
		addresses: map[string]*yaml.Node{},
		members:   map[[2]string]*yaml.Node{},
		groups:    map[string]*yaml.Node{},
		unsure:    true,
	}
}

// key is one key that a mapping may have.
type key struct {
	name   string
	like   string      // a value that would be right
	needed func() bool // asked once the keys before this one are read
	read   func(*yaml.Node)
}

// may is a key that can be left out.
func may(name string, read func(*yaml.Node)) key {
	return key{name, "", func() bool { return false }, read}
}

// must is a key that cannot be left out.
func must(name, like string, read func(*yaml.Node)) key {
	return key{name, like, func() bool { return true }, read}
}

// object reads a mapping. It reports whether it is one.
func (r *reader) object(n *yaml.Node, keys ...key) bool {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	if n.Kind != yaml.Mapping {
		r.misshapen(n, "keys", "the keys here: "+quoted(names))
		return false
	}
	mistaken := r.unknown(n, names)
	for _, k := range keys {
		switch v := n.Value(k.name); {
		case v == nil:
			if k.needed() && !mistaken[k.name] {
				r.wrong(n.Under, fmt.Sprintf("add it, such as %s: %s", k.name, k.like), "missing key %q", k.name)
			}
		case v.Kind == yaml.Null:
			r.wrong(v.Under, "give it a value, or remove the key", "%q has no value", k.name)
		default:
			k.read(v)
		}
	}
	return true
}

// unknown reports the keys that nobody knows, and returns the known ones that
// were probably meant.
func (r *reader) unknown(n *yaml.Node, names []string) map[string]bool {
	mistaken := map[string]bool{}
	var free []string
	for _, name := range names {
		if n.Value(name) == nil {
			free = append(free, name)
		}
	}
	for _, p := range n.Pairs {
		if slices.Contains(names, p.Key) {
			continue
		}
		hint := "the keys here: " + quoted(names)
		if near := nearest(p.Key, free); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
			mistaken[near] = true
		}
		r.wrong(p.Pos, hint, "unknown key %q", p.Key)
	}
	return mistaken
}

// oneOf returns which one of several keys a mapping has. None and two are
// errors.
func (r *reader) oneOf(n *yaml.Node, names ...string) string {
	found := ""
	for _, p := range n.Pairs {
		switch {
		case !slices.Contains(names, p.Key):
		case found == "":
			found = p.Key
		default:
			r.wrong(p.Pos, "keep one of them", "%q cannot stand beside %q", p.Key, found)
		}
	}
	if found == "" {
		r.wrong(n.Pos, "", "one of %s is needed here", quoted(names))
	}
	return found
}

// items returns the items of a list that is not empty.
func (r *reader) items(n *yaml.Node, like string) []*yaml.Node {
	switch {
	case n.Kind != yaml.List:
		r.misshapen(n, "a list", "write "+like)
	case len(n.Items) == 0:
		r.wrong(n.Pos, "write "+like, "the list is empty")
	}
	return n.Items
}

// set returns what reads one value into its place. The place is left alone
// where the value is wrong.
func set[T any](to *T, read func(*yaml.Node) (T, bool)) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if v, ok := read(n); ok {
			*to = v
		}
	}
}

// list returns what reads a list in which nothing stands twice.
func list[T comparable](r *reader, to *[]T, like string, read func(*yaml.Node) (T, bool)) func(*yaml.Node) {
	return func(n *yaml.Node) {
		*to = each(r, r.items(n, like), read)
		if len(*to) != len(n.Items) {
			return
		}
		for i, v := range *to {
			if slices.Contains((*to)[:i], v) {
				r.wrong(n.Items[i].Pos, "remove one of the two", "%q stands here twice", fmt.Sprint(v))
			}
		}
	}
}

// each reads the items of a list and leaves out the wrong ones.
func each[T any](r *reader, items []*yaml.Node, read func(*yaml.Node) (T, bool)) []T {
	var all []T
	for _, item := range items {
		if item.Kind == yaml.Null {
			r.wrong(item.Pos, "remove it", "an empty item")
			continue
		}
		if v, ok := read(item); ok {
			all = append(all, v)
		}
	}
	return all
}

// pairs reads a mapping whose keys are names of the user's.
func (r *reader) pairs(n *yaml.Node, like string, read func(yaml.Pair)) {
	if n.Kind != yaml.Mapping {
		r.misshapen(n, "names and values", "write "+like)
	}
	for _, p := range n.Pairs {
		read(p)
	}
}

// misshapen notes that a value is of another shape than is needed.
func (r *reader) misshapen(n *yaml.Node, needed, hint string) {
	verb := "is"
	if strings.HasSuffix(needed, "s") {
		verb = "are"
	}
	found := "nothing"
	switch n.Kind {
	case yaml.Scalar:
		found = "a single value"
	case yaml.List:
		found = "a list"
	case yaml.Mapping:
		found = "keys and values"
	case yaml.Broken:
		return // told already
	default:
	}
	r.wrong(n.Pos, hint, "%s where %s %s needed", found, needed, verb)
}

// wrong notes a problem.
func (r *reader) wrong(p Position, hint, format string, args ...any) {
	r.problems = append(r.problems, r.problem(p, hint, fmt.Sprintf(format, args...)))
}

func (r *reader) problem(p Position, hint, text string) Problem {
	p = r.doc.Clamp(p)
	return Problem{File: r.file, Pos: p, Text: text, Hint: hint, Line: r.doc.Line(p.Line)}
}

// inOrder sorts problems by their places and drops those that came twice, as
// by an alias.
func inOrder(p []Problem) []Problem {
	slices.SortFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column), cmp.Compare(a.Text, b.Text))
	})
	return slices.CompactFunc(p, func(a, b Problem) bool { return a.Pos == b.Pos && a.Text == b.Text })
}
