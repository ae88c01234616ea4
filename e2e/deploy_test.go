package e2e

import "testing"

func TestADeployLosesNoRequest(t *testing.T) {
	heavy(t)
	w := newWorld(t, 10, hard())
	me := w.operator(t)
	load := w.traffic(t, w.balancers())
	load.everywhere(t, oldVersion)

	c := me.run(t, 0, "deploy", newVersion, "--yes", "--output", "json")

	load.everywhere(t, newVersion)
	load.intact(t)
	w.inPlace(t, me, newVersion)
	all := c.events(t)
	sum := all[len(all)-1].Summary
	if sum == nil {
		t.Fatal("the last event has no summary")
	}
	t.Logf("%d ms in all, %d ms unavoidable, %d ms rota's own (%.1f %%)", sum.TotalMS, sum.WaitMS, sum.OwnMS, 100*float64(sum.OwnMS)/float64(sum.WaitMS))
	c.says(t, "of which rota:", "no server is left out of rotation")
}
