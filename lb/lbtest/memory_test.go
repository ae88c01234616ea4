package lbtest

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/lb"
)

func TestMemoryPassesTheSuite(t *testing.T) {
	Run(t, func(t *testing.T) Subject {
		m := NewMemory("a", "b", "c")
		m.Window = 20 * time.Millisecond
		m.Latency = time.Millisecond
		m.Stranger("old")
		s := subject(m, m)
		s.Stranger = "old"
		return s
	})
}

func subject(b lb.Balancer, m *Memory) Subject {
	return Subject{
		Balancer: b,
		Reopen:   func() lb.Balancer { return b },
		Request: func(t *testing.T, server string) func() error {
			end, err := m.Request(server)
			if err != nil {
				t.Fatal(err)
			}
			return end
		},
		Stop:  func(server string) { m.Health(server, false) },
		Start: func(server string) { m.Health(server, true) },
	}
}

func TestMemoryFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory("a", "b", "c")
		m.Latency = time.Second
		broken := errors.New("connection reset")
		m.Fault = func(c Call) Fault {
			if c.Method == "Set" {
				return Fault{Delay: 2 * time.Second, Err: broken, Made: 1}
			}
			return Fault{}
		}
		begin := time.Now()
		err := m.Set(t.Context(), lb.Change{Server: "a", To: lb.Out}, lb.Change{Server: "b", To: lb.Out})
		if !errors.Is(err, broken) {
			t.Errorf("the error is %v", err)
		}
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("it took %v, want 3s", took)
		}
		if a, b := m.State("a"), m.State("b"); a != lb.Out || b != lb.In {
			t.Errorf("a is %v and b %v, want out and in: one change was made", a, b)
		}
		if log := m.Log(); len(log) != 1 || len(log[0].Changes) != 2 || !log[0].At.Equal(begin) {
			t.Errorf("the log is %+v", log)
		}
	})
}

func TestMemoryWorld(t *testing.T) {
	m := NewMemory("a", "b")
	m.Stick("a", true)
	if err := m.Set(t.Context(), lb.Change{Server: "a", To: lb.Draining}); err != nil {
		t.Fatal(err)
	}
	if s, _ := m.Servers(t.Context()); s[0].Drained {
		t.Error("a is drained although its clients come back")
	}
	if _, err := m.Request("a"); err != nil {
		t.Error("a client that knows a:", err)
	}
	m.Health("b", false)
	if got := m.State("b"); got != lb.Down {
		t.Errorf("b is dead and %v", got)
	}
	m.Reload()
	if got := m.State("a"); got != lb.In {
		t.Errorf("after a reload a is %v", got)
	}
}

func TestMemoryServesByWeightAndCounts(t *testing.T) {
	m := NewMemory("a", "b")
	m.Stranger("old")
	m.PutWeight("a", 10)
	m.PutWeight("b", 100)
	m.PutWeight("old", 90)
	m.Fail("a", 0.1)
	m.Slow("b", time.Second)
	if lost := m.Serve(2000); lost != 0 {
		t.Errorf("%d requests are lost", lost)
	}
	got, err := m.Counts(t.Context())
	want := []lb.Count{
		{Server: "a", Epoch: "epoch 0", Requests: 100, Server5: 10},
		{Server: "b", Epoch: "epoch 0", Requests: 1000, Time: time.Second},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if err := m.Weigh(t.Context(), lb.Weight{Pool: "app", Name: "b", Weight: 1}); err != nil {
		t.Fatal(err)
	}
	m.Reload()
	if got, err = m.Counts(t.Context()); err != nil || got[0] != (lb.Count{Server: "a", Epoch: "epoch 1", Time: -1}) {
		t.Errorf("after a reload %+v, %v", got, err)
	}
	weights, err := m.Weights(t.Context())
	if err != nil || weights[1].Weight != 100 {
		t.Errorf("after a reload %+v, %v", weights, err)
	}
	m.Static = true
	if err := m.Weigh(t.Context(), weights...); !errors.Is(err, lb.ErrStatic) {
		t.Errorf("fixed weights: %v", err)
	}
	for _, name := range []string{"a", "b"} {
		m.Health(name, false)
	}
	m.PutWeight("old", 0)
	if lost := m.Serve(3); lost != 3 {
		t.Errorf("%d of 3 requests are lost, and nobody serves", lost)
	}
}
