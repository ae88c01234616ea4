package paint

import (
	"slices"

	"rota/internal/text"
)

// Span is a text in a role.
type Span struct {
	Role Role
	Text string
}

// Field is a part of a line that is shown whole or not at all.
type Field struct {
	Rank  int // 0: always shown; fields of the highest rank go first when the line is short
	Right bool
	Span
	More []Span // right behind it
}

// F makes a field of one span.
func F(rank int, r Role, s string) Field { return Field{Rank: rank, Span: Span{r, harmless(s)}} }

// AtRight returns the field, to stand at the right end of the line.
func (f Field) AtRight() Field {
	f.Right = true
	return f
}

func (f Field) width() int {
	n := text.Width(f.Text)
	for _, s := range f.More {
		n += text.Width(s.Text)
	}
	return n
}

const gap = 2 // cells between two fields

// Fields writes the fields that fit, two cells apart. Where not all fit, those
// of the highest rank are left out, the last one of them first.
func (p *Pen) Fields(fields ...Field) *Pen {
	fields = fit(fields, p.left)
	right := 0
	for _, f := range fields {
		if f.Right {
			right += f.width() + gap
		}
	}
	first := true
	put := func(f Field) {
		if !first {
			p.Skip(gap)
		}
		first = false
		p.Put(f.Role, f.Text)
		for _, s := range f.More {
			p.Put(s.Role, s.Text)
		}
	}
	for _, f := range fields {
		if !f.Right {
			put(f)
		}
	}
	if right == 0 {
		return p
	}
	p.Skip(p.left - (right - gap))
	first = true
	for _, f := range fields {
		if f.Right {
			put(f)
		}
	}
	return p
}

// fit returns the fields without those for which width is too small.
func fit(fields []Field, width int) []Field {
	total := -gap
	for _, f := range fields {
		total += f.width() + gap
	}
	if total <= width {
		return fields
	}
	fields = slices.Clone(fields)
	for total > width {
		drop := -1
		for i, f := range fields {
			if f.Rank > 0 && (drop < 0 || f.Rank >= fields[drop].Rank) {
				drop = i
			}
		}
		if drop < 0 {
			break
		}
		total -= fields[drop].width() + gap
		fields = slices.Delete(fields, drop, drop+1)
	}
	return fields
}
