package e2e

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestServersByHand drains, holds and restores servers, and deploys meanwhile.
func TestServersByHand(t *testing.T) {
	heavy(t)
	w := newWorld(t, 3, brisk())
	me, other := w.operator(t), w.operator(t)
	load := w.traffic(t, w.balancers())
	load.everywhere(t, oldVersion)

	c := me.run(t, 0, "drain", "web2", "-m", "disk #4711", "--output", "json")
	c.wellFormed(t)
	s := other.status(t)
	if got := s.rotation(); got != "web1 in, web2 out, web3 in" {
		t.Fatalf("after the drain: %s", got)
	}
	if h := s.Servers[1].Hold; h == nil || h.Why != "disk #4711" || h.By == "" || h.Since == "" {
		t.Errorf("the hold is told as %+v", h)
	}
	other.run(t, 0, "deploy", newVersion, "--yes").says(t, "web2 is not in rotation", "held", "disk #4711")
	s = me.status(t)
	if got := s.rotation(); got != "web1 in, web2 out, web3 in" || s.Servers[1].Version != newVersion {
		t.Errorf("after the deploy: %s, web2 runs %q", got, s.Servers[1].Version)
	}

	// Two are left of three; the floor is half of the two that are meant to be in.
	me.run(t, 0, "drain", "web1")
	c = me.run(t, 4, "drain", "web3")
	c.says(t, "min_in_rotation")
	if got := me.status(t).rotation(); got != "web1 out, web2 out, web3 in" {
		t.Errorf("after the drain that was not answered: %s", got)
	}
	me.run(t, 0, "restore", "web1", "web2", "--output", "json").wellFormed(t)
	load.everywhere(t, newVersion)
	load.intact(t)
	w.inPlace(t, other, newVersion)
	if h := me.status(t).Servers[1].Hold; h != nil {
		t.Errorf("the hold is still there: %+v", h)
	}
}

// TestWhoeverHoldsTheLock takes the lock by hand.
func TestWhoeverHoldsTheLock(t *testing.T) {
	heavy(t)
	w := newWorld(t, 2, brisk())
	me, other := w.operator(t), w.operator(t)
	if out := me.run(t, 0, "lock").stdout(); !strings.Contains(out, "nobody holds the lock") {
		t.Errorf("lock: %s", out)
	}
	me.run(t, 0, "lock", "--message", "no deploys before the audit")
	untouched := w.untouched(t)
	for _, args := range [][]string{{"deploy", newVersion, "--yes"}, {"drain", "web1"}, {"lock", "--message", "mine"}} {
		other.run(t, 5, args...).says(t, "no deploys before the audit")
	}
	if out := other.run(t, 0, "lock").stdout(); !strings.Contains(out, "no deploys before the audit") {
		t.Errorf("lock: %s", out)
	}
	if l := other.status(t).Lock; l == nil || l.Message != "no deploys before the audit" {
		t.Errorf("status tells the lock as %+v", l)
	}
	untouched(t)
	other.run(t, 0, "unlock")
	other.run(t, 0, "unlock") // twice is once
	other.run(t, 0, "deploy", newVersion, "--yes")
	w.inPlace(t, me, newVersion)
}

// TestRollbackAndHistory takes a deploy back and looks at what is told of both.
func TestRollbackAndHistory(t *testing.T) {
	heavy(t)
	w := newWorld(t, 3, brisk())
	me, other := w.operator(t), w.operator(t)
	me.run(t, 2, "resume", "--yes").says(t, "nothing to resume")
	load := w.traffic(t, w.balancers())
	load.everywhere(t, oldVersion)
	deploy := me.run(t, 0, "deploy", newVersion, "--yes", "--output", "json")
	deploy.wellFormed(t)
	back := other.run(t, 0, "rollback", "--yes", "--output", "json")
	back.wellFormed(t)
	load.everywhere(t, oldVersion)
	load.intact(t)
	w.inPlace(t, me, oldVersion)

	runs := []string{deploy.events(t)[0].Run, back.events(t)[0].Run}
	plainly := other.run(t, 0, "history").stdout()
	for _, id := range runs {
		if !strings.Contains(plainly, id) {
			t.Errorf("history leaves out %s:\n%s", id, plainly)
		}
	}
	var kinds []string
	for line := range strings.Lines(other.run(t, 0, "history", "--output", "json").stdout()) {
		var run struct{ Run, Kind, Version, Operator, Outcome string }
		if err := json.Unmarshal([]byte(line), &run); err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, run.Kind+" "+run.Version+" "+run.Outcome)
	}
	if got := strings.Join(kinds, ", "); got != "rollback "+oldVersion+" done, deploy "+newVersion+" done" {
		t.Errorf("history tells %s", got)
	}
	// One stream, two readers: the journal is what was printed.
	if told, kept := deploy.stdout(), other.run(t, 0, "history", runs[0], "--output", "json").stdout(); told != kept {
		t.Error("the journal of the deploy is not what --output json has printed")
	}
	me.run(t, 2, "history", "20200101-000000-none").says(t, "is not known")
}

// wellFormed fails the test unless every line has what the contract promises.
func (c *call) wellFormed(t *testing.T) {
	t.Helper()
	for line := range strings.Lines(c.stdout()) {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		for _, key := range []string{"time", "run", "event", "operator"} {
			if s, ok := e[key].(string); !ok || s == "" {
				t.Errorf("an event without %q: %s", key, line)
			}
		}
	}
}
