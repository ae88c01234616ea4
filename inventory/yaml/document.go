package yaml

import (
	"strings"
	"unicode/utf8"
)

// Document is a file that was read.
type Document struct {
	Root *Node // nil where the file is empty or cannot be read at all

	lines  []string
	widths []int // of the lines, in characters
}

// Parse reads a file. It never panics, and reports all that it finds. The
// document is never nil; where its root is nil, there is an error or the file
// has no value in it.
func Parse(src []byte) (*Document, []Error) {
	text, bad := clean(src)
	d := &Document{lines: strings.Split(text, "\n")}
	for _, line := range d.lines {
		d.widths = append(d.widths, utf8.RuneCountInString(line))
	}
	if bad != nil {
		return d, []Error{*bad}
	}
	body, bad := parse(text)
	if bad != nil {
		bad.Pos = d.Clamp(bad.Pos)
		return d, []Error{*bad}
	}
	b := builder{doc: d, anchors: map[string]*Node{}}
	d.Root = b.document(body)
	return d, b.errors
}

// Line returns one line of the file, counted from one, without its end.
func (d *Document) Line(n int) string {
	if n < 1 || n > len(d.lines) {
		return ""
	}
	return d.lines[n-1]
}

// Clamp returns the place in the file that is nearest to p.
func (d *Document) Clamp(p Position) Position {
	p.Line = min(max(p.Line, 1), len(d.lines))
	p.Column = min(max(p.Column, 1), d.widths[p.Line-1]+1)
	return p
}

// Find returns where a part of a scalar stands, or where the scalar begins
// when the part is not written there as it is (it may be escaped or folded).
func (d *Document) Find(n *Node, part string) Position {
	last := len(d.lines)
	if n.end.Line > 0 {
		last = min(last, n.end.Line)
	}
	for line := max(n.Pos.Line, 1); line <= last; line++ {
		text, skipped := d.lines[line-1], 0
		if line == n.end.Line {
			text = cut(text, n.end.Column-1)
		}
		if line == n.Pos.Line {
			before := cut(text, n.Pos.Column-1)
			skipped, text = utf8.RuneCountInString(before), text[len(before):]
		}
		if before, _, ok := strings.Cut(text, part); ok {
			return Position{line, skipped + utf8.RuneCountInString(before) + 1}
		}
	}
	return n.Pos
}

// cut returns the first n characters of s, or all of it.
func cut(s string, n int) string {
	for i := range s {
		if n <= 0 {
			return s[:i]
		}
		n--
	}
	return s
}
