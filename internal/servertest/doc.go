// Package servertest starts real servers for tests: OpenSSH's sshd, HAProxy and
// nginx, as the user who runs the tests, on loopback ports and unix sockets of
// their own. Each ends with its test.
//
// A program that is not installed skips the test on a laptop and fails it where
// CI is set in the environment.
package servertest

import (
	"os"
	"testing"

	"rota/internal/daemon"
)

// Need skips the test when one of the programs is not installed; where CI is
// set in the environment it fails instead, so that nothing is left out there in
// silence.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := daemon.Find(program); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%v: this test needs it", err)
			}
			t.Skipf("%v: this test needs it", err)
		}
	}
}
