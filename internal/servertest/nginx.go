package servertest

import (
	"fmt"
	"strings"
	"testing"

	"rota/internal/daemon"
)

// NginxServer is a real nginx for a test, which is failed by whatever goes
// wrong. Its methods may be called concurrently.
type NginxServer struct {
	*daemon.NginxServer
	t testing.TB
}

// Nginx starts a real nginx and ends it with the test.
func Nginx(t testing.TB, o daemon.NginxOptions) *NginxServer {
	t.Helper()
	return NginxIn(t, t.TempDir(), o)
}

// NginxIn starts a real nginx with its files in dir, where the test may have
// put some that its lines include.
func NginxIn(t testing.TB, dir string, o daemon.NginxOptions) *NginxServer {
	t.Helper()
	Need(t, "nginx")
	n, err := daemon.Nginx(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	return &NginxServer{n, t}
}

// Upstream writes an upstream for nginx in front of the applications. Further
// lines stand before them.
func Upstream(name string, apps []*App, lines ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s {\n", name)
	for _, line := range lines {
		fmt.Fprintf(&b, "    %s\n", line)
	}
	for _, app := range apps {
		fmt.Fprintf(&b, "    server %s;\n", app.Addr)
	}
	return b.String() + "}"
}

// HUP reloads without a test, as an impatient hand would.
func (n *NginxServer) HUP() {
	n.t.Helper()
	if err := n.NginxServer.HUP(); err != nil {
		n.t.Fatal(err)
	}
}
