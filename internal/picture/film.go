package picture

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Film is what a screen showed over some time.
type Film struct {
	Shots  []Shot // in order; the first is at 0
	Keys   []Key  // in order
	Length time.Duration
	Poster time.Duration // the moment that is shown where nothing may move
}

// Shot is a frame and when it came. All of a film are of one size.
type Shot struct {
	At    time.Duration
	Frame Frame
}

// Key is a key that was pressed, and when.
type Key struct {
	At   time.Duration
	Name string
}

// How long a key is to be seen, and how high its place below the screen is.
const (
	keyTime = time.Second
	keyRoom = 34
)

// Moving returns a picture that plays a film of at least one shot again and
// again. Each part of a row is a strip of all that it showed, pulled up behind a
// window of its height, so that what stays the same is kept once.
func Moving(c Caption, f Film) []byte {
	var s sheet
	frame := f.Shots[0].Frame
	parts := (frame.width + partCells - 1) / partCells // of a row
	strips := make([]strip, len(frame.rows)*parts)
	for _, shot := range f.Shots {
		for i := range strips {
			strips[i].show(shot.At, s.row(shot.Frame.rows[i/parts].part(i%parts)))
		}
	}
	var keys strip
	keys.show(0, "")
	for i, k := range f.Keys {
		keys.show(k.At, keycap(k.Name))
		if i+1 == len(f.Keys) || f.Keys[i+1].At > k.At+keyTime {
			keys.show(k.At+keyTime, "")
		}
	}

	width := frame.width * cellWidth
	below := padding + len(frame.rows)*cellHeight + keyRoom - cellHeight // where the keys are
	var style, body strings.Builder
	for i, strip := range append(strips, keys) {
		top, poster := padding+i/parts*cellHeight, f.Poster
		if i == len(strips) {
			top, poster = below, 0 // a key alone tells nothing
		}
		moves, elements := strip.draw(fmt.Sprintf("r%d", i), f.Length, poster)
		style.WriteString(moves)
		if elements != "" {
			fmt.Fprintf(&body, "<svg x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\">%s</svg>\n", padding, top, width, cellHeight+overlap, elements)
		}
	}
	fmt.Fprintf(&style, ".time{animation:time %gs linear infinite}@keyframes time{from{transform:scaleX(0)}to{transform:scaleX(1)}}", f.Length.Seconds())
	fmt.Fprintf(&body, `<g transform="translate(%d,%d)"><rect class="time" width="%d" height="2" fill="%s" transform="scale(0,1)" style="shape-rendering:auto"/></g>`+"\n",
		padding, below-7, width, mix(paper, plain))
	style.WriteString("@media(prefers-reduced-motion:reduce){*{animation:none!important}}")
	return page(c, frame, keyRoom, s.style()+style.String(), s.defs(), body.String())
}

// partCells is how wide the parts of a row are that come and go by themselves.
const partCells = 40

// part returns what begins in a part of the row.
func (r row) part(n int) (p row) {
	for _, f := range r.fills {
		if f.at/partCells == n {
			p.fills = append(p.fills, f)
		}
	}
	for _, r := range r.runs {
		if r.at/partCells == n {
			p.runs = append(p.runs, r)
		}
	}
	return p
}

// keycap draws a key.
func keycap(name string) string {
	width := len(name)*cellWidth + 14
	return fmt.Sprintf(`<rect x=".5" y="%g" width="%d" height="%d" rx="4" fill="none" stroke="%s" style="shape-rendering:auto"/>`+
		`<text x="7.5" y="-.5" textLength="%d">%s</text>`,
		.5-baseline, width, cellHeight-1, mix(plain, paper), len(name)*cellWidth, escape(name))
}

// strip is all that one place of the picture showed, one below the other.
type strip struct {
	pictures []string
	steps    []step
}

// step is from when on a picture of the strip is shown.
type step struct {
	at      time.Duration
	picture int
}

// pitch is between two pictures of a strip, in pixels: a little more than a
// cell, so that none shows at the edge of another where the page is scaled.
const pitch = cellHeight + 4

func (s *strip) show(at time.Duration, picture string) {
	i := slices.Index(s.pictures, picture)
	if i < 0 {
		i = len(s.pictures)
		s.pictures = append(s.pictures, picture)
	}
	if n := len(s.steps); n == 0 || s.steps[n-1].picture != i {
		s.steps = append(s.steps, step{at, i})
	}
}

// draw returns the strip's rules and elements.
func (s *strip) draw(name string, length, poster time.Duration) (style, elements string) {
	if len(s.pictures) == 1 {
		if s.pictures[0] == "" {
			return "", ""
		}
		return "", fmt.Sprintf(`<g transform="translate(0,%d)">%s</g>`, baseline, s.pictures[0])
	}
	var rules, body strings.Builder
	still := 0
	fmt.Fprintf(&rules, ".%s{animation:%[1]s %gs step-end infinite}@keyframes %[1]s{", name, length.Seconds())
	for i, step := range s.steps {
		if i == 0 || step.at <= poster {
			still = step.picture
		}
		fmt.Fprintf(&rules, "%.4g%%{transform:translateY(%dpx)}", 100*step.at.Seconds()/length.Seconds(), -step.picture*pitch)
	}
	rules.WriteString("}\n")
	fmt.Fprintf(&body, `<g class="%s" transform="translate(0,%d)">`, name, -still*pitch)
	for i, picture := range s.pictures {
		if picture != "" {
			fmt.Fprintf(&body, `<g transform="translate(0,%d)">%s</g>`, i*pitch+baseline, picture)
		}
	}
	body.WriteString("</g>")
	return rules.String(), body.String()
}
