package conf

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHunks(t *testing.T) {
	src := "server a:1;\nserver b:1;\n\nserver c:1; server d:1;\nserver e:1 # c\n\n  down\n  weight=2;\nserver f:1;"
	f, err := Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	items := f.Items(Scope{})
	for name, row := range map[string]struct {
		change map[int]bool // by server: down or up
		want   []Hunk
	}{
		"nothing":                 {nil, nil},
		"one line":                {map[int]bool{1: true}, []Hunk{{2, 2, []string{"server b:1;"}, []string{"server b:1 down;"}}}},
		"two servers on one line": {map[int]bool{2: true, 3: true}, []Hunk{{4, 4, []string{"server c:1; server d:1;"}, []string{"server c:1 down; server d:1 down;"}}}},
		"the last line, without a line feed": {
			map[int]bool{5: true}, []Hunk{{9, 9, []string{"server f:1;"}, []string{"server f:1 down;"}}},
		},
		"lines that go shift those after them": {map[int]bool{4: false, 5: true}, []Hunk{
			{6, 6, []string{"", "  down"}, []string{""}},
			{9, 8, []string{"server f:1;"}, []string{"server f:1 down;"}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			e := f.Edit()
			for i, down := range row.change {
				e.SetDown(items[i].Server, down)
			}
			if diff := cmp.Diff(row.want, e.Hunks()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
