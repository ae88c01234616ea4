package proxy_test

import (
	"maps"
	"net"
	"testing"
	"time"

	"rota/lb"
	"rota/lb/haproxy"
)

// client is rota's own client of the balancer.
func (b *balancer) client() *haproxy.Balancer {
	c := haproxy.Config{Network: "unix", Address: b.socket, Dialer: &net.Dialer{}}
	for _, name := range []string{"s1", "s2", "s3"} {
		c.Members = append(c.Members, lb.Member{Server: name, Pool: "app"})
	}
	return haproxy.New(c)
}

func TestRequestsFollowTheWeights(t *testing.T) {
	both(t, func(t *testing.T, b *balancer) {
		b.send(t, "set server app/s1 weight 10; set server app/s2 weight 100; set server app/s3 state maint\n")
		for range 110 {
			if _, err := b.get("/"); err != nil {
				t.Fatal(err)
			}
		}
		b.figures(t, "s1", map[string]string{"hrsp_2xx": "10"})
		b.figures(t, "s2", map[string]string{"hrsp_2xx": "100"})
	})
}

func TestRequestsAreCountedAlike(t *testing.T) {
	both(t, func(t *testing.T, b *balancer) {
		b.only(t)
		for _, path := range []string{"/", "/", "/error", "/abort", "/half", "/missing"} {
			_, _ = b.get(path) // what comes of it is counted
		}
		want := lb.Count{Requests: 4, Server5: 1, Failed: 2}
		for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
			counts, err := b.client().Counts(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got := counts[0]
			if got.Requests == want.Requests && got.Server5 == want.Server5 && got.Failed == want.Failed && got.Time >= 0 {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%+v, want %+v", got, want)
			}
		}
	})
}

func TestTimesAreToldAlike(t *testing.T) {
	both(t, func(t *testing.T, b *balancer) {
		b.only(t)
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = b.get("/block") // its time is what is looked at
		}()
		<-b.apps[0].at
		time.Sleep(100 * time.Millisecond) // it is measured
		close(b.apps[0].block)
		<-done
		for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
			counts, err := b.client().Counts(t.Context())
			if err == nil && counts[0].Time >= 100*time.Millisecond && counts[1].Time == -1 {
				return
			}
			if err != nil || time.Now().After(end) {
				t.Fatalf("%+v, %v", counts, err)
			}
		}
	})
}

func TestTheTableTellsTheSameWeights(t *testing.T) {
	both(t, func(t *testing.T, b *balancer) {
		client := b.client()
		if err := client.Weigh(t.Context(), lb.Weight{Pool: "app", Name: "s2", Weight: 50}, lb.Weight{Pool: "app", Name: "s3", Weight: 2}); err != nil {
			t.Fatal(err)
		}
		got, stats := map[string]string{}, b.stats(t)
		for _, name := range []string{"s1", "s2", "s3", "BACKEND"} {
			got[name] = stats[name]["weight"] + " " + stats[name]["uweight"]
		}
		if want := map[string]string{"s1": "100 100", "s2": "50 50", "s3": "2 2", "BACKEND": "152 152"}; !maps.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}
