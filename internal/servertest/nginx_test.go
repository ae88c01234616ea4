package servertest

import (
	"testing"

	"rota/internal/daemon"
)

func TestNginxLeadsToItsUpstreams(t *testing.T) {
	apps := StartApps(t, "a", "b")
	n := Nginx(t, daemon.NginxOptions{Upstreams: []string{
		Upstream("app", apps[:1]), Upstream("other", apps[1:], "least_conn;"),
	}})
	for _, row := range []struct {
		want   string
		header []string
	}{{"a", nil}, {"b", []string{"X-Upstream", "other"}}} {
		if server, status := Get(t, n.Addr, "/", row.header...); server != row.want || status != 200 {
			t.Errorf("%v leads to %q, status %d", row.header, server, status)
		}
	}
	n.HUP()
	end := apps[0].Hold(t, n.Addr)
	if err := end(); err != nil {
		t.Error(err)
	}
}
