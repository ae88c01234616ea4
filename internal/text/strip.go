package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The characters that begin and end a terminal's sequences, from ECMA-48.
const (
	bel = 0x07
	can = 0x18 // CAN and SUB end any sequence
	sub = 0x1a
	esc = 0x1b
	dcs = 0x90 // as one character, or as ESC and the character 0x40 below
	sos = 0x98
	csi = 0x9b
	st  = 0x9c // ends a string
	osc = 0x9d
	pm  = 0x9e
	apc = 0x9f
)

// strip drops terminal sequences and every character that has no width or a
// power over others; tabs stay, line ends become spaces. It goes through s
// once. A sequence that does not end takes the rest of the line with it.
func strip(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case r == esc:
			i = afterEscape(s, i)
		case r >= 0x80 && r <= 0x9f:
			i = afterControl(s, i, r)
		case r == '\n':
			b.WriteByte(' ')
		case r == '\t' || !dropped(r):
			b.WriteString(s[i-n : i])
		}
	}
	return b.String()
}

// afterEscape returns the index after the sequence whose ESC stands before i.
func afterEscape(s string, i int) int {
	for i < len(s) && s[i] >= 0x20 && s[i] <= 0x2f { // intermediate bytes, as in ESC ( B
		i++
	}
	switch {
	case i == len(s) || s[i] < 0x30 || s[i] > 0x7e:
		return i // not a sequence: what follows speaks for itself
	case s[i] >= 0x40 && s[i] <= 0x5f:
		return afterControl(s, i+1, rune(s[i])+0x40)
	}
	return i + 1
}

// afterControl returns the index after the sequence that the C1 control c,
// which stands before i, begins.
func afterControl(s string, i int, c rune) int {
	switch c {
	case csi:
		for i < len(s) && s[i] >= 0x20 && s[i] <= 0x3f {
			i++
		}
		if i < len(s) && s[i] >= 0x40 && s[i] <= 0x7e {
			i++
		}
		return i
	case osc, dcs, sos, pm, apc:
		return afterString(s, i)
	}
	return i
}

// afterString returns the index after the end of a control string.
func afterString(s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch r {
		case bel, can, sub, st:
			return i
		case esc:
			return afterEscape(s, i) // ESC \ ends it, and any other sequence does too
		}
	}
	return i
}

// dropped says whether a character has no business in a line: a control, a
// line separator, one that turns the direction of writing, or one without a
// width of its own that changes how its neighbours are counted.
func dropped(r rune) bool {
	switch {
	case r < 0x20, r == 0x7f, r >= 0x80 && r <= 0x9f:
		return true
	case r < 0xad:
		return false
	case r == 0x2028, r == 0x2029, // line and paragraph separator
		r >= 0x1f3fb && r <= 0x1f3ff: // skin tones
		return true
	}
	return unicode.In(r, unicode.Cf, unicode.Variation_Selector, joining)
}

// joining are the letters that join with whatever follows them (the Unicode
// property Grapheme_Cluster_Break=Prepend, those of them that are not in Cf).
var joining = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x0d4e, Hi: 0x0d4e, Stride: 1}},
	R32: []unicode.Range32{
		{Lo: 0x111c2, Hi: 0x111c3, Stride: 1},
		{Lo: 0x113d1, Hi: 0x113d1, Stride: 1},
		{Lo: 0x1193f, Hi: 0x1193f, Stride: 1},
		{Lo: 0x11941, Hi: 0x11941, Stride: 1},
		{Lo: 0x11a84, Hi: 0x11a89, Stride: 1},
		{Lo: 0x11d46, Hi: 0x11d46, Stride: 1},
		{Lo: 0x11f02, Hi: 0x11f02, Stride: 1},
	},
}
