package haproxy_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rota/internal/servertest"
	"rota/lb"
	"rota/lb/haproxy"
)

func TestAServerWhoseStickyClientsComeBackIsNotDrained(t *testing.T) {
	w := start(t, "ab", servers("app",
		"cookie SRV insert indirect nocache", "server a {a} cookie a check", "server b {b} cookie b check"))
	b := haproxy.New(w.config("app"))
	w.healthy(b)
	w.set(b, "a draining")
	idle := 0
	for end := time.Now().Add(1500 * time.Millisecond); time.Now().Before(end); {
		if name, _ := servertest.Get(t, w.Addr, "/", "Cookie", "SRV=a"); name != "a" {
			t.Fatalf("the client that sticks to a is answered by %s", name)
		}
		s := w.is(b, "a", lb.Draining)
		if s.Sessions == 0 {
			idle++
		}
		if s.Drained {
			t.Fatalf("it is drained while its clients come back: %+v", s)
		}
	}
	if idle == 0 {
		t.Error("it was never without a session, so the test shows nothing")
	}
	w.set(b, "a out")
	if name, _ := servertest.Get(t, w.Addr, "/", "Cookie", "SRV=a"); name != "b" {
		t.Errorf("a is out and its client is answered by %q", name)
	}
	w.until(b, "a", "drained", drained)
}

func TestAReloadPutsAServerBackAndIsSeen(t *testing.T) {
	w := start(t, "ab", backend("app"))
	b := haproxy.New(w.config("app"))
	w.set(b, "a out")
	w.until(b, "a", "drained", drained)
	w.Reload()
	if s := w.is(b, "a", lb.In); s.Drained {
		t.Errorf("it is in and drained: %+v", s)
	}
	w.set(b, "a out")
	if s := w.is(b, "a", lb.Out); s.Drained {
		t.Errorf("it is drained by what the old worker told: %+v", s)
	}
	w.until(b, "a", "drained", drained)
}

func TestAnOldWorkerThatHoldsARequestIsNotDrained(t *testing.T) {
	servertest.Need(t, "ss", "ps")
	w := start(t, "ab", backend("app"))
	b := haproxy.New(w.config("app"))
	w.healthy(b)
	end := w.apps["a"].Hold(t, w.Addr)
	w.Reload()
	w.set(b, "a draining, b draining")
	s := w.until(b, "a", "held by an old worker", func(s lb.Server) bool { return strings.Contains(s.Note, "older worker (pid ") })
	if s.Drained || s.Sessions != 0 {
		t.Errorf("the new worker tells of no session, and an old one holds a request: %+v", s)
	}
	w.until(b, "b", "drained, which no worker holds", drained)
	if s := w.is(b, "a", lb.Draining); s.Drained {
		t.Errorf("an old worker holds a request: %+v", s)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
	w.until(b, "a", "drained", drained)
}

func TestWithoutARunnerAYoungWorkerIsNotTrusted(t *testing.T) {
	w := start(t, "a", backend("app"))
	c := w.config("app")
	c.Network, c.Address, c.Runner = "tcp", w.Admin, nil
	b := haproxy.New(c)
	w.set(b, "a out")
	s := w.until(b, "a", "said to be uncertain", func(s lb.Server) bool { return s.Note != "" })
	if s.Drained || !strings.Contains(s.Note, "cannot be seen") {
		t.Errorf("%+v", s)
	}
}

func TestADeadServerIsDownAndOnlyDrainedWhenTakenOut(t *testing.T) {
	w := start(t, "ab", backend("app"))
	b := haproxy.New(w.config("app"))
	w.healthy(b)
	w.apps["a"].Stop()
	w.until(b, "a", "down", func(s lb.Server) bool { return s.State == lb.Down && s.Check == "L4CON" })
	for end := time.Now().Add(1200 * time.Millisecond); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if s := w.is(b, "a", lb.Down); s.Drained {
			t.Fatalf("its next check may pass: %+v", s)
		}
	}
	if err := b.Set(t.Context(), changes(t, "a in")...); err == nil || !strings.Contains(err.Error(), "L4CON") {
		t.Errorf("put in while it is dead: %v", err)
	}
	w.set(b, "a draining")
	if s := w.is(b, "a", lb.Draining); !strings.Contains(s.Note, "its check fails") {
		t.Errorf("draining and dead: %+v", s)
	}
	w.until(b, "a", "drained", drained)
}

func TestProveWaitsForAFreshCheck(t *testing.T) {
	w := start(t, "ab", servers("app",
		"cookie SRV insert indirect nocache", "default-server check inter 250ms fall 1 rise 1",
		"server a {a} cookie a", "server b {b} cookie b"))
	b := haproxy.New(w.config("app"))
	w.healthy(b)
	w.set(b, "a out")
	a := w.apps["a"]
	a.SetHealthy(false)

	proved := make(chan error, 1)
	go func() { proved <- b.Prove(t.Context(), "a") }()
	before := a.Served()
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		if name, status := servertest.Get(t, w.Addr, "/", "Cookie", "SRV=a"); status != http.StatusOK || name != "b" {
			t.Errorf("a client that sticks to a gets %d from %q", status, name)
		}
	}
	if served := a.Served() - before; served > 0 {
		t.Errorf("%d requests came to a server that is not proved", served)
	}
	select {
	case err := <-proved:
		t.Fatal("it is proved while it answers 503:", err)
	default:
	}
	a.SetHealthy(true)
	if err := <-proved; err != nil {
		t.Fatal(err)
	}
	w.is(b, "a", lb.Draining)
	w.set(b, "a in")
	w.is(b, "a", lb.In)
}

func TestProveGivesUpAndSaysWhy(t *testing.T) {
	w := start(t, "abc", backend("app"))
	b := haproxy.New(w.config("app"))
	w.healthy(b)
	w.set(b, "a out, c draining")
	w.apps["a"].SetHealthy(false)
	ctx, cancel := contextFor(t, 1500*time.Millisecond)
	defer cancel()
	err := b.Prove(ctx, "a", "b", "c")
	if err == nil || !strings.Contains(err.Error(), "app/a: its check has not passed: it is DOWN, check L7STS 503") {
		t.Errorf("the error is %v", err)
	}
	w.is(b, "a", lb.Out)
	w.is(b, "b", lb.In)
	w.is(b, "c", lb.Out)
}

func TestProveSeesAReload(t *testing.T) {
	w := start(t, "ab", backend("app"))
	b := haproxy.New(w.config("app"))
	w.set(b, "a out")
	w.apps["a"].SetHealthy(false)
	ctx, cancel := contextFor(t, 10*time.Second)
	defer cancel()
	proved := make(chan error, 1)
	go func() { proved <- b.Prove(ctx, "a") }()
	w.until(b, "a", "being proved", func(s lb.Server) bool { return s.State == lb.Draining })
	w.Reload()
	if err := <-proved; err == nil || !strings.Contains(err.Error(), "was put back") {
		t.Errorf("the error is %v", err)
	}
	w.is(b, "a", lb.Out)
}

func TestWithoutACheckProvePassesAndLeavesItOut(t *testing.T) {
	w := start(t, "ab", servers("app", "server a {a} no-check", "server b {b} check"))
	b := haproxy.New(w.config("app"))
	if s := w.is(b, "a", lb.In); s.Check != "" {
		t.Errorf("it has no check: %+v", s)
	}
	w.set(b, "a out")
	if err := b.Prove(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	w.is(b, "a", lb.Out)
	w.set(b, "a in")
	w.is(b, "a", lb.In)
}
