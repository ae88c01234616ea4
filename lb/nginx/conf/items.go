package conf

// Kind tells what an Item is.
type Kind int

// The kinds of items.
const (
	Upstream Kind = iota // an upstream block begins; its Scope is what stands inside
	Server               // a server line of an upstream
	Include              // an include directive
)

// Scope is where in nginx's configuration something stands. The zero Scope is
// a file read by itself: a whole configuration or a part with its place unknown.
type Scope struct {
	Module   string // "http" or "stream"; "" where it is not known
	Upstream string // the upstream's name; "" outside of upstream blocks
	Foreign  bool   // in a block that can hold no upstream, such as server or map
}

// Item is one thing in a file that matters for a rotation.
type Item struct {
	Kind    Kind
	Scope   Scope
	Line    int    // where it begins, counted from 1
	Pattern string // Include: the file or glob as written
	Server  Peer   // Server
}

// Peer is one server line of an upstream.
type Peer struct {
	Address string // in the form of the function Address
	Weight  int
	Down    bool
	Backup  bool
	Drain   bool // a word of nginx since 1.29.6: only requests bound to the server

	words []word
}

// At returns the byte where the line begins: lines of one file that begin at
// one byte are the same line, included in two upstreams.
func (p Peer) At() int { return p.words[0].start }

// Items lists what matters in the file, in its order, as it is when the file
// is included at the place in. At the zero Scope, server lines that stand
// outside of any block count too: the file is then one that is included in an
// upstream, whose name is not known.
func (f *File) Items(in Scope) []Item {
	return items(nil, f.directives, in)
}

func items(list []Item, ds []directive, in Scope) []Item {
	inUpstream := in.Upstream != "" || in == Scope{}
	for _, d := range ds {
		item := Item{Scope: in, Line: d.words[0].line}
		switch {
		case d.name() == "include" && len(d.words) == 2 && !d.opens:
			item.Kind, item.Pattern = Include, d.arg(0)
			list = append(list, item)
		case in.Foreign:
			list = items(list, d.block, in)
		case d.name() == "server" && len(d.words) > 1 && !d.opens && inUpstream:
			item.Kind, item.Server = Server, peer(d.words)
			list = append(list, item)
		case d.opens:
			inside := in.inside(d)
			if inside.Upstream != in.Upstream {
				list = append(list, Item{Kind: Upstream, Scope: inside, Line: item.Line})
			}
			list = items(list, d.block, inside)
		}
	}
	return list
}

// inside returns the scope in the block of d.
func (s Scope) inside(d directive) Scope {
	switch name := d.name(); {
	case s.Upstream != "":
	case s == Scope{} && (name == "http" || name == "stream") && len(d.words) == 1:
		return Scope{Module: name}
	case name == "upstream" && len(d.words) == 2:
		return Scope{Module: s.Module, Upstream: d.arg(0)}
	}
	return Scope{Module: s.Module, Upstream: s.Upstream, Foreign: true}
}

func peer(words []word) Peer {
	p := Peer{Address: Address(words[1].text), Weight: 1, words: words}
	for _, w := range words[2:] {
		switch w.text {
		case "down":
			p.Down = true
		case "backup":
			p.Backup = true
		case "drain":
			p.Drain = true
		}
		if n, ok := w.weight(); ok {
			p.Weight = n // the last one wins, as in nginx
		}
	}
	return p
}
