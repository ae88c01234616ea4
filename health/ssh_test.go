package health_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rota/health"
	"rota/internal/servertest"
	"rota/ssh"
)

// An sshd says in its own words that it does not connect for us.
func TestThroughARealSSHD(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(site))
	defer site.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, option := range map[string]servertest.SSHDOption{
		"that connects for us":    servertest.SSHDLines(),
		"that forwards nothing":   servertest.SSHDLines("AllowTcpForwarding no"),
		"that forwards elsewhere": servertest.SSHDLines("PermitOpen 127.0.0.1:1"),
		"that is restricted":      servertest.SSHDLines("DisableForwarding yes"),
	} {
		t.Run(name, func(t *testing.T) {
			server := servertest.SSHD(t, option)
			pool := ssh.NewPool(ssh.Config{File: server.Config})
			defer func() { _ = pool.Close() }()
			host := pool.Client("web1")
			for _, row := range []struct {
				check health.Check
				ok    bool
				text  string
			}{
				{health.Check{HTTP: site.URL + "/200"}, true, ": 200 ("},
				{health.Check{HTTP: site.URL + "/chunks", Body: "oook"}, true, ": 200 ("},
				{health.Check{HTTP: site.URL + "/503"}, false, ": 503, want 200 ("},
				{health.Check{TCP: strings.TrimPrefix(site.URL, "http://")}, true, ": connected ("},
				{health.Check{HTTP: closed.URL}, false, "onnect"},
				{health.Check{Run: "echo down >&2; exit 3"}, false, ": exit status 3: down ("},
			} {
				r := row.check.Once(t.Context(), host, host)
				if r.OK != row.ok || !strings.Contains(r.Text, row.text) {
					t.Errorf("got %+v, want %q", r, row.text)
				}
			}
		})
	}
}
