package e2e

import (
	"testing"
	"time"
)

func TestASecondOperatorWaits(t *testing.T) {
	heavy(t)
	w := newWorld(t, 3, brisk())
	w.rewrite(t, "batches: [1, 2, 3]", "batches: [1]")
	me, other := w.operator(t), w.operator(t)
	load := w.traffic(t, w.balancers())
	load.everywhere(t, oldVersion)

	c := me.start(t, "deploy", newVersion, "--yes", "--output", "json", "--message", "friday release")
	c.reaches(t, "a step", begins("/step1"))
	for _, args := range [][]string{
		{"deploy", "1.0.3", "--yes"},
		{"drain", "web3"},
		{"restore", "web3"},
		{"rollback", "--yes"},
		{"resume", "--yes"},
	} {
		refused := other.run(t, 5, args...)
		refused.says(t, "root@", newVersion, "friday release", "since")
		if refused.took > 5*time.Second {
			t.Errorf("%v was refused only after %v", args, refused.took)
		}
	}
	if !c.alive() {
		t.Fatal("the first deploy has ended too early for this test")
	}
	if l := other.status(t).Lock; l == nil || l.Version != newVersion || l.Message != "friday release" || l.By == "" || l.Since == "" {
		t.Errorf("status tells the lock as %+v", l)
	}
	waiting := other.start(t, "deploy", "1.0.3", "--yes", "--lock-wait", "1m")
	c.ends(t, 0)
	waiting.ends(t, 0)
	load.everywhere(t, "1.0.3")
	load.intact(t)
	w.inPlace(t, other, "1.0.3")
}
