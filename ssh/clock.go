package ssh

import (
	"sync"
	"time"
)

// clock ends something that takes too long. It stands still while a person is
// asked.
type clock struct {
	mu      sync.Mutex
	left    time.Duration
	since   time.Time
	pauses  int
	timer   *time.Timer
	end     func()
	expired bool
	asked   bool
}

// startClock runs end when limit has passed, unless stop is called before.
func startClock(limit time.Duration, end func()) *clock {
	c := &clock{left: limit, since: time.Now(), end: end}
	c.timer = time.AfterFunc(limit, c.ring)
	return c
}

func (c *clock) ring() {
	c.mu.Lock()
	ring := c.pauses == 0
	c.expired = c.expired || ring
	c.mu.Unlock()
	if ring {
		c.end()
	}
}

// pause runs f while the clock stands still.
func (c *clock) pause(f func()) {
	c.mu.Lock()
	c.asked = true
	if c.pauses++; c.pauses == 1 {
		c.timer.Stop()
		c.left -= time.Since(c.since)
	}
	c.mu.Unlock()
	f()
	c.mu.Lock()
	if c.pauses--; c.pauses == 0 && !c.expired {
		c.since = time.Now()
		c.timer.Reset(max(c.left, time.Second)) // who was asked shall not be cut off at once
	}
	c.mu.Unlock()
}

// stop stops the clock, and reports whether a person was asked meanwhile.
func (c *clock) stop() (asked bool) {
	c.timer.Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}
