// Package picture draws as SVG what a terminal shows: a still of one frame, or a
// film of many. The files stand alone: they need no script and no font of their
// own, so that they can be shown as the picture of a page.
//
// Every character keeps to the grid of the terminal, whatever font the reader
// has: words are spread to the width of their cells, and blocks, lines and the
// usual symbols are drawn. A character that takes two cells gets two. Not drawn:
// the cursor, links, what blinks, and lines under or through a text.
//
// It is pure: cells in, bytes out.
package picture

import (
	"strings"
	"unicode/utf8"

	uv "github.com/charmbracelet/ultraviolet"
)

// Screen is what a picture is taken of; a terminal of memory is one.
type Screen interface {
	Bounds() uv.Rectangle
	CellAt(x, y int) *uv.Cell
}

// Frame is what a screen showed at one moment. It does not change.
type Frame struct {
	width int // in cells
	rows  []row
	text  string
}

// row is one line of a frame: what is filled, and what stands on that.
type row struct {
	fills []fill
	runs  []run
}

// fill is a background that is not the page's.
type fill struct {
	at, cells int
	color     rgb
}

// run is characters side by side that are drawn as one thing: a word or several
// of one look with single blanks between them, a row of the same block or line,
// or any other character alone.
type run struct {
	at, cells int
	text      string
	ink       ink
}

// Take takes a picture of a screen; the caller sees to it that nobody changes
// it meanwhile.
func Take(s Screen) Frame {
	area := s.Bounds()
	f := Frame{width: area.Dx()}
	var text strings.Builder
	for y := area.Min.Y; y < area.Max.Y; y++ {
		var r row
		var line strings.Builder
		for x := area.Min.X; x < area.Max.X; x++ {
			c := s.CellAt(x, y)
			if c == nil {
				c = &uv.EmptyCell
			}
			if c.Width == 0 && c.Content == "" {
				continue // the second half of the one before
			}
			r.add(x-area.Min.X, c)
			line.WriteString(c.Content)
		}
		f.rows = append(f.rows, r)
		text.WriteString(strings.TrimRight(line.String(), " "))
		text.WriteByte('\n')
	}
	f.text = text.String()
	return f
}

// Text returns the lines of the frame without their looks, each with its end.
func (f Frame) Text() string { return f.text }

func (r *row) add(at int, c *uv.Cell) {
	cells := max(c.Width, 1)
	k, background := inkOf(c.Style)
	if background != paper {
		if n := len(r.fills); n > 0 && r.fills[n-1].color == background && r.fills[n-1].at+r.fills[n-1].cells == at {
			r.fills[n-1].cells += cells
		} else {
			r.fills = append(r.fills, fill{at, cells, background})
		}
	}
	if c.Content == "" || c.Content == " " {
		return
	}
	if n := len(r.runs); n > 0 {
		last := &r.runs[n-1]
		gap := at - last.at - last.cells
		if last.ink == k && last.takes(c.Content, gap) {
			last.text += strings.Repeat(" ", gap) + c.Content
			last.cells += gap + cells
			return
		}
	}
	r.runs = append(r.runs, run{at, cells, c.Content, k})
}

// takes tells whether a character so many blanks after the run belongs to it.
func (r run) takes(content string, gap int) bool {
	if isASCII(content) {
		return gap <= 1 && isASCII(r.text)
	}
	first, _ := utf8.DecodeRuneInString(r.text)
	return gap == 0 && stretches(first) && content == string(first)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}
