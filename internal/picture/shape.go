package picture

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The grid, in pixels. Most fonts of one width are three fifths as wide as high,
// so 15 pixels of font are 9 of a cell.
const (
	fontSize   = 15
	cellWidth  = 9
	cellHeight = 20
	baseline   = 15 // from the upper edge of a cell
	middle     = cellHeight / 2
	overlap    = 1 // a line down reaches into the next row, or a page that scales shows a gap
)

// block returns the part of a cell that a block element fills, in eighths of
// the cell from its left and upper edge, and how much of the ink it shows.
func block(r rune) (left, top, width, height int, opacity string, ok bool) {
	switch {
	case r == '█':
		return 0, 0, 8, 8, "", true
	case r >= '▁' && r <= '▇':
		n := int(r-'▁') + 1
		return 0, 8 - n, 8, n, "", true
	case r >= '▉' && r <= '▏':
		return 0, 0, int('▏'-r) + 1, 8, "", true
	case r == '▀':
		return 0, 0, 8, 4, "", true
	case r == '▐':
		return 4, 0, 4, 8, "", true
	case r >= '░' && r <= '▓':
		return 0, 0, 8, 8, [...]string{".22", ".45", ".7"}[r-'░'], true
	}
	return 0, 0, 0, 0, "", false
}

// lines are the arms of the box-drawing characters, from the middle of the cell
// to its left, right, upper and lower edge; capital letters are heavy ones.
var lines = map[rune]string{
	'─': "lr", '━': "LR", '│': "ud", '┃': "UD",
	'┌': "rd", '┐': "ld", '└': "ru", '┘': "lu", '╭': "rd", '╮': "ld", '╰': "ru", '╯': "lu",
	'├': "rud", '┤': "lud", '┬': "lrd", '┴': "lru", '┼': "lrud",
}

// symbols are outlines, from the left end of the baseline of their cell. What is
// inside of two is not filled.
var symbols = map[rune]string{
	'●': disc,
	'○': disc + hole,
	'◐': disc + hole + "M4.5-7.7a2.7 2.7 0 0 0 0 5.4z",
	'◔': disc + hole + "M4.5-5v-2.7a2.7 2.7 0 0 1 2.7 2.7z",
	'◇': "M4.5-9.4L8.7-5L4.5-.6L.3-5zM4.5-7.6L2-5L4.5-2.4L7-5z",
	'▲': "M4.5-9.4L8.8-1.2H.2z",
	'▸': "M2-9L7.6-5L2-1z",
	'▾': "M.8-7.6H8.2L4.5-2z",
	'·': "M3.2-5a1.3 1.3 0 1 0 2.6 0a1.3 1.3 0 1 0-2.6 0z",
	'‖': "M1.9-10.6h1.7V.6h-1.7zM5.4-10.6h1.7V.6h-1.7z",
	'✓': "M.5-4.4L1.7-5.6L3.5-3.7L7.5-9.7L8.8-8.8L3.7-1.2z",
	'✗': "M1.6-9.4L4.5-6.4L7.4-9.4L8.5-8.3L5.6-5.2L8.5-2.1L7.4-1L4.5-4L1.6-1L.5-2.1L3.4-5.2L.5-8.3z",
}

const (
	disc = "M.6-5a3.9 3.9 0 1 0 7.8 0a3.9 3.9 0 1 0-7.8 0z"
	hole = "M1.8-5a2.7 2.7 0 1 0 5.4 0a2.7 2.7 0 1 0-5.4 0z"
)

// stretches tells whether the same character side by side is one wider shape.
func stretches(r rune) bool {
	_, _, width, _, _, ok := block(r)
	return ok && width == 8 || r == '─' || r == '━'
}

// drawn returns the elements that draw a run which is no text, without its ink.
func (r run) drawn() (element string, ok bool) {
	first, size := utf8.DecodeRuneInString(r.text)
	if len(r.text) > size && !stretches(first) {
		return "", false // a character of several runes
	}
	x := r.at * cellWidth
	if left, top, width, height, opacity, ok := block(first); ok {
		if opacity != "" {
			opacity = fmt.Sprintf(` fill-opacity="%s"`, opacity)
		}
		return fmt.Sprintf(`<rect x="%g" y="%g" width="%g" height="%g"%s`,
			float64(x)+float64(left*cellWidth)/8, float64(top*cellHeight)/8-baseline,
			float64(r.cells*width*cellWidth)/8, float64(height*cellHeight)/8, opacity), true
	}
	if arms, ok := lines[first]; ok {
		return `<path d="` + box(arms, x, r.cells*cellWidth) + `"`, true
	}
	if _, ok := symbols[first]; ok {
		return fmt.Sprintf(`<use href="#s%x" x="%d"`, first, x), true
	}
	return "", false
}

// box draws the arms of a box-drawing character that is so wide.
func box(arms string, x, width int) string {
	var path strings.Builder
	for _, arm := range arms {
		thick := 1.0
		if arm < 'a' {
			thick = 2
		}
		half := float64(width)/2 + thick/2 // so that the arms join
		left, top, w, h := float64(x), middle-thick/2, half, thick
		switch arm {
		case 'r', 'R':
			left += float64(width) - half
		case 'u', 'U':
			left, top, w, h = left+float64(width)/2-thick/2, 0, thick, middle+thick/2
		case 'd', 'D':
			left, top, w, h = left+float64(width)/2-thick/2, middle-thick/2, thick, middle+thick/2+overlap
		}
		fmt.Fprintf(&path, "M%g %gh%gv%gh%gz", left, top-baseline, w, h, -w)
	}
	return path.String()
}
