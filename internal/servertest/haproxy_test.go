package servertest_test

import (
	"strings"
	"testing"

	"rota/internal/daemon"
	"rota/internal/servertest"
)

func TestHAProxyServesAndReloads(t *testing.T) {
	apps := servertest.StartApps(t, "a", "b")
	h := servertest.HAProxy(t, daemon.HAProxyOptions{Backends: []string{
		servertest.Backend("app", apps),
		servertest.Backend("other", apps[1:]),
	}})
	end := apps[0].Hold(t, h.Addr)
	if name, status := servertest.Get(t, h.Addr, "/", "X-Backend", "other"); name != "b" || status != 200 {
		t.Errorf("%s answered %d, want b and 200", name, status)
	}
	before, _ := h.Worker(t.Context())
	h.Reload()
	if after, err := h.Worker(t.Context()); err != nil || after == before {
		t.Errorf("the worker is %d, %v; before the reload it was %d", after, err, before)
	}
	if n := apps[0].InFlight(); n != 1 {
		t.Errorf("%d requests are under way, want the one held", n)
	}
	if err := end(); err != nil {
		t.Errorf("the request held over the reload: %v", err)
	}
}

func TestAppStopsAndStarts(t *testing.T) {
	app := servertest.StartApp(t, "a")
	app.SetHealthy(false)
	if _, status := servertest.Get(t, app.Addr, "/health"); status != 503 {
		t.Errorf("a sick application answers %d", status)
	}
	end := app.Hold(t, app.Addr)
	app.Stop()
	if err := end(); err == nil || strings.Contains(err.Error(), "begin end") {
		t.Errorf("the request held by a stopped application: %v", err)
	}
	app.SetHealthy(true)
	app.Start()
	if name, status := servertest.Get(t, app.Addr, "/health"); name != "a" || status != 200 {
		t.Errorf("%s answers %d after the start", name, status)
	}
	if n := app.Served(); n != 1 {
		t.Errorf("%d requests served, want the one held", n)
	}
}
