package e2e

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// probe makes the site's inventory ask through both balancers.
func (w *world) probe(t *testing.T) {
	t.Helper()
	w.write(t, w.text()+fmt.Sprintf("probe: {urls: ['http://%s/', 'http://%s/'], rate: 20}\n", w.haproxy.Addr, w.nginx.Addr))
}

// TestAProbeProvesADeploy asks through the balancers while a deploy runs, and
// is asked nothing where no request is lost.
func TestAProbeProvesADeploy(t *testing.T) {
	heavy(t)
	w := newWorld(t, 3, brisk())
	w.probe(t)
	me := w.operator(t)

	w.rewrite(t, "/'], rate", "/', 'http://127.0.0.1:1/'], rate")
	me.run(t, 1, "deploy", newVersion, "--yes").says(t, "probe: http://127.0.0.1:1/", "no connection", "nothing was touched")
	w.rewrite(t, ", 'http://127.0.0.1:1/'", "")

	if out := me.run(t, 0, "check").stdout(); strings.Count(out, " answers\n") != 2 {
		t.Errorf("check says\n%s", out)
	}
	c := me.run(t, 0, "deploy", newVersion, "--yes", "--output", "json")
	c.says(t, "done\n", " requests, 0 lost (")
	all := c.events(t)
	if p := all[len(all)-1].Summary.Probe; p == nil || p.Sent < 40 || p.Lost != 0 || len(p.Routes) != 2 {
		t.Errorf("the summary tells %+v", p)
	}
	w.inPlace(t, me, newVersion)
}

// TestLostRequestsRollADeployBack kills a server that is not worked on while
// another one is watched: HAProxy sees it soon, nginx goes on sending to it.
func TestLostRequestsRollADeployBack(t *testing.T) {
	heavy(t)
	p := brisk()
	p.soak = 5 * time.Second
	w := newWorld(t, 4, p)
	w.probe(t)
	w.rewrite(t, "batches: [1, 2, 3]", "batches: [1]")
	me := w.operator(t)

	c := me.start(t, "deploy", newVersion, "--yes", "--on-failure", "rollback", "--output", "json")
	c.reaches(t, "the soak of web1", begins("b1/soak"))
	pid, err := strconv.Atoi(strings.TrimSpace(w.server("web2").process(t)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c.ends(t, 3)
	c.says(t, "rolled back", " lost (")
	all := c.events(t)
	i := slices.IndexFunc(all, func(e event) bool { return e.Event == "lost" })
	if i < 0 {
		t.Fatal("no request was lost")
	}
	if l := all[i].Lost; l.Balancer != "lb1 or lb2" || l.Address == "" || l.Reason == "" || !slices.Equal(l.During, []string{"web1 was being watched in rotation"}) {
		t.Errorf("the first one that was lost is told as %+v", l)
	}
	asked := slices.IndexFunc(all, func(e event) bool { return e.Event == "question" })
	if asked < i || !strings.HasPrefix(all[asked].Text, "the probe has lost ") || all[asked+1].State != "rollback" {
		t.Errorf("asked: %+v", all[max(asked, 0)])
	}
	if is, err := w.server("web1").get("/version"); is != oldVersion {
		t.Errorf("web1 runs %q: %v", is, err)
	}
	for _, name := range []string{"web1", "web3", "web4"} {
		if out := w.outside(t, name); out != "" {
			t.Errorf("%s is out: %s", name, out)
		}
	}
}
