package picture_test

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/x/vt"

	"rota/internal/picture"
)

// frame is what a small terminal shows after a text was written to it.
func frame(t *testing.T, text string) picture.Frame {
	t.Helper()
	screen := vt.NewEmulator(60, 3)
	if _, err := screen.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return picture.Take(screen)
}

func still(t *testing.T, text string) string {
	t.Helper()
	return string(picture.Still(picture.Caption{Title: "a title", Description: "a <description>"}, frame(t, text)))
}

// rows are the elements of the rows of a still.
func rows(svg string) []string {
	var all []string
	for _, m := range regexp.MustCompile(`(?m)^<g transform="translate\(16,\d+\)">(.*)</g>$`).FindAllStringSubmatch(svg, -1) {
		all = append(all, m[1])
	}
	return all
}

func TestWhatIsDrawn(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"nothing, for blanks", "   ", ``},
		{"words as wide as their cells", " two words", `<text x="9" textLength="81">two words</text>`},
		{"words far apart each in their place", "a  b", `<text x="0">a</text><text x="27">b</text>`},
		{"words of two looks each in its own", "a\x1b[1mb", `<text x="0">a</text><text x="9" class="c0">b</text>`},
		{"a character of any font in the width of its cell", "a→", `<text x="0">a</text><text x="9" textLength="9" lengthAdjust="spacingAndGlyphs">→</text>`},
		{"wide characters in two cells", "서울x", `<text x="0" textLength="18" lengthAdjust="spacingAndGlyphs">서</text>` +
			`<text x="18" textLength="18" lengthAdjust="spacingAndGlyphs">울</text><text x="36">x</text>`},
		{"a bar in one piece, its shades apart", "██▒▒", `<rect x="0" y="-15" width="18" height="20"/><rect x="18" y="-15" width="18" height="20" fill-opacity=".45"/>`},
		{"steps by their height", "▂▇", `<rect x="0" y="0" width="9" height="5"/><rect x="9" y="-12.5" width="9" height="17.5"/>`},
		{"half a block by its width", "▌▌", `<rect x="0" y="-15" width="4.5" height="20"/><rect x="9" y="-15" width="4.5" height="20"/>`},
		{"a line through all its cells", "━━━", `<path d="M0 -6h14.5v2h-14.5zM12.5 -6h14.5v2h-14.5z"/>`},
		{"a corner from the middle to two edges", "└", `<path d="M4 -5.5h5v1h-5zM4 -15h1v10.5h-1z"/>`},
		{"a line down into the next row", "│", `<path d="M4 -15h1v10.5h-1zM4 -5.5h1v11.5h-1z"/>`},
		{"a symbol by its outline", "x●", `<text x="0">x</text><use href="#s25cf" x="9"/>`},
		{"reverse as a background below all its cells", "\x1b[7ma b \x1b[m", `<rect x="0" y="-15" width="36" height="20"/><text x="0" textLength="27" class="c0">a b</text>`},
		{"what could be taken for an element as text", "<b>&", `<text x="0" textLength="36">&lt;b&gt;&amp;</text>`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := strings.Join(rows(still(t, row.text)), "\n"); got != row.want {
				t.Errorf("drew %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestLooks(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"bold", "\x1b[1mx", `.c0{fill:#d9dee7;font-weight:700}`},
		{"italic", "\x1b[3mx", `.c0{fill:#d9dee7;font-style:italic}`},
		{"a colour", "\x1b[38;2;43;196;147mx", `.c0{fill:#2bc493}`},
		{"a colour of 256", "\x1b[38;5;245mx", `.c0{fill:#8a8a8a}`},
		{"faint, towards the page", "\x1b[2mx", `.c0{fill:#8a8e96}`},
		{"reverse", "\x1b[7mx", `.c0{fill:#15181e}`},
		{"a background", "\x1b[48;2;175;0;0mx", `.c0{fill:#af0000}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if svg := still(t, row.text); !strings.Contains(svg, row.want) {
				t.Errorf("no %s in\n%s", row.want, svg)
			}
		})
	}
}

func TestAStillStandsAlone(t *testing.T) {
	svg := still(t, "● ◐ \x1b[1mdraining\x1b[m\r\n\x07<script>alert(1)</script>")
	standsAlone(t, svg)
	if !strings.Contains(svg, `viewBox="0 0 572 92"`) {
		t.Errorf("it is not 60 by 3 cells with an edge:\n%s", svg)
	}
}

// standsAlone sees that a picture is well formed, says what it shows, and needs
// nothing from outside.
func standsAlone(t *testing.T, svg string) {
	t.Helper()
	defined := map[string]bool{}
	used := map[string]bool{}
	text := map[string]string{}
	var last string
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			last = token.Name.Local
			if last == "script" || last == "image" || last == "foreignObject" {
				t.Errorf("there is a %s", last)
			}
			for _, a := range token.Attr {
				switch a.Name.Local {
				case "id":
					defined["#"+a.Value] = true
				case "href":
					used[a.Value] = true
				}
			}
		case xml.CharData:
			text[last] += string(token)
		}
	}
	for symbol := range used {
		if !defined[symbol] {
			t.Errorf("%s is not in the picture", symbol)
		}
	}
	if strings.TrimSpace(text["title"]) != "a title" || strings.TrimSpace(text["desc"]) != "a <description>" {
		t.Errorf("it is said to be %q: %q", text["title"], text["desc"])
	}
	if strings.Contains(text["style"], "url(") || strings.Contains(text["style"], "@import") {
		t.Errorf("the style asks for more: %s", text["style"])
	}
}

func TestText(t *testing.T) {
	if got := frame(t, "\x1b[1m서울\x1b[m  x  \r\n\r\n▂").Text(); got != "서울  x\n\n▂\n" {
		t.Errorf("it reads %q", got)
	}
}
