package nginx_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"rota/internal/servertest"
	"rota/lb"
	"rota/lb/lbtest"
	"rota/ssh"
)

// far is a machine that ssh reaches.
type far struct{ *ssh.Client }

func (m far) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	return m.Client.Output(ctx, script, "", stdin)
}

// login returns a machine behind a real sshd.
func login(t *testing.T) (far, *servertest.SSHServer) {
	t.Helper()
	s := servertest.SSHD(t)
	pool := ssh.NewPool(ssh.Config{File: s.Config})
	t.Cleanup(func() { _ = pool.Close() })
	return far{pool.Client("web1")}, s
}

func TestConformanceThroughSSH(t *testing.T) {
	t.Parallel()
	servertest.Need(t, "sshd", "nginx")
	lbtest.Run(t, func(t *testing.T) lbtest.Subject {
		h := start(t, nil)
		h.cfg.Machine, _ = login(t)
		h.cfg.AllowEmpty = true
		return lbtest.Subject{
			Balancer: h.balancer(),
			Reopen:   func() lb.Balancer { return h.balancer() },
			Request: func(t *testing.T, server string) func() error {
				return h.apps[server].Hold(t, h.Addr)
			},
		}
	})
}

// TestAConnectionThatBreaksInAnEditPutsTheFileBack cuts the connection while
// the edit is tested: the script ends by itself, before any reload.
func TestAConnectionThatBreaksInAnEditPutsTheFileBack(t *testing.T) {
	t.Parallel()
	servertest.Need(t, "sshd", "nginx")
	h := start(t, nil)
	machine, sshd := login(t)
	h.cfg.Machine = machine
	b := h.balancer()
	h.become(b, "a in, b in, c in")
	before := h.configuration()
	testing := h.path("testing")
	h.cfg.Test = "touch " + testing + "; sleep 20"
	done := make(chan error)
	go func() { done <- h.balancer().Set(t.Context(), out("a")) }()
	until(t, "the edit is tested", func() bool { _, err := os.Stat(testing); return err == nil })
	if err := os.Remove(testing); err != nil {
		t.Fatal(err)
	}
	if text := h.read("upstreams.conf"); !strings.Contains(text, " down;") {
		t.Errorf("the edit is not made while it is tested: %s", text)
	}
	sshd.Cut()
	if err := <-done; err == nil {
		t.Error("a Set whose connection broke went through")
	}
	until(t, "the file is back", func() bool { return !strings.Contains(h.read("upstreams.conf"), " down;") })
	h.cfg.Test = h.Test
	h.become(h.balancer(), "a in, b in, c in")
	until(t, "the script is gone", func() bool { _, err := os.Stat(h.path(".upstreams.conf.rota-before")); return err != nil })
	h.same(before)
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came to pass that %s", what)
		}
	}
}
