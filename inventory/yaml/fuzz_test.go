package yaml

import (
	"testing"
	"unicode/utf8"
)

// FuzzParse: no file makes it panic, every error and every value lies in the file, and whatever is not read is told.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "a: 1\n", "a: [1, {b: c}]\nd: |\n  e\n", "a: &x {b: 1}\nc:\n  <<: *x\n", "? a\n: b\n", "---\na: 1\n---\n", "a: \"\\x41\n  b\"\n",
		"a: !t b\n", "- - a\n  - b\n", "%YAML 1.2\n---\n{}\n", "a: >-\n\n  b\n\nc:", "\xff", "a: *b\n", "a\r\nb",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		d, errs := Parse(src)
		for _, e := range errs {
			if d.Clamp(e.Pos) != e.Pos || e.Text == "" || !utf8.ValidString(d.Line(e.Pos.Line)) {
				t.Errorf("%+v is not in the file, or says nothing", e)
			}
		}
		if d.Root != nil {
			walk(t, d, d.Root, 0)
		}
	})
}

func walk(t *testing.T, d *Document, n *Node, depth int) {
	if depth > maxDepth*4 { // by aliases a tree may be deeper than its file
		return
	}
	for _, p := range [...]Position{n.Pos, n.Under, d.Find(n, n.Text)} {
		if d.Clamp(p) != p {
			t.Fatalf("%v of %+v is not in the file", p, n)
		}
	}
	for _, i := range n.Items {
		walk(t, d, i, depth+1)
	}
	for _, p := range n.Pairs {
		walk(t, d, p.Value, depth+1)
	}
}
