// Package paint draws for the screen: roles that become colours, glyphs that
// become ASCII where they must, and lines that are never wider than they may be.
//
// It knows nothing of servers or runs. A style is a prefix that is computed
// once for a theme, a line is bytes in one reused buffer: a frame of a
// thousand servers costs a fraction of what styling each cell would.
package paint

import (
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// Role says what a text means; the theme decides how that looks.
type Role int

// The roles. Colour never tells anything alone: a glyph and a word stand beside it.
const (
	Plain  Role = iota
	Good        // in rotation, updated
	Work        // in work, the new version
	Warn        // draining, a warning
	Bad         // failed, down
	Old         // the old version
	Ask         // needs a person
	Quiet       // there, but of no news
	Strong      // headings
	Chosen      // the selected row or tab
	Banner      // the first line
	Danger      // the first line of a protected app
	roles
)

// Theme is how roles and glyphs look on one terminal. It does not change once made.
type Theme struct {
	Glyphs
	prefix [roles]string
}

// NewTheme makes the theme for a terminal: its colours, whether its background
// is dark, and whether it is to be spared from characters of uncertain width.
// A profile of Ascii or less gives bold, faint and reverse, and no colour.
func NewTheme(profile colorprofile.Profile, dark, ascii bool) *Theme {
	t := &Theme{Glyphs: unicodeGlyphs()}
	if ascii {
		t.Glyphs = asciiGlyphs()
	}
	pick := func(dark16, dark256, darkTrue, light16, light256, lightTrue string) color.Color {
		if profile <= colorprofile.ASCII {
			return nil
		}
		complete := lipgloss.Complete(profile)
		if dark {
			return complete(lipgloss.Color(dark16), lipgloss.Color(dark256), lipgloss.Color(darkTrue))
		}
		return complete(lipgloss.Color(light16), lipgloss.Color(light256), lipgloss.Color(lightTrue))
	}
	colored := func(s ansi.Style, c color.Color) string {
		if c != nil {
			s = s.ForegroundColor(c)
		}
		if len(s) == 0 {
			return ""
		}
		return s.String()
	}
	var none, bold ansi.Style
	bold = bold.Bold()
	// Okabe and Ito's colours, which stay apart for those who see fewer of them.
	t.prefix[Good] = colored(none, pick("10", "43", "#2BC493", "2", "23", "#00684A"))
	t.prefix[Work] = colored(none, pick("14", "74", "#56B4E9", "4", "25", "#005F9E"))
	t.prefix[Warn] = colored(none, pick("3", "178", "#E69F00", "3", "94", "#8A5A00"))
	t.prefix[Bad] = colored(bold, pick("9", "209", "#FF6B3D", "1", "130", "#B23A00"))
	t.prefix[Old] = colored(none, pick("13", "175", "#CC79A7", "5", "89", "#8A3A6A"))
	t.prefix[Ask] = colored(bold, pick("11", "227", "#F0E442", "0", "58", "#6A5B00"))
	t.prefix[Quiet] = colored(none, pick("8", "245", "#8A8A8A", "8", "241", "#666666"))
	if profile <= colorprofile.ASCII {
		t.prefix[Quiet] = none.Faint().String()
	}
	t.prefix[Strong] = bold.String()
	t.prefix[Chosen] = none.Reverse(true).String()
	t.prefix[Banner] = bold.String()
	t.prefix[Danger] = bold.Reverse(true).String()
	if c := pick("1", "124", "#AF0000", "1", "124", "#AF0000"); c != nil {
		t.prefix[Danger] = bold.ForegroundColor(lipgloss.Color("15")).BackgroundColor(c).String()
	}
	return t
}
