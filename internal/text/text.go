// Package text makes a line from outside harmless, and measures and cuts
// lines by the cells that they take on a terminal.
//
// Whatever a machine prints, a balancer answers or a file is called passes
// Clean once, where it enters the program; from there on it can be stored,
// shown and cut without a second thought. The package does not know what a
// line is about. A terminal's own sequences are dropped; what colours they ask for,
// Colors tells as numbers.
package text

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/unicode/norm"
)

const (
	longest = 16 << 10 // bytes of a line that are looked at, and that are kept
	tabStop = 8
)

// Clean makes one line from outside harmless to print: valid UTF-8 in normal
// form C, without control characters, terminal sequences, and characters that
// have no width or turn the writing direction.
//
// Of a line that overwrites itself with carriage returns the last state is
// kept, as a terminal would show it. Tabs become spaces, line ends inside
// the text one space each. What is longer than 16 KiB is cut. Cleaning twice
// is cleaning once.
func Clean(s string) string {
	if len(s) <= longest && plain(s) {
		return s
	}
	s = cut(s, longest)
	s = lastState(s)
	s = strip(strings.ToValidUTF8(s, "\uFFFD"))
	if !plain(s) {
		s = expand(norm.NFC.String(s))
	}
	return cut(s, longest)
}

// plain says whether s is printable ASCII throughout, which is harmless and
// takes one cell a byte.
func plain(s string) bool {
	for i := range len(s) {
		if s[i]-0x20 >= 0x5f { // below the space (wraps around) or DEL and above
			return false
		}
	}
	return true
}

// cut returns at most n bytes of s and splits no character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// lastState returns what stands after the last carriage return that moves the
// cursor back over text: not one at the end of a line.
func lastState(s string) string {
	s = strings.TrimRight(s, "\r\n")
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '\r' && s[i+1] != '\n' { // i+1 is there: s does not end in \r
			return s[i+1:]
		}
	}
	return s
}

// expand replaces tabs by spaces up to the next tab stop.
func expand(s string) string {
	if !strings.Contains(s, "\t") {
		return s
	}
	var b strings.Builder
	cells := 0
	for i, part := range strings.Split(s, "\t") {
		if i > 0 {
			n := tabStop - cells%tabStop
			b.WriteString("        "[:n])
			cells += n
		}
		b.WriteString(part)
		cells += Width(part)
	}
	return b.String()
}

// Width returns the cells that s takes on a terminal: two for a wide
// character, none for a combining one or a terminal sequence.
func Width(s string) int {
	if plain(s) {
		return len(s)
	}
	return ansi.StringWidth(s)
}

// Cut returns s in at most width cells; what is cut off the end is replaced by
// an ellipsis. A width of 0 or less gives "".
func Cut(s string, width int) string {
	switch {
	case width <= 0:
		return ""
	case len(s) <= width && plain(s):
		return s
	}
	return ansi.Truncate(s, width, "…")
}

// Pad returns s in exactly width cells, cut or filled with spaces.
func Pad(s string, width int) string {
	s = Cut(s, width)
	if n := width - Width(s); n > 0 {
		s += strings.Repeat(" ", n)
	}
	return s
}

// After returns s without name at its beginning, for whoever shows the name
// beside it: "web1: out" and "web1 is out" are "out" and "is out" of web1. What
// is about more than that name stays as it is.
func After(name, s string) string {
	rest, ok := strings.CutPrefix(s, name)
	if !ok || name == "" {
		return s
	}
	if rest, ok := strings.CutPrefix(rest, ": "); ok {
		return rest
	}
	if rest, ok := strings.CutPrefix(rest, " "); ok && !strings.HasPrefix(rest, "and ") {
		return rest
	}
	return s
}
