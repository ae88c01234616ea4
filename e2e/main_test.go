// Package e2e drives the real program as its users do: it builds rota, and runs
// it without a terminal against a real sshd that plays every machine, a real
// HAProxy and a real nginx side by side, and real application processes behind
// both, while clients send requests through them and count each one that fails.
//
// The application is a hard one: it dies at once when it is told to, with all
// that is under way, it takes its time to listen, and it is not healthy at
// first. The balancers are told to retry nothing, and the clients retry
// nothing, so that whatever rota does wrong is seen.
//
// TestFaults makes each part fail at the boundaries of the steps of every
// strategy; the files fault_… are about it. The script faults runs all of it.
//
// Not here: what a screen shows (package tui), and machines that are not this
// one: all names lead here, "another machine" is another home and a lock that
// says so.
package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"rota/internal/servertest"
)

func TestMain(m *testing.M) {
	if os.Getenv(shopVariable) != "" {
		shop()
		return
	}
	os.Exit(run(m))
}

// binary is the program under test; it is built once, before the first test.
var binary string

func run(m *testing.M) int {
	flag.Parse()
	if testing.Short() {
		return m.Run() // every test is skipped
	}
	// They wait for others most of their time.
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "rota")
	build := exec.Command("go", "build", "-o", binary, "rota")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "go build:", err)
		return 1
	}
	return m.Run()
}

// alone marks a test that needs the real servers, and the machine for itself.
func alone(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes seconds and real servers")
	}
	servertest.Need(t, "sshd", "haproxy", "nginx")
}

// heavy is alone for a test that may run beside others.
func heavy(t *testing.T) {
	t.Helper()
	alone(t)
	t.Parallel()
}

// some keeps the suite short: of the rows of a long table, every second one is
// run unless E2E=all is set.
func some(t *testing.T, row int) {
	t.Helper()
	if row%2 == 1 && os.Getenv("E2E") != "all" {
		t.Skip("E2E=all runs it")
	}
}
