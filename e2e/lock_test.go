package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestASecondOperatorWaits(t *testing.T) {
	heavy(t)
	w := newWorld(t, 2, brisk())
	w.rewrite(t, "batches: [1, 2, 3]", "batches: [1]")
	me, other := w.operator(t), w.operator(t)
	load := w.traffic(t, w.balancers())
	load.everywhere(t, oldVersion)

	c := me.start(t, "deploy", newVersion, "--yes", "--output", "json", "--message", "friday release")
	c.reaches(t, "a step", begins("/step1"))
	for _, args := range [][]string{
		{"deploy", "1.0.3", "--yes"},
		{"drain", "web2"},
		{"restore", "web2"},
		{"rollback", "--yes"},
		{"resume", "--yes"},
	} {
		refused := other.run(t, 5, args...)
		refused.says(t, "root@", newVersion, "friday release", "since")
		if refused.took > 5*time.Second {
			t.Errorf("%v was refused only after %v", args, refused.took)
		}
	}
	other.run(t, 5, "unlock").says(t, "friday release")
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

// TestALaptopThatSlept stops rota at a gate, as a laptop does whose lid is
// closed, until somebody else has taken over.
func TestALaptopThatSlept(t *testing.T) {
	heavy(t)
	w := newWorld(t, 3, brisk())
	w.rewrite(t, "batches: [1, 2, 3]", "batches: [1]")
	me, other := w.operator(t), w.operator(t)
	load := w.traffic(t, w.balancers())
	load.everywhere(t, oldVersion)
	r, answer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close(); _ = answer.Close() }()
	c := me.startWith(t, r, "deploy", newVersion, "--output", "json")
	c.reaches(t, "the gate", func(e event) bool { return e.Event == "question" })
	if err := c.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	w.forget(t, 130*time.Second)
	other.run(t, 0, "resume", "--yes")

	if err := c.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	untouched := w.untouched(t)
	if _, err := answer.WriteString("rollback\n"); err != nil {
		t.Fatal(err)
	}
	c.ends(t, 5)
	c.says(t, "lock")
	untouched(t)
	load.everywhere(t, newVersion)
	load.intact(t)
	w.inPlace(t, other, newVersion)
}

// TestALockThatCannotBeGivenBack ends a run that cannot reach the lock any more.
func TestALockThatCannotBeGivenBack(t *testing.T) {
	heavy(t)
	w := newWorld(t, 2, brisk())
	w.rewrite(t, "batches: [1, 2, 3]", "batches: [1]", "soak: 100ms", "soak: 2s")
	me := w.operator(t)
	c := me.start(t, "deploy", newVersion, "--yes", "--output", "json")
	c.reaches(t, "the soak", begins("b2/soak"))
	w.sshd.Stop()
	<-c.done
	c.says(t, "the lock could not be given back", "rota unlock")
	if err := w.sshd.Again(t.Context()); err != nil {
		t.Fatal(err)
	}
	me.run(t, 0, "unlock")
	me.run(t, 0, "deploy", "1.0.3", "--yes")
	w.inPlace(t, me, "1.0.3")
}

// forget makes the lock one of another machine, where nobody can see whether
// its process lives, and its last beat so old.
func (w *world) forget(t *testing.T, age time.Duration) {
	t.Helper()
	locks, _ := filepath.Glob(filepath.Join(w.dir, "record", "*.lock"))
	if len(locks) != 1 {
		t.Fatalf("the locks are %v", locks)
	}
	lock := read(t, locks[0])
	_, rest, _ := strings.Cut(lock, `"machine":"`)
	machine, _, _ := strings.Cut(rest, `"`)
	write(t, locks[0], strings.Replace(lock, machine, "a laptop", 1))
	beat := time.Now().Add(-age)
	if err := os.Chtimes(locks[0], beat, beat); err != nil {
		t.Fatal(err)
	}
}
