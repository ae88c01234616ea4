package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// outputMost is the most that Output keeps.
const outputMost = 64 << 20

// Run gives script to sh on the machine and copies what it prints, both streams
// in their order, to out while it runs. It reads nothing. sudo names the user
// to become, "" for the login user. When ctx ends, the command is ended with
// all that it started: by TERM, and two seconds later by KILL. A daemon that it
// leaves behind is not waited for, even where that holds the output open.
//
// The errors are those of the package comment.
func (c *Client) Run(ctx context.Context, script, sudo string, out io.Writer) error {
	_, err := c.do(ctx, task{script: "exec 2>&1\n" + script, sudo: sudo, stdout: out, merged: true})
	return err
}

// Output runs script as Run does, with stdin to read, and returns what it
// printed on standard output, at most 64 MiB. An *ExitError tells the last of
// what went to standard error. A script that is cut off never sees the end of
// its input.
func (c *Client) Output(ctx context.Context, script, sudo string, stdin []byte) ([]byte, error) {
	out := &buffer{most: outputMost}
	_, err := c.do(ctx, task{script: script, sudo: sudo, stdin: stdin, stdout: out})
	return out.Bytes(), err
}

// task is a script to run.
type task struct {
	script string
	sudo   string
	stdin  []byte                                           // what it reads
	stream func(ctx context.Context, stdin io.Writer) error // or this, however much
	stdout io.Writer
	merged bool // it sends both streams to stdout
}

// do runs a task, asking for sudo's password again while it is wrong: nothing
// has run then.
func (c *Client) do(ctx context.Context, t task) (stderr string, err error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if strings.ContainsRune(t.script, 0) {
		return "", errNUL
	}
	w := wanted{key: "sudo", word: "password", tries: sudoTries, ask: c.askSudo}
	for {
		var password func(context.Context) (string, error)
		if t.sudo != "" && c.pool.config.SudoPassword != nil {
			password = func(ctx context.Context) (_ string, err error) {
				w.prompt = "sudo password of " + c.whose(ctx) + " (tried on this run's other machines too)"
				w.refused, err = c.pool.asking.secret(ctx, w)
				return w.refused, err
			}
		}
		stderr, err = c.try(ctx, t, password)
		if !errors.Is(err, errPassword) {
			return stderr, err
		}
	}
}

// askSudo asks for sudo's password when no other question is open.
func (c *Client) askSudo(ctx context.Context, prompt string) (string, error) {
	give, err := c.pool.asking.take(ctx)
	if err != nil {
		return "", err
	}
	defer give()
	return c.pool.config.SudoPassword(ctx, prompt)
}

// whose tells whose password is wanted.
func (c *Client) whose(ctx context.Context) string {
	h, _, err := c.resolve(ctx)
	if err != nil {
		return c.name
	}
	return h.User + " on " + h.Name
}

// sudoTries is how often a wrong password is asked for again.
const sudoTries = 3

// ErrPassword says that sudo got no password that it likes. Nothing was run.
var ErrPassword = errors.New("sudo: password")

var errPassword = errors.New("sudo: wrong password")

// try runs a task once.
func (c *Client) try(ctx context.Context, t task, password func(context.Context) (string, error)) (string, error) {
	d := newDialogue(t, password)
	line, err := d.line()
	if err != nil {
		return "", err
	}
	s, err := c.session(ctx)
	if err != nil {
		return "", err
	}
	end, err := s.run(ctx, job{line: line, feed: d.feed, stdout: d.output(), stderr: d.errors()})
	stderr := d.stderr.String()
	switch {
	case d.failed.Load() != nil:
		return stderr, *d.failed.Load()
	case err != nil:
		return stderr, err
	case !d.begun.seen():
		return stderr, c.neverBegan(t, d)
	case end.status != 0:
		if t.merged {
			stderr = "" // not the script's
		}
		return stderr, permission(&ExitError{end.status, end.signal, stderr}, stderr)
	}
	return stderr, nil
}

// session opens a session, on a new connection if the old one proves dead: it
// has done nothing yet.
func (c *Client) session(ctx context.Context) (*session, error) {
	for again := false; ; again = true {
		conn, err := c.connect(ctx)
		if err != nil {
			return nil, err
		}
		s, err := conn.open(ctx)
		if err == nil {
			return s, nil
		}
		if again || !conn.isLost() || ctx.Err() != nil {
			return nil, fmt.Errorf("%s: open a session: %w", c.name, err)
		}
	}
}

// neverBegan tells why the shell did not come to run the script.
func (c *Client) neverBegan(t task, d *dialogue) error {
	said := strings.TrimSpace(d.stderr.String() + "\n" + d.noise.String())
	switch {
	case t.sudo != "" && strings.Contains(said, "sudo:"):
		hint := ""
		if strings.Contains(said, "password is required") || strings.Contains(said, "terminal is required") {
			hint = " (allow it without one in sudoers, or set sudo_password)"
		}
		return fmt.Errorf("%s: %s%s: %w", c.name, said, hint, fs.ErrPermission)
	case said == "":
		said = "the login shell ended at once"
	}
	return fmt.Errorf("%s: nothing was run: %s", c.name, said)
}

// permission adds fs.ErrPermission where a command says that this was the
// reason.
func permission(err *ExitError, stderr string) error {
	if !strings.Contains(stderr, "Permission denied") && !strings.Contains(stderr, "Operation not permitted") {
		return err
	}
	return &deniedError{err}
}

// deniedError is an ExitError that is a permission error too.
type deniedError struct{ *ExitError }

func (e *deniedError) Unwrap() []error { return []error{e.ExitError, fs.ErrPermission} }
