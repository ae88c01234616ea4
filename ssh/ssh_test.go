package ssh_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"rota/internal/servertest"
	"rota/ssh"
)

// open returns the client of a real sshd.
func open(t *testing.T, c ssh.Config, options ...servertest.SSHDOption) (*ssh.Client, *servertest.SSHServer) {
	t.Helper()
	s := servertest.SSHD(t, options...)
	if c.File == "" {
		c.File = s.Config
	}
	return client(t, c, "web1"), s
}

func client(t *testing.T, c ssh.Config, target string) *ssh.Client {
	t.Helper()
	p := ssh.NewPool(c)
	t.Cleanup(func() { _ = p.Close() })
	return p.Client(target)
}

func within(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

func TestRunGivesTheOutputInOrderAndTheStatus(t *testing.T) {
	c, _ := open(t, ssh.Config{})
	ctx := within(t, 20*time.Second)
	var out strings.Builder
	err := c.Run(ctx, "echo one; echo two >&2; echo three; exit 3", "", &out)
	var exit interface{ ExitStatus() int }
	if !asError(err, &exit) || exit.ExitStatus() != 3 {
		t.Errorf("the error is %v, not exit status 3", err)
	}
	if out.String() != "one\ntwo\nthree\n" {
		t.Errorf("the output is %q", out.String())
	}
	b, err := c.Output(ctx, "cat; echo end", "", []byte("hello\x00there\n"))
	if err != nil || string(b) != "hello\x00there\nend\n" {
		t.Errorf("Output: %q, %v", b, err)
	}
	t.Log(c.Identity())
}
