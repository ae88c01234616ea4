package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The demo goes through to its end without a terminal, in every way to roll out,
// and fails if one request was lost.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes most of a minute")
	}
	t.Parallel()
	for strategy, says := range map[string]string{
		"rolling":    "6 servers, took",
		"canary":     "compared: new 1.0.2:",
		"blue-green": "3 servers, took",
	} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			home := t.TempDir()
			cmd := exec.CommandContext(ctx, binary, "demo", "--strategy", strategy, "--output", "plain", "--yes")
			cmd.Env = append(os.Environ(), "HOME="+home, "XDG_STATE_HOME="+filepath.Join(home, "state"))
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), says) {
				t.Fatalf("%v, want %q in\n%s", err, says, out)
			}
			if !regexp.MustCompile(`traffic: \d{3,} requests, 0 failed`).Match(out) {
				t.Errorf("there was no traffic, or some of it was lost:\n%s", out)
			}
		})
	}
}
