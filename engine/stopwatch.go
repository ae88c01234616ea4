package engine

import (
	"sync"
	"time"
)

// stopwatch tells how much of a run was spent waiting for what: for a person,
// for what cannot be avoided, and the rest, which is rota's own. Waits that
// overlap count once.
type stopwatch struct {
	begun time.Time

	mu    sync.Mutex
	waits int
	since time.Time
	total time.Duration
	asked time.Duration
}

func newStopwatch() *stopwatch { return &stopwatch{begun: time.Now()} }

// wait begins a wait that cannot be avoided and returns what ends it.
func (w *stopwatch) wait() func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waits == 0 {
		w.since = time.Now()
	}
	w.waits++
	return sync.OnceFunc(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.waits--
		if w.waits == 0 {
			w.total += time.Since(w.since)
		}
	})
}

// ask begins a wait for a person. Questions are asked one at a time and while
// nothing else is waited for.
func (w *stopwatch) ask() func() {
	begun := time.Now()
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.asked += time.Since(begun)
	}
}

// read returns the whole time, and of it the waits for a person, what cannot be
// avoided, and the rest.
func (w *stopwatch) read() (total, asked, unavoidable, own time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	total = time.Since(w.begun)
	return total, w.asked, w.total, max(total-w.asked-w.total, 0)
}
