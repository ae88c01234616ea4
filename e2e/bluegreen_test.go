package e2e

import (
	"strings"
	"testing"
	"time"
)

// sides makes the first half of the servers blue, in rotation, and the other
// half green and out.
func (w *world) sides(t *testing.T, me operator) {
	t.Helper()
	text := read(t, w.inventory)
	var green []string
	for i, s := range w.servers {
		group := "blue"
		if i >= len(w.servers)/2 {
			group = "green"
			green = append(green, s.name)
		}
		text = strings.Replace(text, "{name: "+s.name+",", "{name: "+s.name+", group: "+group+",", 1)
	}
	text = strings.Replace(text, "  batches: [1, 2, 3]\n  min_in_rotation: 50%\n", "  strategy: blue-green\n", 1)
	w.write(t, text)
	me.run(t, 0, append([]string{"drain", "--yes"}, green...)...)
	// A drain by hand without a reason keeps no hold: they are only out.
}

// TestBlueGreenLosesNoRequest deploys to the idle group, switches, switches back,
// mends the idle group, and switches again, under load all the while.
func TestBlueGreenLosesNoRequest(t *testing.T) {
	heavy(t)
	w := newWorld(t, 6, brisk())
	me := w.operator(t)
	w.sides(t, me)
	load := w.traffic(t, w.balancers())
	blue, green := w.servers[:3], w.servers[3:]
	load.from(t, oldVersion, blue)

	me.run(t, 0, "deploy", newVersion, "--no-switch", "--yes").says(t, "out of rotation and ready, as wanted: web4, web5, web6")
	load.from(t, oldVersion, blue)
	if said := me.run(t, 0, "status").stdout(); !strings.Contains(said, "web4, web5, web6: out, as wanted") {
		t.Errorf("status: %s", said)
	}

	c := me.run(t, 0, "switch", "green", "--yes", "--output", "json")
	load.from(t, newVersion, green)
	t.Logf("all new requests went to the other group %v after the balancers' own checks", c.switched(t))

	me.run(t, 0, "switch", "blue", "--yes")
	load.from(t, oldVersion, blue)
	me.run(t, 0, "deploy", "1.0.3", "--yes").says(t, "out of rotation and ready, as wanted: web1, web2, web3")
	load.from(t, "1.0.3", green)
	me.run(t, 0, "rollback", "--yes")
	load.from(t, oldVersion, blue)
	load.intact(t)

	status := me.status(t)
	for _, s := range status.Servers {
		want := map[bool]string{true: "out", false: "in"}[s.Name > "web3"]
		if s.Rotation != want {
			t.Errorf("%s is %s, want %s", s.Name, s.Rotation, want)
		}
	}
}

// switched tells how long after the balancers' fresh checks the servers that
// leave got no new request.
func (c *call) switched(t *testing.T) time.Duration {
	t.Helper()
	var from, to time.Time
	for _, e := range c.events(t) {
		switch {
		case e.Event == "end" && strings.HasSuffix(e.Step, "/prove"):
			from = e.Time
		case e.Event == "end" && strings.HasSuffix(e.Step, "/out"):
			to = e.Time
		}
	}
	if from.IsZero() || to.Before(from) {
		t.Fatalf("the journal tells no switch: %v, %v", from, to)
	}
	return to.Sub(from)
}
