package picture

import (
	"fmt"
	"image/color"

	uv "github.com/charmbracelet/ultraviolet"
)

// rgb is a colour as 0xRRGGBB.
type rgb uint32

func (c rgb) String() string { return fmt.Sprintf("#%06x", uint32(c)) }

// The colours of the page, where a program asked for none.
const (
	paper rgb = 0x15181e
	plain rgb = 0xd9dee7
)

// ink is how a character looks.
type ink struct {
	color        rgb
	bold, italic bool
}

// inkOf makes of a style what is seen: reverse and faint are worked in.
func inkOf(s uv.Style) (k ink, background rgb) {
	k = ink{color: plain, bold: s.Attrs&uv.AttrBold != 0, italic: s.Attrs&uv.AttrItalic != 0}
	background = paper
	if s.Fg != nil {
		k.color = rgbOf(s.Fg)
	}
	if s.Bg != nil {
		background = rgbOf(s.Bg)
	}
	if s.Attrs&uv.AttrReverse != 0 {
		k.color, background = background, k.color
	}
	if s.Attrs&uv.AttrFaint != 0 {
		k.color = mix(k.color, background)
	}
	return k, background
}

func rgbOf(c color.Color) rgb {
	r, g, b, _ := c.RGBA() // 16 bits each
	return rgb(r>>8<<16 | g>>8<<8 | b>>8)
}

// mix takes three parts of a colour and two of another.
func mix(c, other rgb) (mixed rgb) {
	for shift := 0; shift <= 16; shift += 8 {
		part := (3*(c>>shift&0xff) + 2*(other>>shift&0xff)) / 5
		mixed |= part << shift
	}
	return mixed
}
