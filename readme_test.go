package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rota/inventory"
)

func TestTheFirstInventoryOfTheReadmeLoads(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "```yaml\n")
	text, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatal("the README shows no inventory")
	}
	inv, err := inventory.Load(strings.NewReader(text), "README.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(text, "\n"); n > 10 {
		t.Errorf("the first inventory has %d lines, more than ten", n)
	}
	if len(inv.Servers) != 3 {
		t.Errorf("%d servers", len(inv.Servers))
	}
}

func TestTheReadmeShowsEveryPicture(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, m := range regexp.MustCompile(`!\[.+\]\((.+)\)`).FindAllStringSubmatch(string(readme), -1) {
		shown = append(shown, m[1])
	}
	there, err := filepath.Glob("docs/*")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(shown)
	if !slices.Equal(shown, there) {
		t.Errorf("the README shows %q; there are %q", shown, there)
	}
}
