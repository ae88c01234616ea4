package e2e

import "testing"

// TestADeployLosesNoRequest is the promise itself, and what it costs: rota's own
// share should be no more than 30 % of what cannot be avoided. It is that on a
// quiet machine; the test leaves room for a busy one.
func TestADeployLosesNoRequest(t *testing.T) {
	alone(t)
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
	if sum.OwnMS > sum.WaitMS/2 {
		t.Errorf("rota's own share is %d ms beside %d ms", sum.OwnMS, sum.WaitMS)
	}
	c.says(t, "of which rota:", "no server is left out of rotation")
}
