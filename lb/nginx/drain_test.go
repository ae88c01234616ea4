package nginx_test

import (
	"strings"
	"testing"
	"time"

	"rota/internal/servertest"
	"rota/lb"
)

func TestAnOldWorkerKeepsAServerDraining(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	b := h.balancer()
	end := h.apps["b"].Hold(t, h.Addr) // to b: any request holds the worker, which still knows a
	h.set(b, out("a"))
	servers, err := b.Servers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s := servers[0]; s.State != lb.Draining || s.Drained || !strings.Contains(s.Note, "1 old worker has not ended") {
		t.Errorf("a is %+v", s)
	}
	if got := h.states(h.balancer()); got != "a draining, b in, c in" {
		t.Errorf("to a new process the servers are %q", got)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
	h.become(b, "a out, b in, c in")
}

// TestAServerThatIsOutStaysSo takes b out after a: the old worker that a slow
// request holds has read a as down, so a is not draining again.
func TestAServerThatIsOutStaysSo(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	b := h.balancer()
	h.set(b, out("a"))
	h.become(b, "a out, b in, c in")
	end := h.apps["c"].Hold(t, h.Addr)
	h.set(b, out("b"))
	h.become(b, "a out, b draining, c in")
	if got := h.states(h.balancer()); got != "a draining, b draining, c in" {
		t.Errorf("a new process, which cannot know, says %q", got)
	}
	h.set(b, in("a"))
	h.set(b, out("a"))
	h.become(b, "a out, b draining, c in")
	if err := end(); err != nil {
		t.Error(err)
	}
	h.become(b, "a out, b out, c in")
}

func TestConnectionsCanBeTheProof(t *testing.T) {
	t.Parallel()
	servertest.Need(t, "ss")
	h := start(t, nil)
	h.cfg.Drained = "connections"
	b := h.balancer()
	endA, endB := h.apps["a"].Hold(t, h.Addr), h.apps["b"].Hold(t, h.Addr)
	h.set(b, out("a"))
	servers, err := b.Servers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s := servers[0]; s.State != lb.Draining || s.Sessions != 1 || s.Pools[0].Sessions != 1 {
		t.Errorf("a is %+v", s)
	}
	if err := endA(); err != nil {
		t.Error(err)
	}
	h.become(b, "a out, b in, c in") // although an old worker lives, for b's request
	begun := time.Now()
	if got := h.states(h.balancer()); got != "a out, b in, c in" {
		t.Errorf("to a new process the servers are %q", got)
	}
	if d := time.Since(begun); d < time.Second {
		t.Errorf("it was proved within %v", d)
	}
	if err := endB(); err != nil {
		t.Error(err)
	}
}

func TestWhatServersTellsBesideTheState(t *testing.T) {
	t.Parallel()
	h := start(t, nil,
		"upstream app { server @b weight=3; server @a; server @c backup; }", "upstream second { server @a weight=7; server @b down; }")
	h.cfg.Upstreams = append(h.cfg.Upstreams, "second")
	for _, m := range h.cfg.Members {
		m.Pool = "second"
		h.cfg.Members = append(h.cfg.Members, m)
	}
	h.cfg.Members = append(h.cfg.Members, lb.Member{Server: "nobody", Pool: "app", Address: "192.0.2.1:80"})
	if got := h.states(h.balancer()); got != "b mixed, a in, c in, nobody absent" {
		t.Errorf("the servers are %q", got)
	}
	servers, err := h.balancer().Servers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, c := servers[0], servers[2]
	if b.Weight != 3 || b.Pools[0].State != lb.In || b.Pools[1].State != lb.Out || b.Rate != -1 || b.Errors != -1 {
		t.Errorf("b is %+v", b)
	}
	if c.Note != "backup" || c.Pools[1].State != lb.Absent {
		t.Errorf("c is %+v", c)
	}
	h.cfg.AllowEmpty = true
	h.set(h.balancer(), out("b"), out("a"))
	h.set(h.balancer(), in("b"))
	h.become(h.balancer(), "b in, a out, c in, nobody absent")
}

func TestAFileThatIsNewerThanTheWorkersProvesNothing(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	b := h.balancer()
	h.become(b, "a in, b in, c in")
	time.Sleep(200 * time.Millisecond) // the clocks of files and processes are that far apart, at most
	h.write("upstreams.conf", strings.Replace(h.read("upstreams.conf"), h.expand("@a;"), h.expand("@a down;"), 1))
	if got := h.states(b); got != "a unknown, b unknown, c unknown" {
		t.Errorf("the servers are %q", got)
	}
	h.HUP()
	h.become(b, "a out, b in, c in")
}
