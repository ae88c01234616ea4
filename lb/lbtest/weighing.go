package lbtest

import (
	"context"
	"errors"
	"maps"
	"time"

	"rota/lb"
)

func weightsTold(t trial) {
	t.weigher()
	named := map[string]int{}
	for w, weight := range t.weights(t.Balancer) {
		if weight < 1 || w.pool == "" || w.name == "" {
			t.Errorf("%+v weighs %d", w, weight)
		}
		named[w.server]++
		if w.server == "" && w.name != t.Stranger {
			t.Errorf("%+v is told of, which nobody knows", w)
		}
	}
	for _, name := range []string{"a", "b", "c"} {
		if named[name] == 0 || named[name] != named["a"] {
			t.Errorf("the weights of %s in %d pools are told", name, named[name])
		}
	}
	if t.Stranger != "" && named[""] == 0 {
		t.Errorf("the weight of %s, which the inventory does not name, is not told", t.Stranger)
	}
}

func weighTwice(t trial) {
	t.weigher()
	servers := map[string]int{"a": 10, "b": 100, "c": lb.MostWeight}
	want := t.weights(t.Balancer)
	for w := range want {
		if w.server != "" {
			want[w] = servers[w.server]
		}
	}
	for range 2 {
		t.weigh(servers)
		t.weighed(want)
		t.are("abc", lb.In)
	}
	if err := t.Request(t.T, "a")(); err != nil {
		t.Errorf("a request to a server of another weight: %v", err)
	}
}

func weighBack(t trial) {
	w := t.weigher()
	found, err := w.Weights(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	was := t.weights(t.Balancer)
	if err := w.Weigh(t.Context(), lb.Shares(found, []string{"a"}, 10)...); err != nil {
		t.Fatal(err)
	}
	if maps.Equal(was, t.weights(t.Balancer)) {
		t.Error("a share of ten percent changes no weight")
	}
	for range 2 {
		if err := w.Weigh(t.Context(), found...); err != nil {
			t.Fatal(err)
		}
		t.weighed(was)
	}
}

func weighReopened(t trial) {
	t.weigher()
	t.weigh(map[string]int{"a": 7})
	other := t.Reopen()
	for w, weight := range t.weights(other) {
		if w.server == "a" && weight != 7 {
			t.Errorf("another value tells the weight %d of %+v", weight, w)
		}
	}
	t.Balancer = other
	t.weigh(map[string]int{"a": 1})
}

func weighUnknown(t trial) {
	w := t.weigher()
	was := t.weights(t.Balancer)
	some := pick(was, "a")
	for _, nobody := range []lb.Weight{{Pool: some.Pool, Name: "nobody", Weight: 3}, {Pool: "nowhere", Name: some.Name, Weight: 3}} {
		if err := w.Weigh(t.Context(), some, nobody); !errors.Is(err, lb.ErrNotFound) {
			t.Errorf("the error of an unknown member is %v, want one that wraps lb.ErrNotFound", err)
		}
	}
	t.weighed(was)
}

func weighImpossible(t trial) {
	w := t.weigher()
	was := t.weights(t.Balancer)
	some := pick(was, "a")
	other := pick(was, "b")
	other.Weight = -1
	if err := w.Weigh(t.Context(), some, other); err == nil {
		t.Error("the weight -1 was granted")
	}
	some.Weight = 0
	if err := w.Weigh(t.Context(), some); err != nil {
		t.Errorf("a weight of 0, which leaves the member as it is: %v", err)
	}
	t.weighed(was)
}

func weighOut(t trial) {
	t.weigher()
	t.set(t.Balancer, lb.Change{Server: "a", To: lb.Out}, lb.Change{Server: "b", To: lb.Draining})
	t.becomeOut(t.Balancer, "a")
	servers := map[string]int{"a": 10, "b": 20, "c": 30}
	t.weigh(servers)
	t.are("ab", lb.Draining, lb.Out)
	t.are("c", lb.In)
	t.becomeOut(t.Balancer, "a")
	for w, weight := range t.weights(t.Balancer) {
		if want := servers[w.server]; w.server != "" && weight != want {
			t.Errorf("%+v weighs %d, want %d", w, weight, want)
		}
	}
}

func weighOutAndIn(t trial) {
	t.weigher()
	t.weigh(map[string]int{"a": 10, "b": 20})
	want := t.weights(t.Balancer)
	for _, to := range []lb.State{lb.Draining, lb.Out, lb.In} {
		t.set(t.Balancer, lb.Change{Server: "a", To: to})
		t.weighed(want)
	}
	t.are("abc", lb.In)
}

func weighCancelled(t trial) {
	w := t.weigher()
	was := t.weights(t.Balancer)
	some := pick(was, "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Weigh(ctx, some); !errors.Is(err, context.Canceled) {
		t.Errorf("weigh: the error is %v, want context.Canceled", err)
	}
	if _, err := w.Weights(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("weights: the error is %v, want context.Canceled", err)
	}
	t.weighed(was)
}

func counted(t trial) {
	c, ok := t.Balancer.(lb.Counter)
	if !ok {
		t.Skip("it is no Counter")
	}
	count := func() map[string]lb.Count {
		list, err := c.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]lb.Count{}
		for _, c := range list {
			counts[c.Server] = c
		}
		if len(list) != 3 || len(counts) != 3 {
			t.Fatalf("the counts are %+v, want those of a, b and c", list)
		}
		return counts
	}
	before := count()
	for range 3 {
		if err := t.Request(t.T, "a")(); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(t.Settle); ; time.Sleep(30 * time.Millisecond) {
		after := count()["a"]
		if after.Epoch == "" || after.Epoch != before["a"].Epoch || after.Failed != before["a"].Failed || after.Server5 > 0 {
			t.Fatalf("%+v became %+v", before["a"], after)
		}
		if after.Requests >= before["a"].Requests+3 && after.Time >= 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after three requests %+v became %+v", before["a"], after)
		}
	}
}

// seat is a member of a pool.
type seat struct{ pool, name, server string }

func (t trial) weigher() lb.Weigher {
	w, ok := t.Balancer.(lb.Weigher)
	if !ok {
		t.Skip("it is no Weigher")
	}
	return w
}

// weights asks once.
func (t trial) weights(b lb.Balancer) map[seat]int {
	t.Helper()
	list, err := b.(lb.Weigher).Weights(t.Context())
	if err != nil {
		t.Fatalf("weights: %v", err)
	}
	weights := map[seat]int{}
	for _, w := range list {
		at := seat{w.Pool, w.Name, w.Server}
		if _, double := weights[at]; double {
			t.Fatalf("%+v is listed twice: %+v", at, list)
		}
		weights[at] = w.Weight
	}
	return weights
}

// weighed asks once and expects these weights.
func (t trial) weighed(want map[seat]int) {
	t.Helper()
	if got := t.weights(t.Balancer); !maps.Equal(got, want) {
		t.Fatalf("the weights are %v, want %v", got, want)
	}
}

// weigh sets the weights of servers in all their pools.
func (t trial) weigh(servers map[string]int) {
	t.Helper()
	var want []lb.Weight
	for w := range t.weights(t.Balancer) {
		if weight, ok := servers[w.server]; ok && w.server != "" {
			want = append(want, lb.Weight{Pool: w.pool, Name: w.name, Weight: weight})
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), t.Settle)
	defer cancel()
	if err := t.weigher().Weigh(ctx, want...); err != nil {
		t.Fatalf("weigh %v: %v", want, err)
	}
}

// pick returns a wish for another weight of one of a server's seats.
func pick(weights map[seat]int, server string) lb.Weight {
	for w := range weights {
		if w.server == server {
			return lb.Weight{Pool: w.pool, Name: w.name, Weight: 42}
		}
	}
	return lb.Weight{}
}
