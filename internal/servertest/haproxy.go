package servertest

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"rota/internal/daemon"
)

// HAProxyServer is a real HAProxy for a test, which is failed by whatever goes
// wrong. Its methods may be called concurrently.
type HAProxyServer struct {
	*daemon.HAProxyServer
	t testing.TB
}

// HAProxy starts a real HAProxy and ends it with the test.
func HAProxy(t testing.TB, o daemon.HAProxyOptions) *HAProxyServer {
	t.Helper()
	Need(t, "haproxy")
	// A socket's path must be short, and t.TempDir holds the test's name.
	dir, err := os.MkdirTemp("", "haproxy")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	h, err := daemon.HAProxy(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Stop)
	return &HAProxyServer{h, t}
}

// Backend writes a backend for HAProxy in front of the applications. They are
// checked four times a second, unless further lines say otherwise.
func Backend(name string, apps []*App, lines ...string) string {
	all := append([]string{
		name, "option httpchk GET /health", "http-check expect status 200",
		"default-server check inter 250ms fall 2 rise 2",
	}, lines...)
	for _, app := range apps {
		all = append(all, fmt.Sprintf("server %s %s", app.Name, app.Addr))
	}
	return strings.Join(all, "\n")
}

// Ask sends one line to the admin socket and returns the whole answer.
func (h *HAProxyServer) Ask(line string) string {
	h.t.Helper()
	answer, err := h.HAProxyServer.Ask(h.t.Context(), line)
	if err != nil {
		h.t.Fatalf("haproxy: %s: %v", line, err)
	}
	return answer
}

// Reload makes a new worker take over.
func (h *HAProxyServer) Reload() {
	h.t.Helper()
	if err := h.HAProxyServer.Reload(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}
