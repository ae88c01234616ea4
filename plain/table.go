package plain

import (
	"fmt"
	"io"
	"strings"

	"rota/internal/text"
)

// table is rows of cells that are printed one below the other.
type table struct {
	rows [][]string
}

// add appends a row. Cells are plain text; they need not be clean.
func (t *table) add(cells ...string) {
	for i := range cells {
		cells[i] = text.Clean(cells[i])
	}
	t.rows = append(t.rows, cells)
}

// widths returns the cells that each column takes.
func (t *table) widths() []int {
	var widths []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], text.Width(c))
		}
	}
	return widths
}

// width returns the cells that the longest line takes.
func (t *table) width() int {
	sum := 0
	for _, w := range t.widths() {
		sum += w + len(gap)
	}
	return max(sum-len(gap), 0)
}

const gap = "  "

// print writes the rows, each cut to width unless that is 0. paint, where it is
// given, returns the colour of a cell.
func (t *table) print(w io.Writer, width int, paint func(row, column int) style) {
	widths := t.widths()
	for i, row := range t.rows {
		var b strings.Builder
		for j, cell := range fit(row, widths, width) {
			blank := cell[len(strings.TrimRight(cell, " ")):]
			if paint != nil {
				cell = paint(i, j).on(strings.TrimRight(cell, " ")) + blank
			}
			b.WriteString(cell)
		}
		_, _ = fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// fit cuts and pads the cells of a row to their columns, within width cells
// unless that is 0.
func fit(row []string, widths []int, width int) []string {
	cells := make([]string, len(row))
	left := width
	for j, cell := range row {
		room := widths[j]
		if width > 0 {
			room = max(min(room, left), 0)
			left -= room + len(gap)
		}
		cells[j] = text.Pad(cell, room) + gap
	}
	return cells
}

// style is a colour of a terminal, as the number that ECMA-48 gives it; "" is none.
type style string

const (
	plainly style = ""
	good    style = "32"
	bad     style = "1;31"
	needs   style = "1;33"
	moving  style = "36"
	quiet   style = "2"
)

// on returns s in the style.
func (c style) on(s string) string {
	if c == plainly || s == "" {
		return s
	}
	return "\x1b[" + string(c) + "m" + s + "\x1b[0m"
}
