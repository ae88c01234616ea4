package fleet

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"time"
)

// here is this machine: for a balancer without ssh that lives on it.
type here struct{}

const hereLimit = 30 * time.Second

// Output runs a script under sh on this machine, see ssh.Client.Output.
func (here) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, hereLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", script)
	cmd.Stdin = bytes.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Run returns it as it is
		return out.Bytes(), &exitError{status: exit.ExitCode(), text: strings.TrimSpace(errs.String())}
	}
	return out.Bytes(), err
}

// exitError is a command's own failure.
type exitError struct {
	status int
	text   string
}

func (e *exitError) Error() string   { return fmt.Sprintf("exit status %d: %s", e.status, e.text) }
func (e *exitError) ExitStatus() int { return e.status }

// isHere reports whether an address is on this machine's loopback.
func isHere(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
