package picture

import (
	"fmt"
	"strings"
)

// Caption tells what is to be seen, to those who cannot see it.
type Caption struct{ Title, Description string }

// padding is between the edge of a picture and its screen, in pixels.
const padding = 16

// Still returns a picture of one frame.
func Still(c Caption, f Frame) []byte {
	var s sheet
	var rows strings.Builder
	for y, r := range f.rows {
		if elements := s.row(r); elements != "" {
			fmt.Fprintf(&rows, "<g transform=\"translate(%d,%d)\">%s</g>\n", padding, padding+y*cellHeight+baseline, elements)
		}
	}
	return page(c, f, 0, s.style(), s.defs(), rows.String())
}

// page returns a whole file, with room below the screen.
func page(c Caption, f Frame, room int, style, defs, body string) []byte {
	width, height := f.width*cellWidth+2*padding, len(f.rows)*cellHeight+2*padding+room
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" fill="%[3]s" role="img" aria-labelledby="title desc">
<title id="title">%[4]s</title>
<desc id="desc">%[5]s</desc>
<style>%[6]s</style>
<defs>%[7]s</defs>
<rect width="%[1]d" height="%[2]d" rx="10" fill="%[8]s" style="shape-rendering:auto"/>
%[9]s</svg>
`, width, height, plain, escape(c.Title), escape(c.Description), style, defs, paper, body)
}
