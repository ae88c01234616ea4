package e2e

import (
	"strings"
	"testing"
)

// TestAJobAndARehearsalLoseNoRequest goes through all servers twice, and every
// one of them still runs what it ran.
func TestAJobAndARehearsalLoseNoRequest(t *testing.T) {
	heavy(t)
	w := newWorld(t, 3, brisk())
	w.rewrite(t, "health:\n", "jobs:\n  restart: {steps: [{run: '"+w.dir+"/activate \"$ROTA_SERVER\" \"$ROTA_VERSION\"'}]}\nhealth:\n")
	me := w.operator(t)
	load := w.traffic(t, w.balancers())
	load.everywhere(t, oldVersion)

	c := me.run(t, 0, "rehearse", "--output", "json")
	c.says(t, "out, drained", "a deploy would take about")
	if strings.Contains(c.stdout(), "/step1") {
		t.Error("a rehearsal has done a step")
	}

	before := map[string]string{}
	for _, s := range w.servers {
		before[s.name] = read(t, s.dir+"/pid")
	}
	c = me.run(t, 0, "roll", "restart", "--yes")
	c.says(t, "servers done: web1, web2, web3")
	for _, s := range w.servers {
		if read(t, s.dir+"/pid") == before[s.name] {
			t.Errorf("%s was not restarted", s.name)
		}
	}
	me.run(t, 2, "rollback", "--yes").says(t, "a job has no way back")

	load.everywhere(t, oldVersion)
	load.intact(t)
	w.inPlace(t, me, oldVersion)
}
