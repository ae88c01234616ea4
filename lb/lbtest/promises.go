package lbtest

import (
	"context"
	"errors"
	"sync"
	"time"

	"rota/lb"
)

func listed(t trial) {
	if servers := t.look(t.Balancer); len(servers) != 3 {
		t.Errorf("%d servers are listed, want a, b and c: %+v", len(servers), servers)
	}
	t.are("abc", lb.In)
}

func twice(t trial) {
	for range 2 {
		t.set(t.Balancer, lb.Change{Server: "a", To: lb.Out})
		t.becomeOut(t.Balancer, "a")
		t.are("bc", lb.In)
	}
	for range 2 {
		t.set(t.Balancer, lb.Change{Server: "a", To: lb.In})
		t.are("abc", lb.In)
	}
}

func outAndIn(t trial) {
	for _, to := range []lb.State{lb.Draining, lb.Out} {
		t.set(t.Balancer, lb.Change{Server: "a", To: to})
		t.are("a", lb.Draining, lb.Out)
		if err := t.Request(t.T, "b")(); err != nil {
			t.Errorf("a request to b while a is %v: %v", to, err)
		}
		t.set(t.Balancer, lb.Change{Server: "a", To: lb.In})
		t.are("a", lb.In)
		if err := t.Request(t.T, "a")(); err != nil {
			t.Errorf("a request to a after %v and in: %v", to, err)
		}
	}
}

func drainWhileOut(t trial) {
	t.set(t.Balancer, lb.Change{Server: "a", To: lb.Out})
	t.becomeOut(t.Balancer, "a")
	t.set(t.Balancer, lb.Change{Server: "a", To: lb.Draining})
	t.are("a", lb.Out)
}

func several(t trial) {
	t.set(t.Balancer, lb.Change{Server: "a", To: lb.Draining}, lb.Change{Server: "c", To: lb.Out})
	t.are("ac", lb.Draining, lb.Out)
	t.are("b", lb.In)
	t.becomeOut(t.Balancer, "c")
	t.set(t.Balancer, lb.Change{Server: "a", To: lb.In}, lb.Change{Server: "b", To: lb.Draining}, lb.Change{Server: "c", To: lb.In})
	t.are("ac", lb.In)
	t.are("b", lb.Draining, lb.Out)
}

func atOnce(t trial) {
	for _, to := range []lb.State{lb.Out, lb.In} {
		var all sync.WaitGroup
		for _, name := range []string{"a", "b"} {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), t.Settle)
				defer cancel()
				if err := t.Balancer.Set(ctx, lb.Change{Server: name, To: to}); err != nil {
					t.Errorf("set %s %v: %v", name, to, err)
				}
			})
		}
		all.Wait()
		if to == lb.Out {
			t.becomeOut(t.Balancer, "ab")
			t.are("c", lb.In)
		}
	}
	t.are("abc", lb.In)
}

func reopened(t trial) {
	t.set(t.Balancer, lb.Change{Server: "a", To: lb.Out}, lb.Change{Server: "b", To: lb.Draining})
	other := t.Reopen()
	t.becomeOut(other, "a")
	servers := t.look(other)
	if !closed(servers["b"]) || servers["c"].State != lb.In {
		t.Errorf("another value sees b %v and c %v, want draining (or out) and in", servers["b"].State, servers["c"].State)
	}
	t.set(other, lb.Change{Server: "a", To: lb.In}, lb.Change{Server: "b", To: lb.In})
	t.are("abc", lb.In)
}

func unknown(t trial) {
	err := t.Balancer.Set(t.Context(), lb.Change{Server: "a", To: lb.Out}, lb.Change{Server: "nobody", To: lb.Out})
	if !errors.Is(err, lb.ErrNotFound) {
		t.Errorf("the error of an unknown server is %v, want one that wraps lb.ErrNotFound", err)
	}
	t.are("abc", lb.In)
}

func unwishable(t trial) {
	for _, to := range []lb.State{lb.Unknown, lb.Absent, lb.Down, lb.Mixed} {
		if err := t.Balancer.Set(t.Context(), lb.Change{Server: "a", To: to}); err == nil {
			t.Errorf("%v was granted", to)
		}
	}
	t.are("abc", lb.In)
}

func cancelled(t trial) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, to := range []lb.State{lb.Draining, lb.Out, lb.In} {
		if err := t.Balancer.Set(ctx, lb.Change{Server: "a", To: to}); !errors.Is(err, context.Canceled) {
			t.Errorf("set %v: the error is %v, want context.Canceled", to, err)
		}
	}
	if _, err := t.Balancer.Servers(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("servers: the error is %v, want context.Canceled", err)
	}
	t.are("abc", lb.In)
}

func drainKeepsRequest(t trial) {
	end := t.Request(t.T, "a")
	t.set(t.Balancer, lb.Change{Server: "a", To: lb.Draining})
	t.stays("a", "draining and not drained", func(s lb.Server) bool { return s.State == lb.Draining && !s.Drained })
	if err := end(); err != nil {
		t.Errorf("the request under way: %v", err)
	}
	t.becomeDrained("a")
}

func outKeepsRequest(t trial) {
	end := t.Request(t.T, "a")
	t.set(t.Balancer, lb.Change{Server: "a", To: lb.Draining})
	t.set(t.Balancer, lb.Change{Server: "a", To: lb.Out})
	t.stays("a", "out and not drained", func(s lb.Server) bool { return closed(s) && !s.Drained })
	if err := end(); err != nil {
		t.Errorf("the request under way: %v", err)
	}
	t.becomeDrained("a")
	t.becomeOut(t.Balancer, "a")
}

func inIsNotDrained(t trial) {
	t.stays("a", "in and not drained", func(s lb.Server) bool { return s.State == lb.In && !s.Drained })
}

func previewed(t trial) {
	p, ok := t.Balancer.(lb.Previewer)
	if !ok {
		t.Skip("it is no Previewer")
	}
	lines, err := p.Preview(t.Context(), lb.Change{Server: "a", To: lb.Out})
	if err != nil || len(lines) == 0 {
		t.Errorf("preview of a server in rotation going out: %q, %v", lines, err)
	}
	t.are("abc", lb.In)
}

func cut(t trial) {
	c, ok := t.Balancer.(lb.Cutter)
	if !ok {
		t.Skip("it is no Cutter")
	}
	end, other := t.Request(t.T, "a"), t.Request(t.T, "b")
	t.set(t.Balancer, lb.Change{Server: "a", To: lb.Draining})
	if err := c.Cut(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	t.becomeDrained("a")
	if end() == nil {
		t.Error("the request to a came through whole")
	}
	if err := other(); err != nil {
		t.Errorf("the request to b: %v", err)
	}
}

func proveWaits(t trial) {
	p := t.prover()
	t.set(t.Balancer, lb.Change{Server: "a", To: lb.Out}, lb.Change{Server: "b", To: lb.Out})
	t.becomeOut(t.Balancer, "ab")
	ctx, cancel := context.WithTimeout(t.Context(), t.Settle)
	defer cancel()
	if err := p.Prove(ctx, "a", "b"); err != nil {
		t.Fatalf("prove healthy servers: %v", err)
	}
	t.are("ab", lb.Draining, lb.Out)
	t.set(t.Balancer, lb.Change{Server: "a", To: lb.In}, lb.Change{Server: "b", To: lb.In})
	t.are("abc", lb.In)
}

func proveSkipsIn(t trial) {
	p := t.prover()
	ctx, cancel := context.WithTimeout(t.Context(), t.Settle)
	defer cancel()
	if err := p.Prove(ctx, "a"); err != nil {
		t.Errorf("prove a server in rotation: %v", err)
	}
	t.are("abc", lb.In)
}

func proveDead(t trial) {
	p := t.prover()
	if t.Stop == nil || t.Start == nil {
		t.Skip("the test cannot stop an application")
	}
	t.set(t.Balancer, lb.Change{Server: "a", To: lb.Out})
	t.becomeOut(t.Balancer, "a")
	t.Stop("a")
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	if err := p.Prove(ctx, "a"); err == nil {
		t.Error("a dead server was proved")
	}
	t.are("a", lb.Draining, lb.Out)
	t.are("bc", lb.In)

	t.Start("a")
	ctx, cancel = context.WithTimeout(t.Context(), t.Settle)
	defer cancel()
	if err := p.Prove(ctx, "a"); err != nil {
		t.Errorf("prove a server that lives again: %v", err)
	}
	t.are("a", lb.Draining, lb.Out)
}

func proveUnknown(t trial) {
	if err := t.prover().Prove(t.Context(), "nobody"); !errors.Is(err, lb.ErrNotFound) {
		t.Errorf("the error is %v, want one that wraps lb.ErrNotFound", err)
	}
}

func (t trial) prover() lb.Prover {
	p, ok := t.Balancer.(lb.Prover)
	if !ok {
		t.Skip("it is no Prover")
	}
	return p
}
