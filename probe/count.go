package probe

import (
	"slices"
	"sync"
	"time"
)

// Count is what has become of the requests on one route. A request is counted
// when it has come to its end.
type Count struct {
	Route Route
	Sent  int // all of them
	Lost  int // those that were not answered as they should

	// Resent counts those whose kept connection was closed under them
	// before one byte of an answer had come, and that were then sent again on a
	// new one. Browsers and most other clients do that unasked, so it is no
	// loss, unless the second answer failed too. A reload of nginx does it to
	// connections that are idle; keepalive_min_timeout (nginx 1.27.4) avoids it.
	Resent int

	// How long the answers of the last second took, connecting and body
	// included; 0 when there was none. A lost request has no part in it.
	Median, Max time.Duration
}

// tally counts on one route. Its methods may be called concurrently.
type tally struct {
	mu                 sync.Mutex
	sent, lost, resent int
	recent             []answer // of the last second, the oldest first
}

// answer is an answer that came whole.
type answer struct {
	at   time.Time
	took time.Duration
}

// recently is how far back the times of answers are told.
const recently = time.Second

func (t *tally) answered(took time.Duration, resent bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(resent)
	now := time.Now()
	t.forget(now)
	t.recent = append(t.recent, answer{now, took})
}

func (t *tally) missed(resent bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(resent)
	t.lost++
}

func (t *tally) add(resent bool) {
	t.sent++
	if resent {
		t.resent++
	}
}

// forget drops the answers that are no longer recent.
func (t *tally) forget(now time.Time) {
	t.recent = slices.DeleteFunc(t.recent, func(a answer) bool { return now.Sub(a.at) >= recently })
}

// count returns the figures of now, without their route.
func (t *tally) count() Count {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(time.Now())
	c := Count{Sent: t.sent, Lost: t.lost, Resent: t.resent}
	if len(t.recent) == 0 {
		return c
	}
	var took []time.Duration
	for _, a := range t.recent {
		took = append(took, a.took)
	}
	slices.Sort(took)
	c.Median, c.Max = took[len(took)/2], took[len(took)-1]
	return c
}
