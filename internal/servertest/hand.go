package servertest

import (
	"errors"
	"os/exec"
	"testing"
)

// Hand carries a script out on this machine as a person would, with sh and the
// tools that it needs, and returns its exit status.
func Hand(t *testing.T, script string, tools ...string) int {
	t.Helper()
	Need(t, tools...)
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script).CombinedOutput()
	if len(out) > 0 {
		t.Logf("%s", out)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0
}
