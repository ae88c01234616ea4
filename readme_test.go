package main_test

import (
	"os"
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
