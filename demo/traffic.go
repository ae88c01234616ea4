package demo

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Traffic is what the clients have seen since the start.
type Traffic struct {
	Sent     int64            // requests that have ended, well or not
	Failed   int64            // those that did not get the application's whole answer
	Versions map[string]int64 // the others, by the version that answered
	Failures []Failure        // the last ones, the oldest first; at most 20
	Rate     int              // requests that ended in the last second
}

// Failure is one request that was lost.
type Failure struct {
	At   time.Time
	Text string
}

// failuresKept is how many failures are remembered.
const failuresKept = 20

// traffic is a crowd of clients.
type traffic struct {
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu     sync.Mutex
	seen   Traffic
	recent []time.Time // when the requests of the last second ended
}

// The crowd: about a hundred requests a second, and always some slow ones.
const (
	hasty, pause = 6, 62 * time.Millisecond
	patient      = 4
)

// startTraffic lets clients ask at the address until end. Half of the hasty ones
// keep their connection, unless the balancer reloads: it then closes idle
// connections at the very moment in which a request may be on its way, and a
// client that does not repeat it loses it by a fault that no order of steps can
// avoid (nginx: ngx_close_idle_connections).
func startTraffic(ctx context.Context, address string, reloads bool) *traffic {
	t := &traffic{seen: Traffic{Versions: map[string]int64{}}}
	ctx, t.cancel = context.WithCancel(ctx)
	for i := range hasty {
		c := &client{address: address, keep: i%2 == 0 && !reloads}
		t.wait.Go(func() {
			if !sleep(ctx, pause*time.Duration(i)/hasty) {
				return
			}
			t.ask(ctx, c, "/", pause)
		})
	}
	for range patient {
		t.wait.Go(func() { t.ask(ctx, &client{address: address}, "/slow", 0) })
	}
	return t
}

// ask is the life of one client: a request every so often, GET and POST in turn.
func (t *traffic) ask(ctx context.Context, c *client, path string, every time.Duration) {
	defer c.close()
	for post := false; ; post = !post {
		began := time.Now()
		method := http.MethodGet
		if post {
			method = http.MethodPost
		}
		version, err := c.ask(ctx, method, path)
		if ctx.Err() != nil {
			return
		}
		t.count(version, err)
		wait := every - time.Since(began)
		if err != nil {
			wait = max(wait, pause) // or a dead balancer would be asked without a pause
		}
		if !sleep(ctx, wait) {
			return
		}
	}
}

func (t *traffic) count(version string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.seen.Sent++
	t.recent = append(t.recent, now)
	t.forget(now)
	if err == nil {
		t.seen.Versions[version]++
		return
	}
	t.seen.Failed++
	t.seen.Failures = append(t.seen.Failures, Failure{now, err.Error()})
	if extra := len(t.seen.Failures) - failuresKept; extra > 0 {
		t.seen.Failures = slices.Delete(t.seen.Failures, 0, extra)
	}
}

// forget drops what is older than a second.
func (t *traffic) forget(now time.Time) {
	old := 0
	for old < len(t.recent) && now.Sub(t.recent[old]) > time.Second {
		old++
	}
	t.recent = slices.Delete(t.recent, 0, old)
}

func (t *traffic) now() Traffic {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(time.Now())
	seen := t.seen
	seen.Rate = len(t.recent)
	seen.Versions = maps.Clone(seen.Versions)
	seen.Failures = slices.Clone(seen.Failures)
	return seen
}

// end sends the clients home. What they then had under way is not counted.
func (t *traffic) end() {
	t.cancel()
	t.wait.Wait()
}

// sleep waits, and tells whether ctx still lives.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return ctx.Err() == nil
}
