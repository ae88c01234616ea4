package tui

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"rota/tui/paint"
)

const (
	readme   = "../README.md"
	keysFrom = "<!-- keys: go test ./tui -update writes them -->\n"
	keysTo   = "<!-- end of keys -->\n"
)

// The README has the key map that ? shows, made of the same list.
func TestReadmeHasTheKeyMap(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), keysFrom)
	have, after, there := strings.Cut(rest, keysTo)
	if !ok || !there {
		t.Fatalf("%s has no place for the keys: %s", readme, keysFrom)
	}
	theme := paint.NewTheme(0, true, false)
	want := keyMap(slices.Concat(commands(&theme.Glyphs), replayCommands()))
	if have == want {
		return
	}
	if flag.Lookup("update").Value.String() != "true" {
		t.Fatalf("%s has another key map than ? shows; go test ./tui -update writes it", readme)
	}
	if err := os.WriteFile(readme, []byte(before+keysFrom+want+keysTo+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// keyMap writes a list of commands as a table. Keys that do the same in another
// view stand there again.
func keyMap(list []command) string {
	var b strings.Builder
	b.WriteString("\n| key | does |\n|---|---|\n")
	group := ""
	for _, c := range list {
		if c.group != group {
			group = c.group
			fmt.Fprintf(&b, "| | **%s** |\n", group)
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", c.Help().Key, c.Help().Desc)
	}
	return b.String() + "\n"
}
