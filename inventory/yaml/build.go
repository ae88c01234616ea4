package yaml

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
)

// maxValues is how many values a document may come to, once its aliases are
// put in their places.
const maxValues = 100_000

// builder makes the tree of what the parser found, in the order of the file.
type builder struct {
	doc     *Document
	anchors map[string]*Node // nil while the value of the anchor is being built
	errors  []Error
}

func (b *builder) wrong(p Position, hint, format string, args ...any) {
	b.errors = append(b.errors, Error{b.doc.Clamp(p), fmt.Sprintf(format, args...), hint})
}

func (b *builder) document(body ast.Node) *Node {
	if body == nil {
		return nil
	}
	root := b.node(body, Position{})
	if root.size > maxValues {
		b.wrong(root.Pos, fmt.Sprintf("an inventory has at most %d values", maxValues), "the aliases make the file too big")
		return nil
	}
	return root
}

// node returns the value that stands under a key, or in no key's place where
// under is the zero value.
func (b *builder) node(n ast.Node, under Position) *Node {
	if n == nil {
		return &Node{Pos: under, Under: under, size: 1}
	}
	made := b.value(n)
	if made.Kind == Null && under != (Position{}) {
		made.Pos = under
	}
	made.Under = under
	if under == (Position{}) {
		made.Under = made.Pos
	}
	return made
}

// value returns a new node, which nobody else holds.
func (b *builder) value(n ast.Node) *Node {
	t := n.GetToken()
	made := &Node{Kind: Scalar, Pos: b.doc.Clamp(place(t)), size: 1}
	if t != nil {
		made.end = place(t.Next)
	}
	switch n := n.(type) {
	case *ast.NullNode:
		made.Kind = Null
	case *ast.StringNode:
		made.Text = n.Value
	case *ast.LiteralNode:
		// The library gives the text the place of its last line; the mark
		// before it ("|") stands at the beginning.
		made.Text, made.end = n.Value.Value, afterLiteral(n)
	case *ast.SequenceNode:
		made.Kind = List
		for _, item := range n.Values {
			made.add(b.node(item, Position{}))
		}
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			made.Pos = keyPlace(n.Values[0])
		}
		b.mapping(made, n.Values)
	case *ast.MappingValueNode:
		made.Pos = keyPlace(n)
		b.mapping(made, []*ast.MappingValueNode{n})
	case *ast.AnchorNode:
		return b.anchor(n)
	case *ast.AliasNode:
		return b.alias(n, made)
	case *ast.TagNode:
		b.wrong(made.Pos, "remove it; a number in quotes is a text", "tags (%s) are not supported", t.Value)
		if n.Value == nil {
			return &Node{Pos: made.Pos, size: 1}
		}
		return b.value(n.Value)
	default:
		if t != nil {
			made.Text = t.Value
		}
	}
	return made
}

// add puts an item into a list.
func (n *Node) add(item *Node) {
	n.Items = append(n.Items, item)
	n.grow(item)
}

// grow counts the values of a part. It stops counting where there are too
// many: aliases of aliases would soon be more than a number can hold.
func (n *Node) grow(part *Node) { n.size = min(n.size+part.size, maxValues+1) }

func (b *builder) mapping(made *Node, values []*ast.MappingValueNode) {
	made.Kind = Mapping
	seen := map[string]bool{}
	add := func(p Pair) {
		seen[p.Key] = true
		made.Pairs = append(made.Pairs, p)
		made.grow(p.Value)
	}
	var merged []*Node
	for _, v := range values {
		key, pos, ok := b.key(v.Key)
		value := b.node(v.Value, pos)
		switch {
		case !ok:
		case v.Key.Type() == ast.MergeKeyType:
			merged = append(merged, b.sources(value)...)
		case seen[key]:
			b.wrong(pos, "remove one of the two", "the key %q stands here twice", key)
		default:
			add(Pair{key, pos, value})
		}
	}
	for _, m := range merged {
		for _, p := range m.Pairs {
			if !seen[p.Key] {
				add(p)
			}
		}
	}
}

// key returns the text of a key. One that is no scalar is an error.
func (b *builder) key(n ast.Node) (text string, pos Position, ok bool) {
	for {
		k, isKey := n.(*ast.MappingKeyNode) // "? key"
		if !isKey || k.Value == nil {
			break
		}
		n = k.Value
	}
	t := n.GetToken()
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode,
		*ast.InfinityNode, *ast.NanNode, *ast.MergeKeyNode:
		return t.Value, place(t), true
	}
	b.wrong(place(t), "", "a key must be one plain word")
	return "", place(t), false
}

// sources returns the mappings that a merge key names.
func (b *builder) sources(n *Node) []*Node {
	switch n.Kind {
	case Mapping:
		return []*Node{n}
	case List:
		var all []*Node
		for _, item := range n.Items {
			switch item.Kind {
			case Mapping:
				all = append(all, item)
			case Broken:
			default:
				b.wrong(item.Pos, "", `"<<" takes mappings only`)
			}
		}
		return all
	case Broken:
		return nil
	default:
		b.wrong(n.Pos, "write an alias of a mapping, such as <<: *defaults", `"<<" needs a mapping`)
		return nil
	}
}

func (b *builder) anchor(n *ast.AnchorNode) *Node {
	name := ""
	if n.Name != nil {
		name = n.Name.GetToken().Value
	}
	b.anchors[name] = nil
	made := &Node{Pos: b.doc.Clamp(place(n.GetToken())), size: 1}
	if n.Value != nil {
		made = b.value(n.Value)
	}
	b.anchors[name] = made
	again := *made
	return &again
}

func (b *builder) alias(n *ast.AliasNode, made *Node) *Node {
	name := ""
	if n.Value != nil {
		name = n.Value.GetToken().Value
	}
	to, known := b.anchors[name]
	switch {
	case !known:
		b.wrong(made.Pos, fmt.Sprintf("an anchor, &%s, must stand before it", name), "there is no anchor for the alias *%s", name)
	case to == nil:
		b.wrong(made.Pos, "", "the alias *%s stands inside its own anchor", name)
	default:
		again := *to
		return &again
	}
	made.Kind = Broken
	return made
}

// keyPlace returns where a pair begins; the library gives it the place of its colon.
func keyPlace(v *ast.MappingValueNode) Position { return place(v.Key.GetToken()) }

// afterLiteral returns where the word after a block of text begins.
func afterLiteral(n *ast.LiteralNode) Position {
	if t := n.Value.GetToken(); t != nil {
		return place(t.Next)
	}
	return Position{}
}
