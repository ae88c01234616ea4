package lb_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/lb"
	"rota/lb/lbtest"
)

// fixed is a balancer that always says the same.
type fixed []lb.Server

func (f fixed) Servers(ctx context.Context) ([]lb.Server, error) { return f, ctx.Err() }
func (f fixed) Set(context.Context, ...lb.Change) error          { return nil }
func (f fixed) Info(ctx context.Context) (lb.Info, error) {
	return lb.Info{Kind: "fixed\n", Version: "1\x1b[2J"}, ctx.Err()
}

func TestLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		hangs := lbtest.NewMemory("a")
		hangs.Latency = time.Hour
		broken := errors.New("no\x1b]0;title\a route\nhint")
		fails := lbtest.NewMemory("a")
		fails.Fault = func(lbtest.Call) lbtest.Fault { return lbtest.Fault{Err: broken} }
		begin := time.Now()
		got := lb.Look(ctx, []lb.Named{
			{Name: "hangs", Balancer: hangs},
			{Name: "works", Balancer: fixed{{Name: "a", Check: "L7\tOK", Note: "\x1b[31mred"}}},
			{Name: "fails", Balancer: fails},
		})
		if took := time.Since(begin); took != time.Second {
			t.Errorf("it took %v", took)
		}
		if v := got.Balancers[0]; !errors.Is(v.Err, context.DeadlineExceeded) || v.Servers != nil {
			t.Errorf("the one that hangs: %+v", v)
		}
		if v := got.Balancers[2]; !errors.Is(v.Err, broken) || v.Err.Error() != "no route\nhint" {
			t.Errorf("the one that fails: %q", v.Err)
		}
		works := lb.View{
			Name: "works", At: begin, Info: lb.Info{Kind: "fixed", Version: "1"},
			Servers: []lb.Server{{Name: "a", Check: "L7      OK", Note: "red"}},
		}
		if diff := cmp.Diff(works, got.Balancers[1]); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWatchShowsEveryInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		m := lbtest.NewMemory("a")
		m.Latency = 10 * time.Millisecond
		begin := time.Now()
		var at []time.Duration
		var states []lb.State
		lb.Watch(ctx, []lb.Named{{Name: "lb1", Balancer: m}}, time.Second, func(s lb.Snapshot) {
			at = append(at, s.At.Sub(begin))
			states = append(states, s.Balancers[0].Servers[0].State)
			m.Put("a", lb.Out)
			if len(at) == 3 {
				cancel()
			}
		})
		if diff := cmp.Diff([]time.Duration{10 * time.Millisecond, 1010 * time.Millisecond, 2010 * time.Millisecond}, at); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]lb.State{lb.In, lb.Out, lb.Out}, states); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWatchIsNotHeldUpByOneThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		hangs, works := lbtest.NewMemory("a"), lbtest.NewMemory("a")
		asked := 0
		hangs.Fault = func(lbtest.Call) lbtest.Fault {
			if asked++; asked == 2 {
				return lbtest.Fault{Delay: time.Hour}
			}
			return lbtest.Fault{}
		}
		begin := time.Now()
		var late int
		lb.Watch(ctx, []lb.Named{{Name: "hangs", Balancer: hangs}, {Name: "works", Balancer: works}}, time.Second, func(s lb.Snapshot) {
			bad, good := s.Balancers[0], s.Balancers[1]
			if good.Err != nil || s.At.Sub(good.At) > 500*time.Millisecond {
				t.Errorf("at %v the other's data is of %v: %v", s.At.Sub(begin), good.At.Sub(begin), good.Err)
			}
			switch since := s.At.Sub(begin); {
			case since < 6*time.Second && since > 0: // asked at 1 s; until its deadline the last that it said is shown
				late++
				if bad.Err != nil || !bad.At.Equal(begin) || len(bad.Servers) != 1 {
					t.Errorf("at %v the one that hangs: %+v", since, bad)
				}
			case since > 6*time.Second && since < 7*time.Second:
				if !errors.Is(bad.Err, context.DeadlineExceeded) || bad.Servers != nil {
					t.Errorf("at %v the one that hangs: %+v", since, bad)
				}
			case since > 7*time.Second:
				if bad.Err != nil {
					t.Errorf("at %v the one that hung answers again: %+v", since, bad)
				}
			}
		})
		if late != 5 {
			t.Errorf("%d snapshots while it hung, want 5", late)
		}
	})
}

func TestWatchBeginsWithoutTheOneThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		hangs := lbtest.NewMemory("a")
		hangs.Latency = time.Hour
		begin := time.Now()
		lb.Watch(ctx, []lb.Named{{Name: "lb1", Balancer: hangs}}, time.Second, func(s lb.Snapshot) {
			if v := s.Balancers[0]; v.Err == nil || s.At.Sub(begin) != 500*time.Millisecond {
				t.Errorf("after %v: %+v", s.At.Sub(begin), v)
			}
			cancel()
		})
	})
}

// tardy is a balancer that reads at once and answers late, as one does that
// looks for older workers on its machine before it tells that a server is drained.
type tardy struct {
	*lbtest.Memory
	late time.Duration
}

func (t tardy) Servers(ctx context.Context) ([]lb.Server, error) {
	servers, err := t.Memory.Servers(ctx)
	time.Sleep(t.late)
	return servers, err
}

// Who compares the time of a view with that of a change must not take what was
// read before the change for what was said after it.
func TestAViewIsNoNewerThanWhatWasRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := lbtest.NewMemory("a")
		m.Put("a", lb.Draining)
		changed := time.Now().Add(time.Second)
		time.AfterFunc(time.Second, func() { m.Put("a", lb.In) })
		v := lb.Look(t.Context(), []lb.Named{{Name: "lb1", Balancer: tardy{m, 2 * time.Second}}}).Balancers[0]
		if v.Servers[0].State != lb.Draining || !v.At.Before(changed) {
			t.Errorf("%v is of %v, and was changed at %v", v.Servers[0].State, v.At, changed)
		}
	})
}
