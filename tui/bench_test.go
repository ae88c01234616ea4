package tui

import (
	"fmt"
	"testing"

	tea "charm.land/bubbletea/v2"

	"rota/lb"
	"rota/rollout"
)

// crowd is a run over 1000 servers behind four balancers.
func crowd(t testing.TB) *story {
	st := newStory(t, 1000, 200, 60, func(c *Config) {
		c.Color = true
		c.Balancers = []string{"lb1", "lb2", "lb3", "lb4"}
	})
	st.seen()
	st.begin()
	st.together(func() {
		for i := range 40 {
			st.deployed(st.cfg.Servers[i].Name, rollout.Serving)
		}
		for i := range 20 {
			st.deployed(st.cfg.Servers[40+i].Name, rollout.Deploying)
		}
	})
	return st
}

func BenchmarkFrame(b *testing.B) {
	st := crowd(b)
	b.ReportAllocs()
	for b.Loop() {
		st.send(tick{})
	}
}

func BenchmarkKey(b *testing.B) {
	st := crowd(b)
	k := keyOf("j")
	b.ReportAllocs()
	for b.Loop() {
		st.send(k)
	}
}

// BenchmarkEvents takes what comes in a frame at 5000 events a second.
func BenchmarkEvents(b *testing.B) {
	st := crowd(b)
	b.ReportAllocs()
	for b.Loop() {
		var n news
		for i := range 165 {
			st.seq++
			n.events = append(n.events, rollout.Event{
				Seq: st.seq, Time: st.now, Run: "r7f3", Kind: rollout.Output,
				Server: st.cfg.Servers[40+i%20].Name, Line: "a line of output",
			})
		}
		st.send(n)
	}
}

func BenchmarkSnapshot(b *testing.B) {
	st := crowd(b)
	snap := lb.Snapshot{At: st.now}
	for _, name := range st.cfg.Balancers {
		v := lb.View{Name: name, At: st.now}
		for _, s := range st.cfg.Servers {
			v.Servers = append(v.Servers, lb.Server{Name: s.Name, State: lb.In, Weight: 100, Rate: 10})
		}
		snap.Balancers = append(snap.Balancers, v)
	}
	b.ReportAllocs()
	for b.Loop() {
		st.send(news{snapshot: &snap})
	}
}

// A frame of a thousand servers must stay cheap in memory, which a test can
// tell where it cannot tell time. (The race detector adds some of its own.)
func TestFrameAllocatesLittle(t *testing.T) {
	st := crowd(t)
	if n := testing.AllocsPerRun(20, func() { st.send(tick{}) }); n > 300 {
		t.Errorf("a frame makes %.0f allocations, want at most 300", n)
	}
	st.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	if n := testing.AllocsPerRun(20, func() { st.send(keyOf("j")) }); n > 300 {
		t.Errorf("a key makes %.0f allocations, want at most 300", n)
	}
	if err := st.check(); err != nil {
		t.Error(fmt.Errorf("at the end: %w", err))
	}
}

func BenchmarkSides(b *testing.B) {
	st := crowd(b)
	st.press("6")
	b.ReportAllocs()
	for b.Loop() {
		st.send(tick{})
	}
}
