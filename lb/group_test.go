package lb_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/lb"
	"rota/lb/lbtest"
)

func TestGroupPassesTheSuite(t *testing.T) {
	lbtest.Run(t, func(*testing.T) lbtest.Subject {
		one, two := lbtest.NewMemory("a", "b", "c"), lbtest.NewMemory("c", "b", "a")
		one.Latency = time.Millisecond
		two.Window = 20 * time.Millisecond
		group := func() lb.Balancer { return lb.Group{{Name: "lb1", Balancer: one}, {Name: "lb2", Balancer: two}} }
		return lbtest.Subject{
			Balancer: group(),
			Reopen:   group,
			Request: func(t *testing.T, server string) func() error {
				var ends []func() error
				for _, m := range []*lbtest.Memory{one, two} {
					end, err := m.Request(server)
					if err != nil {
						t.Fatal(err)
					}
					ends = append(ends, end)
				}
				return func() error { return errors.Join(ends[0](), ends[1]()) }
			},
			Stop:  func(server string) { two.Health(server, false) },
			Start: func(server string) { two.Health(server, true) },
		}
	})
}

// pair is two balancers in front of a and b; only lb2 has c.
func pair() (one, two *lbtest.Memory, group lb.Group) {
	one, two = lbtest.NewMemory("a", "b"), lbtest.NewMemory("a", "b", "c")
	return one, two, lb.Group{{Name: "lb1", Balancer: one}, {Name: "lb2", Balancer: two}}
}

func TestGroupAgreesOrIsMixed(t *testing.T) {
	for _, row := range []struct {
		name     string
		one, two lb.State
		want     lb.State
	}{
		{"both in is in", lb.In, lb.In, lb.In},
		{"both out is out", lb.Out, lb.Out, lb.Out},
		{"in and out is mixed", lb.In, lb.Out, lb.Mixed},
		{"draining and out is mixed", lb.Draining, lb.Out, lb.Mixed},
		{"absent in one does not count", lb.Absent, lb.In, lb.In},
		{"absent in both is absent", lb.Absent, lb.Absent, lb.Absent},
		{"in and unknown is mixed", lb.In, lb.Unknown, lb.Mixed},
		{"unknown in both is unknown", lb.Unknown, lb.Unknown, lb.Unknown},
	} {
		t.Run(row.name, func(t *testing.T) {
			one, two, group := pair()
			one.Put("a", row.one)
			two.Put("a", row.two)
			servers, err := group.Servers(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range servers {
				if s.Name == "a" && s.State != row.want {
					t.Errorf("a is %v, want %v", s.State, row.want)
				}
			}
			if last := servers[len(servers)-1].Name; row.want == lb.Absent && last != "a" {
				t.Errorf("the absent one is not last but %s is", last)
			}
		})
	}
}

func TestGroupSumsUp(t *testing.T) {
	group := lb.Group{
		{Name: "lb1", Balancer: fixed{{
			Name: "a", State: lb.Out, Drained: true, Weight: 5, Sessions: 1, Rate: 2, Errors: 3, Note: "by hand",
			Pools: []lb.PoolServer{{Pool: "app", State: lb.Out}},
		}}},
		{Name: "lb2", Balancer: fixed{{
			Name: "a", State: lb.Out, Weight: 7, Sessions: 10, Rate: -1, Errors: 30, Check: "L7OK",
			Pools: []lb.PoolServer{{Pool: "app", State: lb.Out}},
		}}},
	}
	got, err := group.Servers(t.Context())
	want := []lb.Server{{
		Name: "a", State: lb.Out, Weight: 5, Sessions: 11, Rate: -1, Errors: 33, Check: "L7OK", Note: "lb1: by hand",
		Pools: []lb.PoolServer{{Pool: "lb1/app", State: lb.Out}, {Pool: "lb2/app", State: lb.Out}},
	}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestGroupSendsOnlyWhereTheServerIs(t *testing.T) {
	one, two, group := pair()
	if err := group.Set(t.Context(), lb.Change{Server: "c", To: lb.Out}, lb.Change{Server: "a", To: lb.Draining}); err != nil {
		t.Fatal(err)
	}
	if err := group.Prove(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	if log := one.Log(); len(log) != 1 || len(log[0].Changes) != 1 || log[0].Changes[0].Server != "a" {
		t.Errorf("lb1, which does not have c, was called with %+v", log)
	}
	if c := two.State("c"); c != lb.Out {
		t.Errorf("c is %v at lb2", c)
	}
	one.Put("b", lb.Absent)
	two.Put("b", lb.Absent)
	err := group.Set(t.Context(), lb.Change{Server: "a", To: lb.Out}, lb.Change{Server: "b", To: lb.Out})
	if !errors.Is(err, lb.ErrNotFound) || one.State("a") != lb.Draining {
		t.Errorf("a server that none has: %v; a is %v", err, one.State("a"))
	}
}

func TestGroupTellsWhoFailed(t *testing.T) {
	one, two, group := pair()
	two.Fault = func(c lbtest.Call) lbtest.Fault {
		if c.Method == "Set" {
			return lbtest.Fault{Err: errors.New("connection reset")}
		}
		return lbtest.Fault{}
	}
	err := group.Set(t.Context(), lb.Change{Server: "a", To: lb.Out})
	if err == nil || err.Error() != "lb2: connection reset" {
		t.Errorf("the error is %v", err)
	}
	if a := one.State("a"); a != lb.Out {
		t.Errorf("a is %v at lb1, which did not fail", a)
	}
	two.Fault = func(lbtest.Call) lbtest.Fault { return lbtest.Fault{Err: errors.New("no route")} }
	if err := group.Set(t.Context(), lb.Change{Server: "b", To: lb.Out}); err == nil || one.State("b") != lb.In {
		t.Errorf("a balancer out of reach: %v; b is %v at the other", err, one.State("b"))
	}
	if err := group.Only("lb1").Set(t.Context(), lb.Change{Server: "b", To: lb.Out}); err != nil || one.State("b") != lb.Out {
		t.Errorf("without the balancer out of reach: %v; b is %v", err, one.State("b"))
	}
}
