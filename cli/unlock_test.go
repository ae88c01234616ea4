package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// run runs rota without a screen, and returns all that it printed.
func (s *site) run(t *testing.T, args ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, args...)
	c.Args[0], c.Env = "rota", s.env()
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("rota %v: %v: %s", args, err, out)
	}
	return string(out)
}

// locks is how many locks there are.
func (s *site) locks() int {
	files, _ := filepath.Glob(filepath.Join(s.dir, "record", "*.lock"))
	return len(files)
}

func TestALockHeldByHandIsFreedOnTheScreen(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	s.trusts(t)
	s.run(t, "lock", "-m", "audit until noon")
	if told := s.run(t, "status"); !strings.Contains(told, "audit until noon") || strings.Contains(told, "gone") {
		t.Errorf("status tells of the lock: %s", told)
	}
	x := s.open(t)
	x.sees("web1 ✓ healthy", "locked by")
	x.types("D")
	x.sees("deploy which version?")
	x.types("2" + enter)
	x.sees("y yes")
	x.types("y")
	x.sees("deploy did not begin: somebody holds the lock", "audit until noon", "by hand: it stays", "F free the lock")
	x.types("F")
	x.sees("Type shop to free the lock:")
	x.types("sho" + enter)
	x.sees("that is not shop; nothing was done")
	if s.locks() != 1 {
		t.Error("the lock is gone")
	}
	x.types("p" + enter)
	x.sees("is freed")
	x.hides("locked by")
	if s.locks() != 0 {
		t.Error("the lock is still there")
	}
}

func TestTheLockOfADeadRunIsToldOnTheScreen(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	s.trusts(t)
	x := s.open(t, "deploy", "2")
	x.chooses("C", "continue")
	x.sees("go on with batch 2")

	// While it lives, nobody else can free its lock.
	y := s.open(t)
	y.sees("web1 ✓ healthy", "locked by")
	y.types("L")
	y.sees("for version 2, run ", "its holder lives")
	y.closes()
	if strings.Contains(y.text(), "free the lock") {
		t.Errorf("it can be freed:\n%s", y.text())
	}
	y.types("q")
	y.ends()

	// Killed at the gate: no server is out.
	x.kills()
	y = s.open(t)
	y.sees("was interrupted", "no server is left out of rotation", "U goes on with it, R takes it back")
	y.closes()
	y.types("L")
	y.sees("its process on this machine has ended", "U goes on with its run", "F free the lock")
	y.types(esc)
	y.hides("F free the lock")

	// Killed in the middle of a step: one is.
	s.write(t, "hold", "")
	y.types("U")
	y.sees("y yes")
	y.types("y")
	y.sees("web2 ▲ deploying")
	y.kills()
	z := s.open(t)
	z.sees("is not settled", "web2 is out of rotation", "U goes on with it, R takes it back, I puts one server back in")
	z.closes()
	z.types("D")
	z.sees("deploy which version?")
	z.types("3" + enter)
	z.sees("y yes")
	z.types("y")
	z.sees("deploy did not begin", "is not settled: web2 is out of rotation", "U goes on with it, R takes it back, I puts one server back in")
	z.closes()
	if err := os.Remove(filepath.Join(s.dir, "hold")); err != nil {
		t.Fatal(err)
	}
	z.types("U")
	z.sees("y yes")
	z.types("y")
	z.sees("DONE")
	if got := s.read(t, "web2.version"); got != "2" {
		t.Errorf("web2 runs %s", got)
	}
}

// kills ends rota as kill -9 does.
func (x *screen) kills() {
	_ = x.cmd.Process.Kill()
	<-x.done
}
