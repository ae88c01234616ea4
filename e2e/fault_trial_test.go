package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rota/rollout"
)

// trial is one case under way.
type trial struct {
	cell
	*testing.T
	w         *world
	me, other operator
	load      *load
	look      *lookout
	call      *call // the run that meets the fault
	at        event // the boundary
	random    *rand.Rand
	shaken    bool     // a balancer has forgotten what it was told
	asked     int      // how often a person has let the once-step run again
	weights   string   // at first
	edited    string   // by a colleague, in nginx's file
	dead      []string // servers whose application has died
	ends      []string
	wrong     string // what was found wrong first
}

// Errorf fails the test.
func (tr *trial) Errorf(format string, args ...any) {
	tr.Helper()
	if tr.wrong == "" {
		tr.wrong, _, _ = strings.Cut(fmt.Sprintf(format, args...), "\n")
	}
	tr.T.Errorf(format, args...)
}

// result is what a case adds to the tally.
type result struct {
	sent, lost, excused, others int
	struck, settled             bool
	wrong                       string
	ends                        []string // the exit statuses of all calls, in turn
	took                        time.Duration
}

// run carries out one case and returns the boundaries that its run came by.
func (c cell) run(t *testing.T, sum *tally) (found []boundary) {
	t.Helper()
	begun := time.Now()
	var r result
	tr := &trial{cell: c, T: t, random: c.random(sum.seed)}
	defer func() { r.took, r.wrong, r.ends = time.Since(begun), tr.wrong, tr.ends; sum.add(t, c, r) }()
	p := brisk()
	p.slow = 1500 * time.Millisecond // longer than all between out and a step, or nobody would miss a drain
	tr.w = newWorld(t, 4, p, sites[c.site]...)
	tr.me, tr.other = tr.w.operator(t), tr.w.operator(t)
	tr.weights = tr.w.weights(t)
	if c.fault.before != nil {
		c.fault.before(tr)
	}
	tr.load = tr.w.traffic(t, tr.w.balancers())
	defer tr.load.stop()
	tr.strategy.shape(t, tr.w, tr.me)
	tr.look = tr.w.lookout(t)
	tr.call = tr.me.start(t, slices.Concat(c.strategy.args, []string{"--yes", "--output", "json"})...)
	mend := func() {}
	if c.fault.name != "" {
		r.struck = tr.reach()
		if r.struck {
			time.Sleep(time.Duration(tr.random.IntN(60)) * time.Millisecond)
			if again := c.fault.strike(tr); again != nil {
				mend = again
			}
		}
	}
	<-tr.call.done
	tr.ended(tr.call)
	tr.expected()
	mend()
	tr.settle(tr.call)
	tr.load.from(t, c.strategy.version, c.strategy.serving(tr.w))
	lost, excused, others := tr.load.settle(t)
	for _, bad := range lost {
		tr.Errorf("lost at %s: %s: %s (reused %v, silent %v)", bad.at.Format("15:04:05.000"), bad.id, bad.text, bad.reused, bad.silent)
	}
	r.lost, r.excused, r.others = len(lost), len(excused), len(others)
	for _, n := range tr.load.sent {
		r.sent += n
	}
	r.settled = tr.inPlace()
	tr.verdict()
	for _, e := range tr.call.events(t) {
		if b := boundaryOf(e); b != "" && !slices.Contains(found, b) {
			found = append(found, b)
		}
	}
	slices.Sort(found)
	return found
}

// reach waits for the boundary, and tells whether it came.
func (tr *trial) reach() bool {
	for {
		alive := tr.call.alive()
		all := tr.call.events(tr.T)
		i := slices.IndexFunc(all, func(e event) bool { return boundaryOf(e) == tr.boundary })
		if i >= 0 {
			tr.at = all[i]
			return true
		}
		if !alive {
			return false // not every run has each: it depends on where the one before it stood
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// phases tells where each server stands by what the run has told so far.
func (tr *trial) phases() map[string]rollout.Phase {
	phases := map[string]rollout.Phase{}
	for _, e := range tr.call.events(tr.T) {
		if e.Event == "phase" {
			phases[e.Server] = rollout.Phase(e.State)
		}
	}
	return phases
}

// settle does what a person does whom the last lines tell how to go on: on this
// machine, or on another where nobody can see whether the first run lives.
func (tr *trial) settle(c *call) {
	who, elsewhere := tr.me, tr.random.IntN(2) == 0
	if elsewhere {
		who = tr.other
	}
	tellJSON := []string{"--yes", "--output", "json"}
	for range 6 {
		args := []string{"resume"}
		switch said := c.stderr(); {
		case c.status == 0, tr.strategy.name == "rollback" && strings.Contains(said, "was itself a rollback"),
			tr.strategy.name == "resume" && strings.Contains(said, "nothing to resume"): // somebody else has ended it
			tr.free(c, who)
			tr.reswitch(who)
			return
		case c.status == 4 && strings.Contains(said, "run once"):
			c = tr.once(who)
			tr.ended(c)
			continue
		case c.status == 2 && strings.Contains(said, "nothing to resume"):
			args = tr.strategy.args
		case strings.Contains(said, "rota switch"):
			args = []string{"switch", "green"}
		}
		if elsewhere {
			tr.w.disown(tr.T)
		}
		c = who.start(tr.T, append(slices.Clone(args), tellJSON...)...)
		<-c.done
		tr.ended(c)
	}
	tr.Errorf("what the last lines say leads to no end: %s", c.stderr())
}

// once answers as a person who has looked whether the step has run.
func (tr *trial) once(who operator) *call {
	answer := "retry\nall\n"
	if strings.Contains(read(tr.T, tr.w.once()), "done") {
		answer = "skip\nall\n"
	} else {
		tr.asked++
	}
	r, w, err := os.Pipe()
	if err != nil {
		tr.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if _, err := w.WriteString(answer); err != nil {
		tr.Fatal(err)
	}
	_ = w.Close()
	c := who.startWith(tr.T, r, "resume")
	<-c.done
	return c
}

// free frees a lock that rota could not give back, and has said so.
func (tr *trial) free(c *call, who operator) {
	if locks, _ := filepath.Glob(filepath.Join(tr.w.dir, "record", "*.lock")); len(locks) == 0 {
		return
	}
	if said := tr.call.stderr() + c.stderr(); !strings.Contains(said, "rota unlock") {
		tr.Errorf("the lock is still there, and rota does not say so: %s", said)
	}
	tr.ended(who.run(tr.T, 0, "unlock"))
}

// reswitch makes the groups be again as they were, where a balancer has
// forgotten it after the run: it has all in rotation that its files name.
func (tr *trial) reswitch(who operator) {
	if tr.shaken && tr.strategy.green && tr.w.standing(tr.T, tr.strategy) != "" {
		tr.ended(who.run(tr.T, 0, "switch", "green", "--yes"))
	}
}

// disown makes a lock that is still there one of another machine whose last beat
// is long ago.
func (w *world) disown(t *testing.T) {
	t.Helper()
	if locks, _ := filepath.Glob(filepath.Join(w.dir, "record", "*.lock")); len(locks) > 0 {
		w.forget(t, 130*time.Second)
	}
}
