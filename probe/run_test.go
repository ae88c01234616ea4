package probe_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/probe"
)

// runUntil runs a probe until each says that it is enough.
func runUntil(t *testing.T, p *probe.Probe, each func(probe.Lost) bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p.Run(ctx, func(l probe.Lost) {
		if each(l) {
			cancel()
		}
	})
}

// slowly answers after a time.
func slowly(d time.Duration) func(request) bool {
	return func(r request) bool { return (r.total == 1 || r.after(d)) && r.ok() }
}

func TestASlowAnswerDoesNotSlowTheRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var came atomic.Int64
		p := start(t, alone(func(r request) bool {
			came.Add(1)
			return slowly(5 * time.Second)(r)
		}))
		if reasons := run(t, p, 10950*time.Millisecond); reasons != "" {
			t.Error(reasons)
		}
		if n := came.Load(); n != 1+110 {
			t.Errorf("%d requests have come, want the one of the start and ten in each of eleven seconds", n)
		}
		want := probe.Count{
			Route: probe.Route{URL: "http://shop/", Address: "192.0.2.1:80"},
			Sent:  70, Median: 5 * time.Second, Max: 5 * time.Second, // asked five seconds before the end, at the latest
		}
		if diff := cmp.Diff([]probe.Count{want}, p.Counts()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWhatIsNotSentIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := alone(slowly(950 * time.Millisecond))
		config.InFlight = 5
		p := start(t, config)
		if reasons := run(t, p, 950*time.Millisecond); reasons != "not sent: 5 requests are under way" {
			t.Error(reasons)
		}
		if c := p.Counts()[0]; c.Sent != 10 || c.Lost != 5 {
			t.Errorf("%+v", c)
		}
	})
}

func TestTheEnd(t *testing.T) {
	for _, row := range []struct {
		name  string
		takes time.Duration // an answer
		after time.Duration // how long after ctx Run returned
		sent  int           // of three: 250, 150 and 50 ms before the end
	}{
		{"nothing is under way", time.Millisecond, 0, 3},
		{"what is under way is waited for", 900 * time.Millisecond, 850 * time.Millisecond, 3},
		{"what takes too long is not counted", 1125 * time.Millisecond, time.Second, 2},
		{"what does not come is not counted", time.Minute, time.Second, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := start(t, alone(slowly(row.takes)))
				began := time.Now()
				if reasons := run(t, p, 250*time.Millisecond); reasons != "" {
					t.Error(reasons)
				}
				if after := time.Since(began) - 250*time.Millisecond; after != row.after {
					t.Errorf("returned %v after the end, want %v", after, row.after)
				}
				if c := p.Counts()[0]; c.Sent != row.sent || c.Lost != 0 {
					t.Errorf("%d sent, %d lost, want %d and none", c.Sent, c.Lost, row.sent)
				}
			})
		})
	}
}

func TestConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var single, kept atomic.Int64
		longest := 0
		p := start(t, alone(func(r request) bool {
			if r.Close {
				single.Add(1)
			} else {
				kept.Add(1)
				longest = max(longest, r.nth)
			}
			return r.ok()
		}))
		run(t, p, 1950*time.Millisecond)
		if single.Load() != 1+10 || kept.Load() != 10 || longest != 10 {
			t.Errorf("%d on connections of their own, %d on kept ones, %d on one of them", single.Load(), kept.Load(), longest)
		}
	})
}

func TestRoutesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		came := make(chan time.Duration, 100)
		one := app(func(r request) bool {
			came <- time.Since(began)
			return r.ok()
		})
		config := alone(nil)
		config.Resolver = names{"shop": {"192.0.2.2", "192.0.2.1"}}
		config.Dialer = network{"192.0.2.1:80": one, "192.0.2.2:80": one}
		run(t, start(t, config), 175*time.Millisecond)
		var got []time.Duration
		for len(came) > 0 {
			got = append(got, (<-came)/time.Millisecond)
		}
		if diff := cmp.Diff([]time.Duration{0, 0, 0, 50, 100, 150}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestASlowListenerDoesNotSlowTheRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, alone(func(r request) bool { return r.total == 1 && r.ok() }))
		ctx, cancel := context.WithTimeout(t.Context(), 950*time.Millisecond)
		defer cancel()
		told := 0
		p.Run(ctx, func(probe.Lost) {
			told++
			if c := p.Counts()[0]; c.Lost < told {
				t.Errorf("%d are told, %d counted", told, c.Lost)
			}
			time.Sleep(time.Second)
		})
		if c := p.Counts()[0]; told != 10 || c.Sent != 10 || c.Lost != 10 {
			t.Errorf("%d told, %+v", told, c)
		}
	})
}

func TestTimesAreOfTheLastSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, alone(func(r request) bool {
			return r.after(time.Duration(r.total)*time.Millisecond) && r.ok()
		}))
		look := func(median, most time.Duration) {
			t.Helper()
			if c := p.Counts()[0]; c.Median != median || c.Max != most {
				t.Errorf("median %v, max %v, want %v and %v", c.Median, c.Max, median, most)
			}
		}
		look(0, 0)
		run(t, p, 2950*time.Millisecond) // requests 2 to 31
		look(27*time.Millisecond, 31*time.Millisecond)
		time.Sleep(time.Second)
		look(0, 0)
	})
}

func TestRunsCanFollowEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, alone(request.ok))
		run(t, p, 950*time.Millisecond)
		run(t, p, 950*time.Millisecond)
		if c := p.Counts()[0]; c.Sent != 20 || c.Lost != 0 || c.Resent != 0 {
			t.Errorf("%+v", c)
		}
	})
}

func TestTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := make(chan *http.Request, 1)
		config := alone(func(r request) bool {
			select {
			case got <- r.Request:
			default:
			}
			return r.ok()
		})
		config.URLs = []string{"http://me:secret@shop/a%20b?c=d#e"}
		p := start(t, config)
		r := <-got
		user, password, _ := r.BasicAuth()
		sent := []string{r.Method, r.Host, r.RequestURI, r.UserAgent(), user, password}
		if diff := cmp.Diff([]string{"GET", "shop", "/a%20b?c=d", "rota", "me", "secret"}, sent); diff != "" {
			t.Error(diff)
		}
		if url := p.Counts()[0].Route.URL; url != "http://me:xxxxx@shop/a%20b?c=d#e" {
			t.Error(url)
		}
	})
}
