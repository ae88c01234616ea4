package lb_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rota/lb"
	"rota/lb/lbtest"

	"github.com/google/go-cmp/cmp"
)

func TestTalkIsHeardLineByLine(t *testing.T) {
	var many []string
	for i := range 50 {
		many = append(many, fmt.Sprint(i+1))
	}
	for _, row := range []struct {
		name string
		talk func(ctx context.Context)
		want []string
	}{
		{"a command", func(ctx context.Context) { lb.Told(ctx, []string{"a"}, "x y") }, []string{"a > x y"}},
		{"a command of several lines, as it is", func(ctx context.Context) { lb.Told(ctx, []string{"a", "b"}, "x\n\n y") }, []string{"a b > x", "a b > ", "a b >  y"}},
		{"an answer without its empty lines", func(ctx context.Context) { lb.Said(ctx, nil, "\n\nx\n \ny\n\n") }, []string{"< x", "< y"}},
		{"an empty answer", func(ctx context.Context) { lb.Said(ctx, nil, "\n\n"); lb.Said(ctx, nil, "") }, nil},
		{
			"the end of a long answer", func(ctx context.Context) { lb.Said(ctx, []string{"a"}, strings.Join(many, "\n")) },
			append([]string{"a < (30 more lines, and then)"}, prefixed("a < ", many[30:])...),
		},
		{"all of a long command", func(ctx context.Context) { lb.Told(ctx, nil, strings.Join(many, "\n")) }, prefixed("> ", many)},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.talk(t.Context()) // nobody hears it
			var ear lbtest.Ear
			row.talk(ear.On(t.Context()))
			if diff := cmp.Diff(row.want, ear.Take()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func prefixed(prefix string, lines []string) []string {
	all := slices.Clone(lines)
	for i := range all {
		all[i] = prefix + all[i]
	}
	return all
}

func TestGroupTellsWhoIsHeard(t *testing.T) {
	_, two, group := pair()
	two.Fault = func(c lbtest.Call) lbtest.Fault {
		if c.Method == "Cut" {
			return lbtest.Fault{Err: errors.New("broken pipe")}
		}
		return lbtest.Fault{}
	}
	var ear lbtest.Ear
	ctx := ear.On(t.Context())
	err := errors.Join(group.Set(ctx, lb.Change{Server: "a", To: lb.Out}), group.Prove(ctx, "c"))
	if err != nil {
		t.Fatal(err)
	}
	if err := group.Cut(ctx, "a"); err == nil {
		t.Error("a broken cut went through")
	}
	got := ear.Take()
	slices.Sort(got) // two balancers talk at the same time
	want := []string{
		"a < lb1: ok", "a < lb1: ok", "a < lb2: (no answer: broken pipe)", "a < lb2: ok",
		"a > lb1: a Cut", "a > lb1: a out", "a > lb2: a Cut", "a > lb2: a out",
		"c < lb2: ok", "c > lb2: c Prove",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
