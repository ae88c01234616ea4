package picture

import (
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// sheet draws rows, and remembers the looks and symbols that they use.
type sheet struct {
	inks    []ink // the class of each is its place
	symbols map[rune]bool
}

// row returns the elements that draw a row, from the left end of its baseline.
func (s *sheet) row(r row) string {
	var b strings.Builder
	for _, f := range r.fills {
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d"%s/>`,
			f.at*cellWidth, -baseline, f.cells*cellWidth, cellHeight, s.class(ink{color: f.color}))
	}
	for _, r := range r.runs {
		if element, ok := r.drawn(); ok {
			b.WriteString(element + s.class(ink{color: r.ink.color}) + "/>")
			s.uses(r.text)
			continue
		}
		fmt.Fprintf(&b, `<text x="%d"`, r.at*cellWidth)
		switch {
		case !isASCII(r.text): // of any font
			fmt.Fprintf(&b, ` textLength="%d" lengthAdjust="spacingAndGlyphs"`, r.cells*cellWidth)
		case r.cells > 1:
			fmt.Fprintf(&b, ` textLength="%d"`, r.cells*cellWidth)
		}
		b.WriteString(s.class(r.ink) + ">" + escape(r.text) + "</text>")
	}
	return b.String()
}

// class returns the attribute that gives an element its look.
func (s *sheet) class(k ink) string {
	if k == (ink{color: plain}) {
		return ""
	}
	i := slices.Index(s.inks, k)
	if i < 0 {
		i = len(s.inks)
		s.inks = append(s.inks, k)
	}
	return fmt.Sprintf(` class="c%d"`, i)
}

func (s *sheet) uses(text string) {
	r, _ := utf8.DecodeRuneInString(text)
	if _, ok := symbols[r]; ok {
		if s.symbols == nil {
			s.symbols = map[rune]bool{}
		}
		s.symbols[r] = true
	}
}

// fonts are of one width, and on most machines one of them is there.
const fonts = `ui-monospace,SFMono-Regular,"SF Mono",Menlo,"Cascadia Mono",Consolas,"DejaVu Sans Mono","Liberation Mono",monospace`

// style returns the rules for what was drawn.
func (s *sheet) style() string {
	var b strings.Builder
	fmt.Fprintf(&b, "text{font:%dpx %s}rect{shape-rendering:crispEdges}", fontSize, fonts)
	for i, k := range s.inks {
		fmt.Fprintf(&b, ".c%d{fill:%s", i, k.color)
		if k.bold {
			b.WriteString(";font-weight:700")
		}
		if k.italic {
			b.WriteString(";font-style:italic")
		}
		b.WriteByte('}')
	}
	return b.String()
}

// defs returns the symbols that were drawn.
func (s *sheet) defs() string {
	var b strings.Builder
	for _, r := range slices.Sorted(maps.Keys(s.symbols)) {
		fmt.Fprintf(&b, `<path id="s%x" fill-rule="evenodd" d="%s"/>`, r, symbols[r])
	}
	return b.String()
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
