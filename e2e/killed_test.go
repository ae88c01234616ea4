package e2e

import (
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// moment is a moment of a run in which rota is killed.
type moment struct {
	name  string
	reach func(t *testing.T, w *world, c *call)
}

// at is the moment when an event is told.
func at(name string, is func(event) bool) moment {
	return moment{name, func(t *testing.T, _ *world, c *call) { c.reaches(t, name, is) }}
}

// between is the moment when HAProxy has a server back and nginx has not: the
// balancers take it back side by side, and HAProxy is quick.
func between() moment {
	return moment{"between the balancers", func(t *testing.T, w *world, c *call) {
		e := c.reaches(t, "begin in", begins("/in"))
		server := e.Servers[0]
		eventually(t, "HAProxy has "+server+" back", func() bool { return !strings.Contains(w.outside(t, server), "lb1") })
	}}
}

// locked is the moment when the lock is taken, before anything else is written.
func lockTaken() moment {
	return moment{"right after the lock", func(t *testing.T, w *world, _ *call) {
		eventually(t, "the lock is taken", func() bool {
			locks, _ := filepath.Glob(filepath.Join(w.dir, "record", "*.lock"))
			return len(locks) > 0
		})
	}}
}

// TestARunKilledAnywhereGoesOn kills one rollout again and again, each time in
// another moment, and resumes it.
func TestARunKilledAnywhereGoesOn(t *testing.T) {
	heavy(t)
	w := newWorld(t, 7, hard())
	w.rewrite(t, "batches: [1, 2, 3]", "batches: [1, 2]")
	me := w.operator(t)
	load := w.traffic(t, w.balancers())
	load.everywhere(t, oldVersion)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	// Nothing was begun yet: there is nothing to resume, and the lock is free.
	c := me.start(t, "deploy", newVersion, "--yes", "--output", "json")
	lockTaken().reach(t, w, c)
	c.kill()
	c = me.start(t, "deploy", newVersion, "--yes", "--output", "json")
	for _, m := range []moment{
		at("in draining", begins("/drained")),
		at("in a step", begins("/step1")),
		at("in health", begins("/health")),
		between(),
		at("in soak", begins("/soak")),
		at("taking out", begins("/out")),
		at("proving", begins("/prove")),
	} {
		m.reach(t, w, c)
		late := time.Duration(random.IntN(200)) * time.Millisecond
		time.Sleep(late) // the moment is a random one
		c.kill()
		t.Logf("killed %s, %v later", m.name, late)
		c = me.start(t, "resume", "--yes", "--output", "json")
	}
	c.ends(t, 0)
	load.everywhere(t, newVersion)
	load.intact(t)
	w.inPlace(t, me, newVersion)
}

// TestAnotherMachineResumes goes on with a run whose operator is gone, from
// what the balancers' hosts have.
func TestAnotherMachineResumes(t *testing.T) {
	heavy(t)
	w := newWorld(t, 3, brisk())
	load := w.traffic(t, w.balancers())
	load.everywhere(t, oldVersion)
	c := w.operator(t).start(t, "deploy", newVersion, "--yes", "--output", "json")
	c.reaches(t, "a step of web2", begins("web2/step1"))
	c.kill()

	// As if it had been on another machine.
	w.forget(t, 100*time.Second)
	me := w.operator(t)
	me.run(t, 5, "resume", "--yes").says(t, newVersion)

	w.forget(t, 130*time.Second) // without a heartbeat
	me.run(t, 0, "resume", "--yes")
	load.everywhere(t, newVersion)
	load.intact(t)
	w.inPlace(t, me, newVersion)
}
