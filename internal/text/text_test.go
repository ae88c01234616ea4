package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"rota/internal/text"
)

func TestClean(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain text stays", "Started shop.service", "Started shop.service"},
		{"a line end is dropped", "done\r\n", "done"},
		{"an inner line end becomes a space", "one\r\ntwo\nthree", "one two three"},
		{"the last state of a progress line wins", "10%\r45%\r90%", "90%"},
		{"a progress line that ends in a return keeps its state", "10%\r45%\r", "45%"},
		{"tabs go to the next stop", "a\tbc\t\td", "a       bc              d"},
		{"tabs count wide characters as two cells", "서울\tx", "서울    x"},
		{"colours are dropped", "\x1b[1;31mred\x1b[0m", "red"},
		{"a title is dropped", "a\x1b]0;owned\ab", "ab"},
		{"a hyperlink is dropped", "\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"},
		{"tmux passthrough is dropped", "a\x1bPtmux;\x1b\x1b]52;c;x\a\x1b\\b", "ab"},
		{"kitty graphics are dropped", "a\x1b_Gf=24;AAAA\x1b\\b", "ab"},
		{"a string that does not end takes the rest of the line", "a\x1b]0;hidden", "a"},
		{"CAN ends a string", "a\x1b]0;x\x18b", "ab"},
		{"a colour that does not end is dropped", "a\x1b[31", "a"},
		{"a charset is dropped", "a\x1b(0b", "ab"},
		{"C1 introducers are understood", "a\u009b31mb\u009d0;t\u009cc", "abc"},
		{"a lone escape is dropped", "a\x1b", "a"},
		{"a bell and a backspace are dropped", "a\a\bb", "ab"},
		{"invalid bytes are shown as such", "a\x9b\xffb", "a\uFFFDb"},
		{"the direction of writing cannot be turned", "a\u202egnp.exe\u202c", "agnp.exe"},
		{"zero width is dropped", "a\u200b\u2060\ufeffb", "ab"},
		{"line separators are dropped", "a\u2028b\u2029c", "abc"},
		{"Hangul from a Mac is composed", "\u1109\u1165\u110b\u116e\u11af", "서울"},
		{"an emoji loses its selectors and joiners", "\u2764\ufe0f 👩\u200d💻", "\u2764 👩💻"},
		{"nothing stays nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := text.Clean(tt.in); got != tt.want {
				t.Errorf("Clean(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestCleanCutsLongLines(t *testing.T) {
	t.Parallel()
	got := text.Clean(strings.Repeat("서", 10_000))
	if len(got) > 16<<10 || !utf8.ValidString(got) || strings.Contains(got, "\uFFFD") {
		t.Errorf("got %d bytes, valid: %v", len(got), utf8.ValidString(got))
	}
}

func TestCutAndPad(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in  string
		width     int
		cut, pads string
	}{
		{"what fits stays", "web1", 6, "web1", "web1  "},
		{"what is too long ends in an ellipsis", "web1.seoul", 6, "web1.…", "web1.…"},
		{"a wide character is not split", "주문서버", 6, "주문…", "주문… "},
		{"exactly fitting wide text stays", "주문", 4, "주문", "주문"},
		{"one cell leaves the ellipsis", "web1", 1, "…", "…"},
		{"no cell leaves nothing", "web1", 0, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := text.Cut(tt.in, tt.width); got != tt.cut {
				t.Errorf("Cut = %q, want %q", got, tt.cut)
			}
			got := text.Pad(tt.in, tt.width)
			if got != tt.pads {
				t.Errorf("Pad = %q, want %q", got, tt.pads)
			}
			if text.Width(got) != tt.width {
				t.Errorf("Width(%q) = %d, want %d", got, text.Width(got), tt.width)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{
		"plain", "\x1b[31mred", "10%\r20%", "a\tb", "\x1b]0;t", "\u009b1m", "\xff\x9b", "서울\u202e", "e\u0301\u0301",
		"\t\u0301", "\u0958", strings.Repeat("\u0301", 40),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := text.Clean(in)
		if !utf8.ValidString(got) {
			t.Fatalf("Clean(%q) = %q is not valid UTF-8", in, got)
		}
		for _, r := range got {
			if r < 0x20 || r >= 0x7f && r <= 0x9f {
				t.Fatalf("Clean(%q) = %q holds the control %U", in, got, r)
			}
		}
		if again := text.Clean(got); again != got {
			t.Fatalf("Clean(%q) = %q, and again %q", in, got, again)
		}
		if n := text.Width(got); n < 0 {
			t.Fatalf("Width(%q) = %d", got, n)
		}
		for _, width := range []int{0, 1, 7, 40} {
			if n := text.Width(text.Pad(got, width)); n != width {
				t.Fatalf("Pad(%q, %d) takes %d cells", got, width, n)
			}
		}
	})
}

func BenchmarkClean(b *testing.B) {
	lines := map[string]string{
		"ascii":  strings.Repeat("systemd[1]: Started shop-api.service. ", 4),
		"tabs":   strings.Repeat("drwxr-xr-x\t2 deploy\t", 4),
		"colour": strings.Repeat("\x1b[32mok\x1b[0m tests passed ", 6),
		"hangul": strings.Repeat("주문 API 서버 ", 8),
	}
	for name, line := range lines {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				text.Clean(line)
			}
		})
	}
}

func TestAfter(t *testing.T) {
	for _, row := range []struct{ name, s, want string }{
		{"web3", "web3 has failed: exit status 1", "has failed: exit status 1"},
		{"web3", "web3: somebody put it back", "somebody put it back"},
		{"web3", "web31 has failed", "web31 has failed"},
		{"web3", "web3, web4 have failed", "web3, web4 have failed"},
		{"web3", "web3 and web4 have failed", "web3 and web4 have failed"},
		{"web3", "take web3 out", "take web3 out"},
		{"web3", "web3", "web3"},
		{"", "web3 has failed", "web3 has failed"},
		{"서울 1", "서울 1: 503", "503"},
	} {
		if got := text.After(row.name, row.s); got != row.want {
			t.Errorf("After(%q, %q) is %q, want %q", row.name, row.s, got, row.want)
		}
	}
}
