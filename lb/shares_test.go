package lb_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rota/lb"
)

// pool is a pool "app" whose members have these weights; the inventory calls
// them a, b, c …
func pool(weights ...int) []lb.Weight {
	var found []lb.Weight
	for i, w := range weights {
		name := string(rune('a' + i))
		found = append(found, lb.Weight{Pool: "app", Name: name, Server: name, Weight: w})
	}
	return found
}

func TestShares(t *testing.T) {
	for _, row := range []struct {
		name    string
		found   []int
		servers []string
		percent int
		want    []int
	}{
		{"weights that are great enough stay", []int{100, 100, 100}, []string{"a"}, 10, []int{10, 100, 100}},
		{"ones are raised as far as the share needs", []int{1, 1, 1}, []string{"a"}, 10, []int{1, 10, 10}},
		{"one percent needs a hundred", []int{1, 1, 1}, []string{"a"}, 1, []int{1, 100, 100}},
		{"half needs two", []int{1, 1}, []string{"b"}, 50, []int{2, 1}},
		{"a quarter of different weights", []int{2, 1, 4}, []string{"a"}, 25, []int{1, 2, 8}},
		{"others keep their proportions", []int{1, 2, 3}, []string{"b"}, 5, []int{10, 1, 30}},
		{"several servers at once", []int{1, 2, 3}, []string{"a", "b"}, 10, []int{1, 2, 30}},
		{"as close as the greatest weight lets it", []int{3, 3}, []string{"a"}, 1, []int{2, 201}},
		{"weights that cannot be raised are rounded", []int{256, 256}, []string{"a"}, 1, []int{3, 256}},
		{"and never to nothing", []int{1, 256}, []string{"a"}, 10, []int{1, 256}},
		{"a hundred percent is what was found", []int{1, 37, 256}, []string{"a", "b"}, 100, []int{1, 37, 256}},
		{"a pool without the server is left alone", []int{1, 2}, []string{"z"}, 10, []int{1, 2}},
		{"what is drained by weight 0 stays drained", []int{0, 1, 0}, []string{"a", "b"}, 50, []int{0, 1, 0}},
		{"found weights beyond the greatest are not raised", []int{1000, 10}, []string{"a"}, 10, []int{100, 10}},
	} {
		t.Run(row.name, func(t *testing.T) {
			found := pool(row.found...)
			got := lb.Shares(found, row.servers, row.percent)
			if diff := cmp.Diff(pool(row.want...), got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(pool(row.found...), found); diff != "" {
				t.Error("what was found is changed:", diff)
			}
		})
	}
}

func TestSharesOfPoolsAndStrangers(t *testing.T) {
	found := []lb.Weight{
		{Pool: "app", Name: "s1", Server: "a", Weight: 1},
		{Pool: "ws", Name: "s1", Server: "a", Weight: 50},
		{Pool: "app", Name: "old", Weight: 2},
		{Pool: "api", Name: "s1", Server: "b", Weight: 1},
	}
	want := slices.Clone(found)
	want[0].Weight, want[1].Weight, want[2].Weight = 1, 5, 20
	if diff := cmp.Diff(want, lb.Shares(found, []string{"a"}, 10)); diff != "" {
		t.Error(diff)
	}
}

// TestSharesHoldWhateverIsFound draws pools: every weight is one that all
// balancers take, the others keep their proportions, and the share misses by
// no more than rounding.
func TestSharesHoldWhateverIsFound(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	for range 3000 {
		var weights []int
		for range 1 + random.IntN(5) {
			weights = append(weights, 1+random.IntN([]int{1, 3, 20, lb.MostWeight}[random.IntN(4)]))
		}
		found, percent := pool(weights...), 1+random.IntN(100)
		got := lb.Shares(found, []string{"a"}, percent)
		for i, w := range got {
			if w.Weight < 1 || w.Weight > lb.MostWeight {
				t.Fatalf("%d %% of %v: %+v", percent, weights, w)
			}
			if i > 1 && w.Weight*weights[1] != got[1].Weight*weights[i] {
				t.Fatalf("%d %% of %v: the proportions are lost: %+v", percent, weights, got)
			}
		}
		if len(got) < 2 {
			continue
		}
		whole := weights[0] * got[1].Weight / weights[1]
		if off := got[0].Weight*100 - whole*percent; off > 50 && got[0].Weight > 1 || off < -50 {
			t.Fatalf("%d %% of %v: %+v", percent, weights, got)
		}
	}
}
