package paint

import (
	"strconv"

	"github.com/charmbracelet/x/ansi"

	"rota/internal/text"
)

const reset = "\x1b[m"

// Pen writes one line after the other into a buffer of its own. A line is
// never wider than it was begun with. A Pen is for one goroutine.
type Pen struct {
	theme *Theme
	buf   []byte
	left  int  // cells
	flat  bool // the whole line has one role
}

// NewPen returns a pen that writes in a theme.
func NewPen(t *Theme) *Pen { return &Pen{theme: t} }

// Theme returns the theme that the pen writes in.
func (p *Pen) Theme() *Theme { return p.theme }

// Begin begins a line of at most width cells.
func (p *Pen) Begin(width int) *Pen {
	p.buf, p.left, p.flat = p.buf[:0], max(width, 0), false
	return p
}

// BeginIn begins a line that is one role from its first to its last cell;
// other roles are not seen in it.
func (p *Pen) BeginIn(r Role, width int) *Pen {
	p.Begin(width)
	p.buf = append(p.buf, p.theme.prefix[r]...)
	p.flat = true
	return p
}

// Left tells how many cells are left in the line.
func (p *Pen) Left() int { return p.left }

// Put writes s in a role, cut to what is left of the line.
func (p *Pen) Put(r Role, s string) *Pen {
	s = p.theme.Cut(harmless(s), p.left)
	return p.write(r, s, text.Width(s))
}

// Glyph writes one of the theme's glyphs.
func (p *Pen) Glyph(r Role, glyph string) *Pen { return p.Repeat(r, glyph, 1) }

// Cell writes s in exactly width cells, or in what is left.
func (p *Pen) Cell(r Role, s string, width int) *Pen {
	width = min(width, p.left)
	s = p.theme.Cut(harmless(s), width)
	n := text.Width(s)
	return p.write(r, s, n).Skip(width - n)
}

// Number writes n at the right end of width cells, "-" where it is negative:
// not known.
func (p *Pen) Number(r Role, n int64, width int) *Pen {
	if n < 0 {
		return p.Skip(width-1).Cell(Quiet, "-", 1)
	}
	var b [20]byte
	digits := strconv.AppendInt(b[:0], n, 10)
	if n >= 10_000 && len(digits) > width {
		digits = append(strconv.AppendInt(b[:0], n/1000, 10), 'k')
	}
	p.Skip(width - len(digits))
	if len(digits) > p.left {
		return p
	}
	p.open(r)
	p.buf = append(p.buf, digits...)
	p.left -= len(digits)
	p.shut(r)
	return p
}

// Skip leaves n cells empty.
func (p *Pen) Skip(n int) *Pen {
	n = min(n, p.left)
	for range n {
		p.buf = append(p.buf, ' ')
	}
	p.left -= max(n, 0)
	return p
}

// Within has draw write at most width cells, and leaves those empty that it does not.
func (p *Pen) Within(width int, draw func(p *Pen)) *Pen {
	width = min(width, p.left)
	rest := p.left - width
	p.left = width
	draw(p)
	p.Skip(p.left)
	p.left = rest
	return p
}

// Repeat writes a glyph n times.
func (p *Pen) Repeat(r Role, glyph string, n int) *Pen {
	n = min(n, p.left)
	if n <= 0 {
		return p
	}
	p.open(r)
	for range n {
		p.buf = append(p.buf, glyph...)
	}
	p.left -= n
	p.shut(r)
	return p
}

// Fill repeats a glyph up to the end of the line.
func (p *Pen) Fill(r Role, glyph string) *Pen { return p.Repeat(r, glyph, p.left) }

// End returns the line.
func (p *Pen) End() string {
	if p.flat {
		p.Skip(p.left)
		p.buf = append(p.buf, reset...)
	}
	return string(p.buf)
}

func (p *Pen) write(r Role, s string, cells int) *Pen {
	switch s {
	case "":
		return p
	case " ":
		return p.Skip(1)
	}
	p.open(r)
	p.buf = append(p.buf, s...)
	p.left -= cells
	p.shut(r)
	return p
}

func (p *Pen) open(r Role) {
	if !p.flat {
		p.buf = append(p.buf, p.theme.prefix[r]...)
	}
}

func (p *Pen) shut(r Role) {
	if !p.flat && p.theme.prefix[r] != "" {
		p.buf = append(p.buf, reset...)
	}
}

// Cut returns s in at most width cells; an ellipsis stands for what is cut off.
func (t *Theme) Cut(s string, width int) string {
	if !t.ASCII || width <= 0 || text.Width(s) <= width {
		return text.Cut(s, width)
	}
	return ansi.Truncate(s, width, t.Ellipsis)
}

// harmless returns s as a line that is harmless to print. Texts are made so
// where they enter the program; this is the last door before the terminal.
func harmless(s string) string {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f {
			return text.Clean(s)
		}
	}
	return s
}
