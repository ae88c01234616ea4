package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSomebodyPutsAServerBack does what another team's change could, while web2
// is out, between two of its steps.
func TestSomebodyPutsAServerBack(t *testing.T) {
	for n, row := range []struct {
		name     string
		balancer string
		meddle   func(*world, *testing.T)
	}{
		{"by a reload of HAProxy", "lb1", func(w *world, _ *testing.T) { w.haproxy.Reload() }},
		{"by hand in HAProxy", "lb1", func(w *world, _ *testing.T) { w.haproxy.Ask("set server shop/web2 state ready") }},
		{"by hand in nginx", "lb2", func(w *world, t *testing.T) {
			write(t, w.nginx.Upstreams, strings.Replace(read(t, w.nginx.Upstreams), " down;", ";", 1))
			w.nginx.HUP()
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			some(t, n)
			heavy(t)
			w := newWorld(t, 3, brisk())
			hold := filepath.Join(w.dir, "hold")
			write(t, hold, "")
			w.rewrite(t, "batches: [1, 2, 3]", "batches: [1]", "  steps:\n", fmt.Sprintf(
				"  steps:\n    - run: while [ -e %s ]; do sleep 0.05; done\n      only: [web2]\n", hold))
			me := w.operator(t)
			load := w.traffic(t, w.balancers())
			load.reloaded = row.balancer == "lb1"
			load.everywhere(t, oldVersion)

			c := me.start(t, "deploy", newVersion, "--yes", "--output", "json")
			c.reaches(t, "the first step of web2", begins("web2/step1"))
			row.meddle(w, t)
			e := c.reaches(t, "a disturbance", func(e event) bool { return e.Event == "disturbed" })
			if e.Server != "web2" || e.Balancer != row.balancer || e.Error != "" {
				t.Errorf("the disturbance is told as %+v", e)
			}
			if err := os.Remove(hold); err != nil {
				t.Fatal(err)
			}
			c.ends(t, 0)
			load.everywhere(t, newVersion)
			load.intact(t)
			w.inPlace(t, me, newVersion)
		})
	}
}

// TestAnotherHandsEditIsNotLoaded finds a change in nginx's files that nobody
// has loaded yet.
func TestAnotherHandsEditIsNotLoaded(t *testing.T) {
	heavy(t)
	w := newWorld(t, 2, brisk())
	me := w.operator(t)
	me.run(t, 0, "check") // by now the clocks tell that nginx is older
	write(t, w.nginx.Upstreams, read(t, w.nginx.Upstreams)+"# to be continued\n")
	untouched := w.untouched(t)
	for _, args := range [][]string{{"check"}, {"plan", newVersion}, {"deploy", newVersion, "--yes"}} {
		me.run(t, 1, args...).says(t, "lb2", w.nginx.Upstreams, "changed by another hand", "reload nginx")
	}
	untouched(t)
	w.nginx.HUP()
	eventually(t, "it is loaded", func() bool { return len(me.status(t).Servers) == 2 && me.quiet(t, "check") })
	me.run(t, 0, "deploy", newVersion, "--yes")
	w.inPlace(t, me, newVersion)
}

// quiet tells whether a command ends with 0.
func (o operator) quiet(t *testing.T, args ...string) bool {
	t.Helper()
	c := o.start(t, args...)
	<-c.done
	return c.status == 0
}

// untouched notes how everything is. What it returns fails the test if the
// balancers, the servers or the lock are no more as they were.
func (w *world) untouched(t *testing.T) func(*testing.T) {
	t.Helper()
	look := func() string {
		all := ""
		if w.nginx != nil {
			all = read(t, w.nginx.Upstreams) + read(t, w.nginx.ConfigFile)
		}
		if w.haproxy != nil {
			for line := range strings.Lines(w.haproxy.Ask("show servers state shop")) {
				if f := strings.Fields(line); len(f) > 7 { // name, states and weight; the rest moves by itself
					all += strings.Join(f[3:8], " ") + "\n"
				}
			}
		}
		for _, s := range w.servers {
			all += s.process(t)
		}
		locks, _ := filepath.Glob(filepath.Join(w.dir, "record", "*.lock"))
		return all + fmt.Sprint(locks)
	}
	was := look()
	return func(t *testing.T) {
		t.Helper()
		if is := look(); is != was {
			t.Errorf("something was touched: it was\n%s\nand is\n%s", was, is)
		}
	}
}
