package text_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rota/internal/text"
)

func TestColors(t *testing.T) {
	t.Parallel()
	type colors = []text.Color
	tests := []struct {
		name, in string
		want     colors
	}{
		{"none", "plain", nil},
		{"a word", "an \x1b[31merror\x1b[0m here", colors{{3, 31}, {8, 0}}},
		{"bold and a colour", "\x1b[1;32mok\x1b[m", colors{{0, 32}, {2, 0}}},
		{"bold alone", "\x1b[1mhead\x1b[22m tail", colors{{0, 1}, {4, 0}}},
		{"the last of several counts", "\x1b[31m\x1b[33mwarn", colors{{0, 33}}},
		{"no change is none", "\x1b[0ma\x1b[39mb", nil},
		{"the first of 256", "\x1b[38;5;9mx\x1b[38;5;200my", colors{{0, 91}, {1, 0}}},
		{"millions, and a background", "\x1b[38;2;1;31;3mx\x1b[48;5;31my\x1b[44;36mz", colors{{2, 36}}},
		{"wide characters count bytes", "서울\x1b[31mx", colors{{6, 31}}},
		{"after a tab", "a\tb\x1b[31mc", colors{{9, 31}}},
		{"a colour outlives what is overwritten", "\x1b[32m10%\r90%\x1b[0m!", colors{{0, 32}, {3, 0}}},
		{"other sequences are no colours", "\x1b[2Ja\x1b[31Hb\x1b]0;\x1b[31mt\ac", colors{{2, 31}}},
		{"cut off", "x\x1b[31", nil},
		{"far too large a number", "\x1b[99999999999999999999mx", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, text.Colors(tt.in)); diff != "" {
				t.Errorf("%q as %q (-want +got):\n%s", tt.in, text.Clean(tt.in), diff)
			}
		})
	}
}

func FuzzColors(f *testing.F) {
	for _, s := range []string{"", "\x1b[31mx\x1b[0m", "e\x1b[1m\u0301", "\x1b[31m\r\x1b[32m", "\x1b[38;5m\x1b[;m\t\x1b[3", strings.Repeat("\x1b[31mx\x1b[m", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		clean := text.Clean(s)
		at := -1
		for _, c := range text.Colors(s) {
			if c.At <= at || c.At > len(clean) || c.SGR < 0 || c.SGR > 97 {
				t.Fatalf("%+v in %q", c, clean)
			}
			if rest := clean[c.At:]; rest != "" && rest[0]&0xc0 == 0x80 {
				t.Fatalf("%+v splits a character of %q", c, clean)
			}
			at = c.At
		}
	})
}
