package e2e

import (
	"fmt"
	"path/filepath"
	"testing"
)

// strategy is a way to go through servers, on a site that suits it.
type strategy struct {
	name    string
	shape   func(t *testing.T, w *world, me operator) // makes the inventory, and brings the site to where the run begins
	args    []string
	version string // what the servers that are in rotation at its end run
	green   bool   // those are the second half; else they are all
}

func strategies() []strategy {
	return []strategy{
		{"rolling", rolls, []string{"deploy", newVersion}, newVersion, false},
		{"canary", climbs, []string{"deploy", newVersion}, newVersion, false},
		{"blue-green", turns, []string{"deploy", newVersion}, newVersion, true},
		{"switch", func(t *testing.T, w *world, me operator) {
			turns(t, w, me)
			for _, s := range w.servers[2:] {
				w.activate(t, s, newVersion)
				s.await(t, newVersion)
			}
		}, []string{"switch", "green"}, newVersion, true},
		{"rollback", func(t *testing.T, w *world, me operator) {
			rolls(t, w, me)
			me.run(t, 0, "deploy", newVersion, "--yes")
		}, []string{"rollback"}, oldVersion, false},
		{"resume", func(t *testing.T, w *world, me operator) {
			rolls(t, w, me)
			c := me.start(t, "deploy", newVersion, "--yes", "--output", "json")
			c.reaches(t, "a step of web3", begins("web3/step1"))
			c.kill()
		}, []string{"resume"}, newVersion, false},
	}
}

// rolls makes batches of two of four servers, and a step that must run once.
func rolls(t *testing.T, w *world, _ operator) {
	t.Helper()
	w.rewrite(t, "batches: [1, 2, 3]", "batches: [2]", "timeout: 15s", "timeout: 4s",
		"deploy:\n", fmt.Sprintf("deploy:\n  prepare:\n    - {once: true, run: 'echo begun >>%[1]s; sleep 0.1; echo done >>%[1]s'}\n", w.once()))
}

// climbs makes the first batch climb.
func climbs(t *testing.T, w *world, me operator) {
	t.Helper()
	rolls(t, w, me)
	w.rewrite(t, "rollout:\n", "rollout:\n  strategy: canary\n  canary: {weights: [10%, 50%], hold: 300ms}\n")
}

// turns makes two groups of two.
func turns(t *testing.T, w *world, me operator) {
	t.Helper()
	w.sides(t, me)
	w.rewrite(t, "timeout: 15s", "timeout: 4s")
}

// least is how few servers of a balancer may be left in rotation: two of four in
// all strategies.
const least = 2

// once is the file in which the step that must run once notes that it does.
func (w *world) once() string { return filepath.Join(w.dir, "once") }

// serving are the servers that are in rotation when the strategy is done.
func (s strategy) serving(w *world) []server {
	if s.green {
		return w.servers[len(w.servers)/2:]
	}
	return w.servers
}
