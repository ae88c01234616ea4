package main

import (
	"context"
	"strings"
	"testing"
)

// TestTour goes the first steps of the way in a hurry, with the real program.
func TestTour(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds rota and takes seconds")
	}
	dir := t.TempDir()
	rota, err := build(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	tour, err := begin(rota, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tour.close)
	err = tour.filmed(t.Context(), func(ctx context.Context) error {
		if _, err := tour.choose(ctx, "C", "continue"); err != nil {
			return err
		}
		table, err := tour.see(ctx, "a server that drains", `(?m)^.{1,3}web1 .*draining`)
		if err != nil {
			return err
		}
		tour.still("table.svg", table, "a title", "a description")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, words := range map[string][]string{
		"table.svg":  {">web1<", ">web6<", ">draining<", "0 failed"},
		"deploy.svg": {">continue<", "begin with web1", ">draining<", "@keyframes", ">C</text>", ">y</text>"},
	} {
		for _, word := range words {
			if !strings.Contains(string(tour.pictures[name]), word) {
				t.Errorf("%s does not show %q", name, word)
			}
		}
	}
}
