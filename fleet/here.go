package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// here is this machine: for a balancer without ssh that lives on it, or is
// driven from it.
type here struct {
	folder string // where scripts run, "" for our own
	sudo   string // the user to become, "" for our own; never by a password
}

const hereLimit = time.Minute

// Output runs a script under sh on this machine, see ssh.Client.Output.
func (h here) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, hereLimit)
	defer cancel()
	args := []string{"sh", "-c", script}
	if len(stdin) == 0 {
		// An argument can be too long, and is shown to everybody by ps.
		args, stdin = []string{"sh", "-c", `eval "$(cat)"`}, []byte(script)
	}
	cmd := h.command(ctx, args)
	cmd.Dir = h.folder
	cmd.Stdin = bytes.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	// A group of its own, so that all that the script started ends with it, and
	// none of it by a ctrl-c that is meant for us.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return h.end(ctx, cmd.Process.Pid) }
	cmd.WaitDelay = 2 * time.Second
	err := cmd.Run()
	switch {
	case err == nil || errors.Is(err, exec.ErrWaitDelay) && ctx.Err() == nil: // a daemon that it leaves behind
		return out.Bytes(), nil
	case ctx.Err() != nil:
		return out.Bytes(), ctx.Err()
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return out.Bytes(), &exitError{status: exit.ExitCode(), text: strings.TrimSpace(errs.String())}
	}
	return out.Bytes(), err
}

// command is a command as the user that is to run it.
func (h here) command(ctx context.Context, args []string) *exec.Cmd {
	if h.sudo != "" {
		args = append([]string{"sudo", "-n", "-H", "-u", h.sudo, "--"}, args...)
	}
	return exec.CommandContext(ctx, args[0], args[1:]...)
}

// end ends a process group: by TERM, and two seconds later by KILL. What has
// become another user only that user may end.
func (h here) end(ctx context.Context, group int) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return h.command(ctx, []string{"sh", "-c", fmt.Sprintf(`g=-%d
kill -TERM $g
for i in 1 2 3 4 5 6 7 8; do sleep 0.25; kill -0 $g 2>/dev/null || exit 0; done
kill -KILL $g`, group)}).Run()
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
