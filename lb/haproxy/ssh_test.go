package haproxy_test

import (
	"context"
	"testing"

	"rota/internal/servertest"
	"rota/lb"
	"rota/lb/haproxy"
	"rota/lb/lbtest"
	"rota/ssh"
)

// far is a machine that ssh reaches, as a haproxy.Runner.
type far struct{ *ssh.Client }

func (f far) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	return f.Client.Output(ctx, script, "", stdin)
}

// login returns a client of a real sshd that was started with these lines.
func login(t *testing.T, lines ...string) *ssh.Client {
	t.Helper()
	s := servertest.SSHD(t, servertest.SSHDLines(lines...))
	pool := ssh.NewPool(ssh.Config{File: s.Config})
	t.Cleanup(func() { _ = pool.Close() })
	return pool.Client("lb1")
}

func TestHAProxyPassesTheSuiteThroughSSH(t *testing.T) {
	lbtest.Run(t, func(t *testing.T) lbtest.Subject {
		w := start(t, "abc", backend("app"))
		client := login(t)
		open := func() lb.Balancer {
			c := w.config("app")
			c.Dialer, c.Runner = client, far{client}
			return haproxy.New(c)
		}
		return lbtest.Subject{
			Balancer: open(),
			Reopen:   open,
			Request:  func(t *testing.T, server string) func() error { return w.apps[server].Hold(t, w.Addr) },
			Stop:     func(server string) { w.apps[server].Stop() },
			Start:    func(server string) { w.apps[server].Start() },
		}
	})
}

func TestWhereSSHForwardsNothingAProgramCarries(t *testing.T) {
	servertest.Need(t, "socat")
	w := start(t, "ab", backend("app"))
	client := login(t, "AllowStreamLocalForwarding no")
	c := w.config("app")
	c.Dialer, c.Runner = client, far{client}
	b := haproxy.New(c)
	if err := b.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.set(b, "a out")
	w.until(b, "a", "drained", drained)
	w.set(b, "a in")
	w.is(b, "a", lb.In)
}
