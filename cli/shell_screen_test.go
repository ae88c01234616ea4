package cli_test

import (
	"testing"

	"rota/internal/servertest"
)

func TestAShellFromTheScreenOfTheDemo(t *testing.T) {
	t.Parallel()
	servertest.Need(t, "ssh")
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	x := (&site{dir: t.TempDir()}).open(t, "demo")
	x.declines("N", "no")
	x.sees("IDLE", "web1 ✓ healthy")
	x.types("E")
	x.sees("a shell on web1?", "y yes")
	x.types("y")
	x.sees("web1$")
	x.types("ls; stty size; echo wro\x7f\x7fei''rd\r")
	x.sees("current", "24 80", "weird")
	x.types("exit\r")
	x.sees("the shell on web1 has ended", "IDLE", "web1 ✓ healthy")
	x.types("q")
	if status := x.ends(); status != 4 { // the deploy was answered with no
		t.Errorf("exit status %d", status)
	}
}
