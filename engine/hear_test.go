package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rota/lb"
	"rota/lb/lbtest"
	"rota/rollout"

	"github.com/google/go-cmp/cmp"
)

// talk returns what balancers were told and said, as "lb1 web1 > web1 out".
func (w *world) talk() []string {
	var lines []string
	for _, e := range w.events {
		if e.Kind == rollout.Output && e.Stream == "lb" {
			way := ">"
			if e.Said {
				way = "<"
			}
			about := e.Servers
			if e.Server != "" {
				about = []string{e.Server}
			}
			lines = append(lines, fmt.Sprintf("%s %s %s %s", e.Balancer, strings.Join(about, ","), way, e.Line))
		}
	}
	return lines
}

// TestWhatABalancerIsToldIsInTheJournal goes the way of one batch of two.
func TestWhatABalancerIsToldIsInTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, strings.Replace(worldYAML, "soak: 0s", "soak: 0s\n  batches: [2]\n  min_in_rotation: 2", 1), 2)
		// Nothing is done that does not stand in the journal by then.
		var mu sync.Mutex
		told := map[string]bool{}
		w.seen = func(e rollout.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.Stream == "lb" && !e.Said {
				told[e.Line] = true
			}
		}
		w.fronts[0].Hook = func(server string, to lb.State) {
			mu.Lock()
			defer mu.Unlock()
			if command := server + " " + to.String(); !told[command] {
				t.Errorf("%s was done and is not in the journal", command)
			}
			delete(told, server+" "+to.String())
		}
		p, err := rollout.New(w.inv, w.facts(), rollout.Options{Version: "2", Only: []string{"web1", "web2"}})
		if err != nil {
			t.Fatal(err)
		}
		if sum, err := w.process().run(p); err != nil || sum.Outcome != rollout.Done {
			t.Fatalf("%s, %v", sum.Outcome, err)
		}
		// Both are proved at the same time, so those lines stand in any order.
		got, proofs := w.talk(), 0
		got = slices.DeleteFunc(got, func(line string) bool {
			if strings.HasSuffix(line, " Prove") {
				proofs++
			}
			return strings.HasSuffix(line, " Prove") || line == "lb1 web1 < ok" || line == "lb1 web2 < ok"
		})
		want := []string{
			"lb1 web1 > web1 draining", "lb1 web2 > web2 draining", "lb1 web1,web2 < ok",
			"lb1 web1 > web1 out", "lb1 web2 > web2 out", "lb1 web1,web2 < ok",
			"lb1 web1 > web1 in", "lb1 web2 > web2 in", "lb1 web1,web2 < ok",
		}
		if diff := cmp.Diff(want, got); diff != "" || proofs != 2 {
			t.Errorf("%d proofs; %s", proofs, diff)
		}
		w.replays()
	})
}

// TestWhatABalancerSaysIsHarmlessInTheJournal has a balancer refuse a change with
// words that would do something to a terminal.
func TestWhatABalancerSaysIsHarmlessInTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, worldYAML, 3)
		w.decide = func(rollout.Question) (string, error) { return rollout.Abort, nil }
		w.fronts[0].Fault = func(c lbtest.Call) (fault lbtest.Fault) {
			if c.Method == "Set" && c.Changes[0].To == lb.Draining {
				fault.Err = errors.New("no\x1b]52;c;aGk=\x07 such\x1b[2J server\nsecond\rline")
			}
			return fault
		}
		if _, err := w.deploy("2"); err == nil {
			t.Error("a refused change went through")
		}
		got := w.talk()
		want := []string{"lb1 web1 > web1 draining", "lb1 web1 < (no answer: no such server", "lb1 web1 < line)"}
		if diff := cmp.Diff(want, got[:min(len(got), 3)]); diff != "" {
			t.Error(diff)
		}
	})
}

// TestWhoeverPutsAServerBackIsAnsweredInTheJournal hears the watch too.
func TestWhoeverPutsAServerBackIsAnsweredInTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, worldYAML, 3)
		w.command = func(server, _, _ string) error {
			if server == "web2" {
				w.fronts[0].Put(server, lb.In)
				time.Sleep(time.Second)
			}
			return nil
		}
		if sum, err := w.deploy("2"); err != nil || sum.Outcome != rollout.Done {
			t.Fatalf("%s, %v", sum.Outcome, err)
		}
		outs := 0
		for _, line := range w.talk() {
			if line == "lb1 web2 > web2 out" {
				outs++
			}
		}
		if outs != 2 {
			t.Errorf("%d times out, want once by the run and once by the watch: %q", outs, w.talk())
		}
	})
}

// TestHearingSharesTheJournalsGate masks what an inventory keeps secret.
func TestHearingSharesTheJournalsGate(t *testing.T) {
	var lines []string
	j, err := rollout.OpenJournal(rollout.JournalConfig{
		Path: t.TempDir() + "/run.jsonl", Run: testRun, Gate: rollout.NewGate("hunter22"), Observer: observer(func(e rollout.Event) {
			if e.Kind == rollout.Output {
				lines = append(lines, e.Line)
			}
		}),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	if err := j.Add(rollout.Event{Kind: rollout.RunBegun, Plan: &rollout.Plan{}}); err != nil {
		t.Fatal(err)
	}
	x := &run{Runner: &Runner{Journal: j}}
	lb.Said(x.hear(t.Context(), "lb1"), []string{"web1"}, "who gave hun\x00ter22 away?\nhunter22 is it")
	if diff := cmp.Diff([]string{"who gave *** away?", "*** is it"}, lines); diff != "" {
		t.Error(diff)
	}
}

// observer is an operator that only observes.
type observer func(rollout.Event)

func (o observer) Observe(e rollout.Event) { o(e) }

func (observer) Decide(context.Context, rollout.Question) (rollout.Answer, error) {
	return rollout.Answer{}, errors.New("nobody is here")
}
