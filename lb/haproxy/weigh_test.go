package haproxy_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rota/lb"
	"rota/lb/haproxy"
)

// weights tells every weight, as "app/a 10".
func (w *world) weights(b *haproxy.Balancer) map[string]int {
	w.t.Helper()
	list, err := b.Weights(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	weights := map[string]int{}
	for _, m := range list {
		weights[m.Pool+"/"+m.Name] = m.Weight
	}
	return weights
}

func weight(pool, name string, to int) lb.Weight {
	return lb.Weight{Pool: pool, Name: name, Weight: to}
}

func TestWeighSendsOneLine(t *testing.T) {
	// A frontend with the name of a backend would make every reading take two.
	w := start(t, "abc", backend("front"), backend("app"), backend("ws"))
	c := w.config("app", "ws")
	dials := 0
	c.Dialer = dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		dials++
		return (&net.Dialer{}).DialContext(ctx, network, address)
	})
	b := haproxy.New(c)
	want := []lb.Weight{weight("app", "a", 10), weight("app", "b", 100), weight("ws", "c", 256), weight("ws", "b", 0)}
	if err := b.Weigh(t.Context(), want...); err != nil {
		t.Fatal(err)
	}
	if dials != 3 {
		t.Errorf("%d connections, want 3: to read, to tell, to read back", dials)
	}
	is := map[string]int{"app/a": 10, "app/b": 100, "app/c": 1, "ws/a": 1, "ws/b": 1, "ws/c": 256}
	if diff := cmp.Diff(is, w.weights(b)); diff != "" {
		t.Error(diff)
	}
	if err := b.Weigh(t.Context(), weight("app", "c", 3), weight("app", "a", 257)); err == nil {
		t.Error("the weight 257 was granted")
	}
	if diff := cmp.Diff(is, w.weights(b)); diff != "" {
		t.Error(diff)
	}
}

func TestWeightZeroIsLeftToTheStates(t *testing.T) {
	w := start(t, "ab", servers("app", "server a {a} weight 20", "server b {b} weight 20"))
	b := haproxy.New(w.config("app"))
	w.Ask("set server app/a weight 0")
	found, err := b.Weights(t.Context())
	if err != nil || found[0].Weight != 0 {
		t.Fatalf("%+v, %v", found, err)
	}
	if err := b.Weigh(t.Context(), lb.Shares(found, []string{"b"}, 50)...); err != nil {
		t.Fatal(err)
	}
	w.is(b, "a", lb.Draining)
	if err := b.Weigh(t.Context(), weight("app", "a", 7)); err != nil {
		t.Fatal(err)
	}
	if s := w.is(b, "a", lb.In); s.Weight != 7 {
		t.Errorf("%+v", s)
	}
}

func TestASlowStartTellsTheWeightThatIsSet(t *testing.T) {
	w := start(t, "ab", servers("app", "server a {a} weight 100 slowstart 20s", "server b {b} weight 100"))
	b := haproxy.New(w.config("app"))
	w.set(b, "a out")
	w.set(b, "a in")
	if err := b.Weigh(t.Context(), weight("app", "a", 50)); err != nil {
		t.Fatal(err)
	}
	if s, told := w.server(b, "a"), w.weights(b)["app/a"]; s.Weight >= 50 || told != 50 {
		t.Errorf("it uses %d and tells %d", s.Weight, told)
	}
}

func TestAlgorithmsWithFixedWeights(t *testing.T) {
	for _, row := range []struct {
		name, balance string
		told, weighed bool // whether Weights and Weigh accept it
	}{
		{"round robin", "balance roundrobin", true, true},
		{"the fewest connections", "balance leastconn", true, true},
		{"random, for which haproxy has no word", "balance random", true, true},
		{"static round robin", "balance static-rr", false, false},
		{"the first one, whatever its weight", "balance first", false, false},
		{"a hash shows only when it is tried", "balance source", true, false},
		{"a consistent hash takes weights", "balance uri\nhash-type consistent", true, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := start(t, "ab", backend("ws"), backend("app", strings.Split(row.balance, "\n")...))
			b := haproxy.New(w.config("ws", "app"))
			_, err := b.Weights(t.Context())
			if (err == nil) != row.told || err != nil && !errors.Is(err, lb.ErrStatic) {
				t.Errorf("weights: the error is %v", err)
			}
			err = b.Weigh(t.Context(), weight("ws", "a", 5), weight("app", "a", 5), weight("app", "b", 50))
			if (err == nil) != row.weighed || err != nil && !errors.Is(err, lb.ErrStatic) {
				t.Errorf("weigh: the error is %v", err)
			}
			if s := w.server(b, "a"); (s.Pools[0].Weight == 5) != row.weighed || (s.Pools[1].Weight == 5) != row.weighed {
				t.Errorf("%+v", s)
			}
			if err := b.Weigh(t.Context(), weight("ws", "a", 1)); err != nil {
				t.Errorf("another pool: %v", err)
			}
		})
	}
}

func TestAnAgentIsNotOutvoted(t *testing.T) {
	var says atomic.Value
	says.Store("up")
	port := agent(t, &says)
	w := start(t, "ab", servers("app", "server a {a}", "server b {b} agent-check agent-inter 100ms agent-port "+port))
	b := haproxy.New(w.config("app"))
	for _, err := range []error{b.Weigh(t.Context(), weight("app", "a", 5)), second(b.Weights(t.Context()))} {
		if err == nil || !strings.Contains(err.Error(), "app/b has an agent") {
			t.Errorf("the error is %v", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestWeighNeedsTheLevelAdmin(t *testing.T) {
	w := start(t, "ab", backend("app"))
	c := w.config("app")
	c.Address = strings.Replace(w.Socket, "admin.sock", "operator.sock", 1)
	b := haproxy.New(c)
	if err := b.Weigh(t.Context(), weight("app", "a", 5)); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("the error is %v", err)
	}
	if weights := w.weights(b); weights["app/a"] != 1 {
		t.Errorf("%v", weights)
	}
}

func TestAReloadInTheMiddleOfAWeighIsToldToo(t *testing.T) {
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
	if err := b.Weigh(t.Context(), weight("app", "a", 9)); err != nil {
		t.Fatal(err)
	}
	if dials != 6 {
		t.Errorf("%d connections: the new worker was not told", dials)
	}
	if weights := w.weights(b); weights["app/a"] != 9 {
		t.Errorf("%v", weights)
	}
}
