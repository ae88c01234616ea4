package plain

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/charmbracelet/x/exp/golden"
	"github.com/google/go-cmp/cmp"
)

func TestEveryKindOfEventHasAMeaning(t *testing.T) {
	var got []string
	for _, m := range meanings() {
		got = append(got, string(m.kind))
		if m.tells == "" || m.fields == "" {
			t.Errorf("%s: nothing is said about it", m.kind)
		}
	}
	if diff := cmp.Diff(declared(t), got); diff != "" {
		t.Error(diff)
	}
}

// declared lists the values of the constants of type Kind in package rollout.
func declared(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../rollout/event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Kind" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, value)
		}
		return false
	})
	if !slices.Contains(kinds, "finished") {
		t.Fatalf("the kinds of events are not where they were: %q", kinds)
	}
	return kinds
}

func TestEvents(t *testing.T) {
	var out bytes.Buffer
	Events(&out)
	golden.RequireEqual(t, out.Bytes())
}
