package haproxy_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rota/internal/servertest"
	"rota/lb"
	"rota/lb/haproxy"
)

func TestPreviewTellsTheCommands(t *testing.T) {
	w := start(t, "abc", backend("app"), backend("ws"))
	b := haproxy.New(w.config("app", "ws"))
	w.set(b, "c out")
	w.Ask("set server ws/b weight 0")
	for _, row := range []struct {
		name, wish string
		want       []string
	}{
		{"draining", "a draining", []string{"set server app/a state drain", "set server ws/a state drain"}},
		{"out", "a out", []string{"set server app/a state maint", "set server ws/a state maint"}},
		{"in", "a in", []string{"set server app/a state ready", "set server ws/a state ready"}},
		{"draining what is out", "c draining", nil},
		{"in from weight 0", "b in", []string{"set server app/b state ready", "set server ws/b weight 100%", "set server ws/b state ready"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := b.Preview(t.Context(), changes(t, row.wish)...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWeightZeroIsDraining(t *testing.T) {
	w := start(t, "ab", servers("app", "server a {a} check weight 20", "server b {b} check weight 20"))
	b := haproxy.New(w.config("app"))
	w.Ask("set server app/a weight 0")
	if s := w.is(b, "a", lb.Draining); !strings.Contains(s.Note, "weight 0") || s.Weight != 0 {
		t.Errorf("%+v", s)
	}
	w.set(b, "a in")
	if s := w.is(b, "a", lb.In); s.Weight != 20 {
		t.Errorf("its weight is %d, want the configured 20", s.Weight)
	}
}

func TestAReloadInTheMiddleOfASetIsToldToo(t *testing.T) {
	// A frontend with the name of a backend would make every reading take two.
	w := start(t, "ab", backend("front"), backend("app"))
	c := w.config("app")
	dials := 0
	c.Dialer = dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials++; dials == 3 { // it was read, and told; now it is read back
			w.Reload()
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	})
	b := haproxy.New(c)
	w.set(b, "a out")
	if dials != 6 {
		t.Errorf("%d connections: the new worker was not told", dials)
	}
	w.is(b, "a", lb.Out)
}

func TestPoolsThatDisagreeAreMixed(t *testing.T) {
	w := start(t, "ab", backend("app"), backend("ws"))
	b := haproxy.New(w.config("app", "ws"))
	w.Ask("set server ws/a state maint")
	s := w.is(b, "a", lb.Mixed)
	if s.Pools[0].State != lb.In || s.Pools[1].State != lb.Out {
		t.Errorf("%+v", s.Pools)
	}
	w.set(b, "a in")
	w.is(b, "a", lb.In)
}

func TestAServerMayBeInOneOfThePools(t *testing.T) {
	w := start(t, "abc", backend("app"), servers("ws", "server a {a} check"))
	b := haproxy.New(w.config("app", "ws"))
	if err := b.Check(t.Context()); err != nil {
		t.Error(err)
	}
	w.set(b, "b out")
	if s := w.is(b, "b", lb.Out); len(s.Pools) != 1 {
		t.Errorf("%+v", s.Pools)
	}
}

func TestABackupServesWhenNoOtherCan(t *testing.T) {
	w := start(t, "ab", servers("app", "server a {a} check", "server b {b} check backup"))
	b := haproxy.New(w.config("app"))
	w.healthy(b)
	if s := w.is(b, "b", lb.Out); s.Drained || !strings.Contains(s.Note, "backup") {
		t.Errorf("%+v", s)
	}
	w.set(b, "a draining")
	w.until(b, "b", "in", func(s lb.Server) bool { return s.State == lb.In })
	if name, _ := servertest.Get(t, w.Addr, "/"); name != "b" {
		t.Errorf("answered by %q", name)
	}
	w.set(b, "b out")
	w.is(b, "b", lb.Out)
	w.set(b, "a in")
	w.set(b, "b in") // granted, though it has to wait
	w.is(b, "b", lb.Out)
}

func TestSlowStartIsIn(t *testing.T) {
	w := start(t, "ab", servers("app", "server a {a} check slowstart 20s weight 100", "server b {b} check weight 100"))
	b := haproxy.New(w.config("app"))
	w.healthy(b)
	w.set(b, "a out")
	w.set(b, "a in")
	if s := w.is(b, "a", lb.In); !strings.Contains(s.Note, "slow start, at ") || s.Weight >= 100 {
		t.Errorf("%+v", s)
	}
}

func TestAConfiguredDisabledServerComesIn(t *testing.T) {
	w := start(t, "ab", servers("app", "server a {a} check disabled", "server b {b} check"))
	b := haproxy.New(w.config("app"))
	w.is(b, "a", lb.Out)
	w.set(b, "a in")
	w.is(b, "a", lb.In)
	w.set(b, "a out")
	w.is(b, "a", lb.Out)
}

func TestTracking(t *testing.T) {
	both := []func([]*servertest.App) string{
		servers("app", "server a {a} check", "server b {b} check"),
		servers("ws", "default-server no-check", "server a {a} track app/a", "server b {b} track app/b"),
	}
	t.Run("a follower is changed with the one that it follows", func(t *testing.T) {
		w := start(t, "ab", both...)
		b := haproxy.New(w.config("app", "ws"))
		if err := b.Check(t.Context()); err != nil {
			t.Error(err)
		}
		for _, wish := range []string{"a draining", "a out", "a in"} {
			lines, err := b.Preview(t.Context(), changes(t, wish)...)
			if err != nil || len(lines) != 1 || !strings.HasPrefix(lines[0], "set server app/a ") {
				t.Errorf("%s: %q, %v", wish, lines, err)
			}
			w.set(b, wish)
			w.is(b, "a", changes(t, wish)[0].To)
		}
		w.set(b, "a out")
		if err := b.Prove(t.Context(), "a"); err != nil {
			t.Error(err)
		}
		w.is(b, "a", lb.Draining)
	})
	t.Run("a follower alone is refused", func(t *testing.T) {
		w := start(t, "ab", both...)
		b := haproxy.New(w.config("ws"))
		for _, err := range []error{b.Set(t.Context(), changes(t, "a out")...), b.Check(t.Context())} {
			if err == nil || !strings.Contains(err.Error(), "ws/a follows app/a") {
				t.Errorf("the error is %v", err)
			}
		}
		w.is(b, "a", lb.In)
	})
}
