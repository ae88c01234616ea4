// Package yaml reads one YAML document into a tree in which every value knows
// its place, so that whatever is wrong with it can be shown where it stands.
//
// It is the only room that knows the YAML library. Scalars stay texts, as they
// were written: what they mean is the reader's business. Anchors, aliases and
// merge keys ("<<") are resolved; a value that came by an alias keeps the place
// where it was written. Tags, several documents, keys that are not plain words
// and files that are too big or too deep are refused.
package yaml

// Position is a place in a file, counted from one, columns in characters. The
// zero value is no place.
type Position struct{ Line, Column int }

// Kind is the shape of a value.
type Kind int

// The shapes.
const (
	Null Kind = iota // a key without a value, "~" or "null"
	Scalar
	List
	Mapping
	Broken // an alias that leads nowhere; the error is told already
)

// Node is one value. It may hang in the tree in several places, and is not
// changed after Parse.
type Node struct {
	Kind  Kind
	Pos   Position // where it begins
	Under Position // the key that it is the value of, else the same as Pos
	Text  string   // of a scalar, without quotes and escapes
	Items []*Node  // of a list
	Pairs []Pair   // of a mapping, in the order of the file, then the merged ones

	end  Position // where the next word of the file begins; the zero value is the end
	size int      // how many values it holds, itself counted
}

// Pair is one key of a mapping and its value.
type Pair struct {
	Key   string
	Pos   Position
	Value *Node
}

// Value returns the value of a key of a mapping, or nil.
func (n *Node) Value(key string) *Node {
	for _, p := range n.Pairs {
		if p.Key == key {
			return p.Value
		}
	}
	return nil
}

// Error is one thing that is wrong with a document.
type Error struct {
	Pos  Position
	Text string // the fact, lower case, no full stop
	Hint string // what would be right; may be empty
}
