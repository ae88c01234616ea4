package tui

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/lb"
	"rota/rollout"
)

// cpu is the processor time that this process has used.
func cpu(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// openCrowd opens a screen of 1000 servers behind four balancers, in a run; it
// returns the last word of the balancers, too.
func openCrowd(b *testing.B) (*terminal, func()) {
	st := crowd(b)
	x := openWith(b, func(c Config) *Screen {
		c.Servers, c.Balancers = st.cfg.Servers, st.cfg.Balancers
		return New(c)
	}, tea.WithFPS(perSecond))
	x.Observe(rollout.Event{Seq: 1, Time: time.Now(), Run: "r1", Kind: rollout.RunBegun, Plan: &st.plan})
	x.sees("of 1000")
	return x, func() {
		var snap lb.Snapshot
		for _, name := range st.cfg.Balancers {
			v := lb.View{Name: name, At: time.Now()}
			for _, s := range st.cfg.Servers {
				v.Servers = append(v.Servers, lb.Server{Name: s.Name, State: lb.In, Weight: 100, Rate: 10})
			}
			snap.Balancers = append(snap.Balancers, v)
		}
		x.See(snap)
	}
}

// BenchmarkIdle shows 1000 servers to which nothing happens, but that the
// balancers are asked each second, and tells what part of a core that takes.
func BenchmarkIdle(b *testing.B) {
	_, say := openCrowd(b)
	time.Sleep(500 * time.Millisecond)
	before, began := cpu(b), time.Now()
	for b.Loop() {
		say()
		time.Sleep(time.Second)
	}
	b.ReportMetric(100*float64(cpu(b)-before)/float64(time.Since(began)), "%core")
}

// BenchmarkKeyAmidEvents presses keys while 5000 events a second arrive, and
// tells how long it takes until they are seen to be answered.
func BenchmarkKeyAmidEvents(b *testing.B) {
	x, _ := openCrowd(b)
	end := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		beat := time.NewTicker(10 * time.Millisecond)
		defer beat.Stop()
		for seq := 2; ; {
			select {
			case <-end:
				return
			case <-beat.C:
			}
			for range 50 {
				x.Observe(rollout.Event{
					Seq: seq, Time: time.Now(), Run: "r1", Kind: rollout.Output, Server: fmt.Sprintf("web%d", seq%1000+1), Line: "a line of output",
				})
				seq++
			}
		}
	}()
	var slowest, all time.Duration
	keys := 0
	for b.Loop() {
		for _, k := range []struct{ key, sees string }{{"?", "moving"}, {"1", "SERVER"}} {
			before := time.Now()
			x.vt.SendText(k.key)
			x.sees(k.sees)
			took := time.Since(before)
			slowest = max(slowest, took)
			all += took
			keys++
		}
	}
	close(end)
	<-ended
	b.ReportMetric(float64(all.Microseconds())/1000/float64(keys), "ms/key")
	b.ReportMetric(float64(slowest.Microseconds())/1000, "ms/slowest")
}

func TestManyServersShareTheRoomForLines(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{1: 5000, 100: 5000, 250: 2000, 1000: 500, 100_000: 500} {
		r := ringFor(n)
		for i := range 2*keep + 1 {
			r.push(line{text: fmt.Sprint(i)})
		}
		if got := r.end() - r.gone; got != want || r.at(r.end()-1).text != fmt.Sprint(2*keep) || r.at(r.gone).text != fmt.Sprint(2*keep+1-want) {
			t.Errorf("%d servers: %d lines are kept, want %d, the first is %s", n, got, want, r.at(r.gone).text)
		}
	}
}

// An hour of a run leaves nothing behind that an hour before had not: rings are
// full at some time, and no goroutine is started at all.
func TestAnHourGrowsNothing(t *testing.T) {
	st := newStory(t, 5, 120, 36, func(c *Config) { c.Color = true })
	st.seen()
	st.begin()
	st.deployed("web1", rollout.Deploying)
	hour := func() {
		for second := range 600 {
			st.together(func() {
				for i := range 20 {
					server := st.cfg.Servers[(second+i)%5].Name
					st.event(rollout.Event{Kind: rollout.Output, Server: server, Line: "a line of output"})
					st.event(rollout.Event{Kind: rollout.Noted, Server: server, Text: "something was noted"})
					st.event(rollout.Event{Kind: rollout.Sampled, Server: server, Balancer: "lb1", Sample: &rollout.Sample{Weight: 100, Rate: second}})
				}
			})
			snap := lb.Snapshot{At: st.now, Balancers: []lb.View{{Name: "lb1", At: st.now, Servers: []lb.Server{{Name: "web2", State: lb.In, Rate: second}}}}}
			st.send(news{snapshot: &snap})
			st.cmds = st.cmds[:0]
			st.wait(6 * time.Second)
		}
	}
	size := func() uint64 {
		var s runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	for range 2 { // until the rings are full
		hour()
	}
	before, goroutines := size(), runtime.NumGoroutine()
	hour()
	if after := size(); after > before+before/10+1<<20 {
		t.Errorf("an hour took the memory from %d to %d", before, after)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("an hour took the goroutines from %d to %d", goroutines, n)
	}
}
