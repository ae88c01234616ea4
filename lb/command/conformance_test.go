package command_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"rota/internal/servertest"
	"rota/lb"
	"rota/lb/command"
	"rota/lb/lbtest"
	"rota/ssh"
)

// TestMain lets many run beside each other: they wait most of their time.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// far is a machine that ssh reaches.
type far struct{ *ssh.Client }

func (f far) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	return f.Client.Output(ctx, script, "", stdin)
}

func hand(t *testing.T, script string) int { return servertest.Hand(t, script) }

func suite(t *testing.T, style string, runner func(t *testing.T) command.Runner) {
	t.Parallel()
	lbtest.Run(t, func(t *testing.T) lbtest.Subject {
		t.Parallel()
		x := start(t, "abc", style)
		x.cfg.Runner = runner(t)
		open := func() lb.Balancer { return command.New(x.cfg) }
		return lbtest.Subject{Balancer: open(), Reopen: open, Request: x.request, Hand: hand}
	})
}

func TestCommandsPassTheSuite(t *testing.T) {
	here := func(*testing.T) command.Runner { return shell("") }
	t.Run("sessions are told", func(t *testing.T) { suite(t, "draining", here) })
	t.Run("sessions are not told", func(t *testing.T) { suite(t, "silent", here) })
}

func TestCommandsPassTheSuiteThroughSSH(t *testing.T) {
	servertest.Need(t, "sshd")
	suite(t, "out", func(t *testing.T) command.Runner {
		pool := ssh.NewPool(ssh.Config{File: servertest.SSHD(t).Config})
		t.Cleanup(func() { _ = pool.Close() })
		return far{pool.Client("lb1")}
	})
}
