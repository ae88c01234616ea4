package e2e

import (
	"slices"
	"strings"
	"testing"
)

// canary makes the site's deploys climb: with weights of 1 in both balancers,
// which need raising for it.
func (w *world) canary(t *testing.T, rules string) {
	t.Helper()
	w.rewrite(t, "rollout:\n", "rollout:\n  strategy: canary\n  canary: {weights: [10%, 50%], hold: 2s}\n  "+rules+"\n")
}

// atRung waits until a canary comes to a rung and until it leaves it, and tells
// which part of the requests meanwhile went to the server.
func (w *world) atRung(t *testing.T, c *call, step, server string) float64 {
	t.Helper()
	count := func(kind string) (own, all int) {
		c.reaches(t, kind+" of "+step, func(e event) bool { return e.Event == kind && e.Step == step })
		return len(w.server(server).requests(t)), len(w.begun(t))
	}
	own, all := count("begin")
	ownAfter, allAfter := count("end")
	return float64(ownAfter-own) / float64(allAfter-all)
}

// weights tells how the balancers weigh, to the byte.
func (w *world) weights(t *testing.T) string {
	t.Helper()
	all := ""
	if w.nginx != nil {
		all = read(t, w.nginx.Upstreams) + read(t, w.nginx.ConfigFile)
	}
	if w.haproxy == nil {
		return all
	}
	for line := range strings.Lines(w.haproxy.Ask("show servers state shop")) {
		if f := strings.Fields(line); len(f) > 8 { // name and weights
			all += f[3] + " " + strings.Join(f[7:9], " ") + "\n"
		}
	}
	return all
}

// TestACanaryClimbsUnderLoad deploys to one server, whose share of the traffic
// rises, and then to the others; afterwards the weights are as they were.
func TestACanaryClimbsUnderLoad(t *testing.T) {
	heavy(t)
	p := brisk()
	p.pause = p.pause / 4
	w := newWorld(t, 3, p)
	w.canary(t, "max_errors: {over_old: 1%, min_requests: 20}")
	me := w.operator(t)
	weights := w.weights(t)
	load := w.traffic(t, w.balancers())
	load.everywhere(t, oldVersion)

	c := me.start(t, "deploy", newVersion, "--yes", "--output", "json")
	tenth := w.atRung(t, c, "b1/hold1", "web1")
	half := w.atRung(t, c, "b1/hold2", "web1")
	c.ends(t, 0)

	load.everywhere(t, newVersion)
	load.intact(t)
	w.inPlace(t, me, newVersion)
	// 0.1 of 2.1 and 0.5 of 2.5.
	t.Logf("it had %.1f %% and %.1f %% of the requests", 100*tenth, 100*half)
	if tenth > 0.1 || half < 0.1 || half > 0.3 {
		t.Error("that is not the share that was asked for")
	}
	if is := w.weights(t); is != weights {
		t.Errorf("the weights were\n%s\nand are\n%s", weights, is)
	}
	var compared []string
	for _, e := range c.events(t) {
		if e.Event == "compared" {
			compared = append(compared, e.Text)
		}
	}
	if len(compared) == 0 || !strings.Contains(compared[0], "new 1.0.2: ") || !strings.HasSuffix(compared[0], "lb2 tells no counts") {
		t.Errorf("compared: %q", compared)
	}
}

// TestAWorseCanaryIsTakenBack deploys a version that answers a share of its
// requests with errors.
func TestAWorseCanaryIsTakenBack(t *testing.T) {
	heavy(t)
	p := brisk()
	p.pause = p.pause / 4
	w := newWorld(t, 3, p)
	w.canary(t, "max_errors: {over_old: 2%, min_requests: 20}\n  on_failure: rollback")
	me := w.operator(t)
	weights := w.weights(t)
	w.server("web1").fault(t, "flaky")
	load := w.traffic(t, w.balancers())
	load.everywhere(t, oldVersion)

	c := me.run(t, 3, "deploy", newVersion, "--yes", "--output", "json")

	load.everywhere(t, oldVersion)
	lost, _, _ := load.settle(t)
	for _, bad := range lost {
		if bad.text != "status 500" {
			t.Errorf("lost: %s: %s", bad.id, bad.text)
		}
	}
	w.inPlace(t, me, oldVersion)
	if is := w.weights(t); is != weights {
		t.Errorf("the weights were\n%s\nand are\n%s", weights, is)
	}
	all := c.events(t)
	worse := slices.IndexFunc(all, func(e event) bool { return e.Event == "compared" && e.Error != "" })
	if worse < 0 || !strings.Contains(all[worse].Error, "max_errors allows 2% more") {
		t.Fatal("it is not said that the new version is worse")
	}
	restored := slices.IndexFunc(all, func(e event) bool { return e.Event == "weights" && e.State == "restored" })
	out := slices.IndexFunc(all[worse:], func(e event) bool { return e.Line == "set server shop/web1 state maint" })
	if out < 0 || restored < worse+out {
		t.Error("the weights were put back before it was out")
	}
}
