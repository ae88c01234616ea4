package paint_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"rota/internal/text"
	"rota/tui/paint"
)

func theme() *paint.Theme { return paint.NewTheme(colorprofile.ASCII, true, false) }

func TestFieldsAreDroppedWhole(t *testing.T) {
	t.Parallel()
	fields := []paint.Field{
		paint.F(0, paint.Plain, "first"), paint.F(3, paint.Plain, "least"), paint.F(2, paint.Plain, "other"),
		paint.F(0, paint.Plain, "BADGE").AtRight(),
	}
	tests := []struct {
		name  string
		width int
		want  string
	}{
		{"all fit, the right one stands at the right", 30, "first  least  other      BADGE"},
		{"exactly", 26, "first  least  other  BADGE"},
		{"the highest rank goes first", 25, "first  other        BADGE"},
		{"then the next", 18, "first        BADGE"},
		{"rank 0 stays, cut at the edge of the screen", 8, "first  B"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ansi.Strip(paint.NewPen(theme()).Begin(tt.width).Fields(fields...).End())
			if strings.HasPrefix(tt.name, "rank 0") {
				if text.Width(got) > tt.width {
					t.Errorf("%q is wider than %d", got, tt.width)
				}
				return
			}
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestBarSharesItsCells(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		width int
		sizes []float64
		want  string
	}{
		{"by size", 10, []float64{1, 4}, "aabbbbbbbb"},
		{"something is never nothing", 10, []float64{1, 999}, "abbbbbbbbb"},
		{"nothing has no cell", 10, []float64{0, 5}, "bbbbbbbbbb"},
		{"all of nothing is empty", 10, []float64{0, 0}, ""},
		{"no room", 0, []float64{1, 1}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var parts []paint.Part
			for i, n := range tt.sizes {
				parts = append(parts, paint.Part{Glyph: string(rune('a' + i)), N: n})
			}
			if got := paint.NewPen(theme()).Begin(80).Bar(tt.width, parts...).End(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "    0", 42: "   42", -1: "    -", 99999: "99999", 1234567: "1234k"} {
		if got := ansi.Strip(paint.NewPen(theme()).Begin(80).Number(paint.Plain, n, 5).End()); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

func TestLineIsNeverTooWideNorHarmful(t *testing.T) {
	t.Parallel()
	for _, ascii := range []bool{true, false} {
		pen := paint.NewPen(paint.NewTheme(colorprofile.TrueColor, true, ascii))
		for width := range 30 {
			line := pen.Begin(width).Put(paint.Good, "서울 \x1b]0;x\aweb").Cell(paint.Bad, "a\tb\rc", 9).
				Number(paint.Plain, 123456, 4).Fill(paint.Quiet, "-").End()
			bare := ansi.Strip(line)
			if text.Width(bare) > width || bare != text.Clean(bare) {
				t.Errorf("width %d: %q", width, bare)
			}
		}
	}
}

func TestChosenLineHasOneStyleToItsEnd(t *testing.T) {
	t.Parallel()
	line := paint.NewPen(paint.NewTheme(colorprofile.TrueColor, true, false)).
		BeginIn(paint.Chosen, 12).Put(paint.Bad, "down").End()
	if line != "\x1b[7mdown        \x1b[m" {
		t.Errorf("got %q", line)
	}
}

func TestThemeWithoutColour(t *testing.T) {
	t.Parallel()
	for _, profile := range []colorprofile.Profile{colorprofile.NoTTY, colorprofile.ASCII} {
		pen := paint.NewPen(paint.NewTheme(profile, true, false))
		for r := paint.Plain; r <= paint.Danger; r++ {
			line := pen.Begin(10).Put(r, "x").End()
			if strings.Contains(line, "3") || strings.Contains(line, "4") {
				t.Errorf("role %d has a colour: %q", r, line)
			}
		}
	}
}
