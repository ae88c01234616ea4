package inventory

import (
	"os"
	"testing"
)

const example = "../inventory.example.yaml"

func TestTheExampleLoads(t *testing.T) {
	f, err := os.Open(example)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	inv, err := Load(f, "inventory.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", inv)
}
