package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// here is this machine: for the commands that run here, and for a balancer
// without ssh that lives on it or is driven from it.
type here struct {
	folder string // where scripts run, "" for our own
	sudo   string // the user that Output becomes, "" for our own; never by a password
}

const hereLimit = time.Minute

// Output runs a script under sh on this machine, see ssh.Client.Output.
func (h here) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, hereLimit)
	defer cancel()
	args := []string{"sh", "-c", script}
	if len(stdin) == 0 {
		args, stdin = bare(script)
	}
	var out, errs bytes.Buffer
	err := h.run(ctx, h.sudo, args, stdin, &out, &errs)
	if exit, ok := errors.AsType[*exitError](err); ok {
		exit.text = strings.TrimSpace(errs.String())
	}
	return out.Bytes(), err
}

// Run runs a script that reads nothing under sh on this machine, as the user whom
// sudo names, see ssh.Client.Run. Sudo must not want a password.
func (h here) Run(ctx context.Context, script, sudo string, out io.Writer) error {
	args, stdin := bare(script)
	return h.run(ctx, sudo, args, stdin, out, out)
}

// bare is a script that reads nothing. As an argument it could be too long, and
// would be shown to everybody by ps.
func bare(script string) (args []string, stdin []byte) {
	return []string{"sh", "-c", `eval "$(cat)"`}, []byte(script)
}

// run runs a command, and ends it when ctx does. Its own failure is an *exitError.
func (h here) run(ctx context.Context, sudo string, args []string, stdin []byte, out, errs io.Writer) error {
	cmd := as(ctx, sudo, args)
	cmd.Dir = h.folder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), out, errs
	// A group of its own, so that all that the script started ends with it, and
	// none of it by a ctrl-c that is meant for us.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return end(ctx, sudo, cmd.Process.Pid) }
	cmd.WaitDelay = 2 * time.Second
	err := cmd.Run()
	switch {
	case err == nil || errors.Is(err, exec.ErrWaitDelay) && ctx.Err() == nil: // a daemon that it leaves behind
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return &exitError{status: exit.ExitCode()}
	}
	return err
}

// as makes a command that runs as a user.
func as(ctx context.Context, sudo string, args []string) *exec.Cmd {
	if sudo != "" {
		args = append([]string{"sudo", "-n", "-H", "-u", sudo, "--"}, args...)
	}
	return exec.CommandContext(ctx, args[0], args[1:]...)
}

// end ends a process group: by TERM, and two seconds later by KILL. What has
// become another user only that user may end.
func end(ctx context.Context, sudo string, group int) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return as(ctx, sudo, []string{"sh", "-c", fmt.Sprintf(`g=-%d
kill -TERM $g
for i in 1 2 3 4 5 6 7 8; do sleep 0.25; kill -0 $g 2>/dev/null || exit 0; done
kill -KILL $g`, group)}).Run()
}

// exitError is a command's own failure.
type exitError struct {
	status int
	text   string
}

func (e *exitError) ExitStatus() int { return e.status }

func (e *exitError) Error() string {
	return strings.TrimSuffix(fmt.Sprintf("exit status %d: %s", e.status, e.text), ": ")
}

// isHere reports whether an address is on this machine's loopback.
func isHere(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
