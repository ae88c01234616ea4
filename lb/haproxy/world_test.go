package haproxy_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"rota/internal/daemon"
	"rota/internal/servertest"
	"rota/lb"
	"rota/lb/haproxy"
)

// shell runs scripts on this machine, below a command such as sudo if it has one.
type shell []string

func (s shell) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	args := slices.Concat(s, shell{"sh", "-euc", script})
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(stdin), &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return out, err
}

// world is a real HAProxy in front of applications.
type world struct {
	*servertest.HAProxyServer
	apps map[string]*servertest.App
	t    *testing.T
}

// start starts applications and an HAProxy whose backends are written with them.
// The test goes on beside others, because most of its time is waiting.
func start(t *testing.T, names string, backends ...func([]*servertest.App) string) *world {
	t.Helper()
	servertest.Need(t, "haproxy")
	t.Parallel()
	w := &world{apps: map[string]*servertest.App{}, t: t}
	apps := servertest.StartApps(t, strings.Split(names, "")...)
	for _, app := range apps {
		w.apps[app.Name] = app
	}
	var o daemon.HAProxyOptions
	o.Global = []string{"stats socket unix@operator.sock mode 600 level operator"}
	for _, backend := range backends {
		o.Backends = append(o.Backends, backend(apps))
	}
	w.HAProxyServer = servertest.HAProxy(t, o)
	return w
}

// backend is one backend with the lines given, of all applications.
func backend(name string, lines ...string) func([]*servertest.App) string {
	return func(apps []*servertest.App) string { return servertest.Backend(name, apps, lines...) }
}

// servers is a backend written with lines that hold application's addresses,
// as "{a}".
func servers(name string, lines ...string) func([]*servertest.App) string {
	return func(apps []*servertest.App) string {
		text := servertest.Backend(name, nil, lines...)
		for _, app := range apps {
			text = strings.ReplaceAll(text, "{"+app.Name+"}", app.Addr)
		}
		return text
	}
}

// config reaches the world's admin socket from here; its members are the
// applications in the backends.
func (w *world) config(backends ...string) haproxy.Config {
	c := haproxy.Config{Network: "unix", Address: w.Socket, Dialer: &net.Dialer{}, Runner: shell{}}
	for _, name := range backends {
		for _, app := range []string{"a", "b", "c"} {
			if w.apps[app] != nil {
				c.Members = append(c.Members, lb.Member{Server: app, Pool: name})
			}
		}
	}
	return c
}

// set asks for states, written as "a draining, b out".
func (w *world) set(b *haproxy.Balancer, wish string) {
	w.t.Helper()
	if err := b.Set(w.t.Context(), changes(w.t, wish)...); err != nil {
		w.t.Fatalf("set %s: %v", wish, err)
	}
}

func changes(t *testing.T, wish string) []lb.Change {
	t.Helper()
	var want []lb.Change
	for part := range strings.SplitSeq(wish, ", ") {
		var c lb.Change
		name, state, _ := strings.Cut(part, " ")
		if err := c.To.UnmarshalText([]byte(state)); err != nil {
			t.Fatal(err)
		}
		c.Server = name
		want = append(want, c)
	}
	return want
}

func (w *world) server(b lb.Balancer, name string) lb.Server {
	w.t.Helper()
	list, err := b.Servers(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(s lb.Server) bool { return s.Name == name })
	if i < 0 {
		w.t.Fatalf("%s is not listed: %+v", name, list)
	}
	return list[i]
}

// is expects the server's state at once.
func (w *world) is(b lb.Balancer, name string, state lb.State) lb.Server {
	w.t.Helper()
	s := w.server(b, name)
	if s.State != state {
		w.t.Fatalf("%s is %v, want %v: %+v", name, s.State, state, s)
	}
	return s
}

// until asks until the server is as it should be, for ten seconds at most.
func (w *world) until(b lb.Balancer, name, what string, ok func(lb.Server) bool) lb.Server {
	w.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		s := w.server(b, name)
		if ok(s) {
			return s
		}
		if time.Now().After(end) {
			w.t.Fatalf("%s is not %s: %+v", name, what, s)
		}
	}
}

func drained(s lb.Server) bool { return s.Drained }

// healthy waits until the checks of all servers of a backend have passed, so
// that what a test sees is its own doing.
func (w *world) healthy(b lb.Balancer) {
	w.t.Helper()
	list, err := b.Servers(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range list {
		w.until(b, s.Name, "healthy", func(s lb.Server) bool { return s.Check == "L7OK" })
	}
}
