package e2e

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rota/internal/daemon"
)

// TestABalancerThatDies lets one of the two balancers die while web2 is worked
// on. Whoever asks through the other one loses nothing.
func TestABalancerThatDies(t *testing.T) {
	haproxy, nginx := (*world).killHAProxy, (*world).stopNginx
	for n, row := range []struct {
		name    string
		dies    func(*world, *testing.T) (again func())
		dead    string
		says    string
		other   string
		when    func(event) bool
		touched bool // web2 was proved out before
	}{
		{"HAProxy, while web2 drains", haproxy, "lb1", "nobody listens", "lb2", begins("b2/drained"), false},
		{"HAProxy, while web2 is deployed to", haproxy, "lb1", "nobody listens", "lb2", begins("web2/step1"), true},
		{"nginx, while web2 drains", nginx, "lb2", "is not running", "lb1", begins("b2/drained"), false},
		{"nginx, while web2 is deployed to", nginx, "lb2", "is not running", "lb1", begins("web2/step1"), true},
	} {
		t.Run(row.name, func(t *testing.T) {
			some(t, n)
			heavy(t)
			w := newWorld(t, 3, brisk())
			w.rewrite(t, "batches: [1, 2, 3]", "batches: [1]", "drain_timeout: 20s", "drain_timeout: 4s")
			me := w.operator(t)
			load := w.traffic(t, map[string]string{row.other: w.balancers()[row.other]})
			load.everywhere(t, oldVersion)
			was := [2]string{w.server("web2").process(t), w.server("web3").process(t)}

			c := me.start(t, "deploy", newVersion, "--yes", "--output", "json")
			c.reaches(t, row.name, row.when)
			again := row.dies(w, t)
			c.ends(t, 1)
			c.says(t, row.dead+": ", row.says, "web2", "rota resume")
			if touched := was[0] != w.server("web2").process(t); touched != row.touched {
				t.Errorf("web2 was touched: %v", touched)
			}
			if was[1] != w.server("web3").process(t) {
				t.Error("web3 was touched")
			}
			me.run(t, 1, "plan", newVersion).says(t, row.dead)

			again()
			me.run(t, 0, "resume", "--yes")
			load.everywhere(t, newVersion)
			load.intact(t)
			w.inPlace(t, me, newVersion)
		})
	}
}

// TestADeadBalancerIsLeftOut goes on without one, by the word of a person.
func TestADeadBalancerIsLeftOut(t *testing.T) {
	heavy(t)
	w := newWorld(t, 2, brisk())
	me := w.operator(t)
	load := w.traffic(t, map[string]string{"lb2": w.nginx.Addr})
	load.everywhere(t, oldVersion)
	again := w.killHAProxy(t)
	untouched := w.server("web1").process(t)
	me.run(t, 1, "deploy", newVersion, "--yes").says(t, "lb1", "nothing was touched")
	if w.server("web1").process(t) != untouched {
		t.Error("web1 was touched")
	}
	me.run(t, 0, "deploy", newVersion, "--yes", "--without-balancer", "lb1")
	load.everywhere(t, newVersion)
	load.intact(t)
	s := me.status(t)
	if b := s.Balancers[0]; b.Reachable || s.Servers[0].Balancers["lb1"].State != "unknown" || s.Servers[0].Rotation != "mixed" {
		t.Errorf("status tells the dead balancer as %+v, and web1 as %+v", b, s.Servers[0])
	}
	again()
	w.inPlace(t, me, newVersion)
}

// process is the id of the server's process, as its deploy has noted it.
func (s server) process(t *testing.T) string {
	t.Helper()
	return read(t, filepath.Join(s.dir, "pid"))
}

// killHAProxy ends all of HAProxy at once. again starts it as it was configured.
func (w *world) killHAProxy(t *testing.T) (again func()) {
	t.Helper()
	if err := syscall.Kill(-w.haproxy.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-w.haproxy.Done()
	return func() {
		dir := filepath.Dir(w.haproxy.Socket)
		w.restart(t, func() error { _, err := w.haproxy.Worker(t.Context()); return err },
			dir, "haproxy", "-W", "-db", "-f", filepath.Join(dir, "haproxy.cfg"))
	}
}

// stopNginx ends nginx. again starts it as it was configured.
func (w *world) stopNginx(t *testing.T) (again func()) {
	t.Helper()
	w.nginx.Stop()
	return func() {
		w.restart(t, func() error { _, err := (server{addr: w.nginx.Addr}).get("/"); return err },
			filepath.Dir(w.nginx.ConfigFile), "sh", "-c", strings.TrimSuffix(w.nginx.Test, " -t")+" -g 'daemon off;'")
	}
}

func (w *world) restart(t *testing.T, ready func() error, dir, program string, args ...string) {
	t.Helper()
	path, err := daemon.Find(program)
	if err != nil {
		t.Fatal(err)
	}
	p, err := daemon.Start(dir, path, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	if err := p.Ready(t.Context(), ready); err != nil {
		t.Fatal(err)
	}
}
