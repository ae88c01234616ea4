package engine

import "sync"

// Control is how a person reaches into a run. The zero value is ready; its
// methods may be called concurrently and at any time.
type Control struct {
	mu    sync.Mutex
	stops int
	hold  bool
	first chan struct{}
	twice chan struct{}
}

func (c *Control) init() {
	if c.first == nil {
		c.first, c.twice = make(chan struct{}), make(chan struct{})
	}
}

// Stop asks the run to end. The first time, the servers in flight are finished
// and put back; the second time, no further step starts and they stay out.
func (c *Control) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.init()
	c.stops++
	switch c.stops {
	case 1:
		close(c.first)
	case 2:
		close(c.twice)
	}
}

// Hold asks for a gate after the batch in work, whatever the policy says.
func (c *Control) Hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hold = true
}

// takeHold reports whether a gate was asked for, and forgets it.
func (c *Control) takeHold() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.hold
	c.hold = false
	return h
}

// stopped is closed by the first Stop.
func (c *Control) stopped() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.init()
	return c.first
}

// stoppedTwice is closed by the second Stop.
func (c *Control) stoppedTwice() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.init()
	return c.twice
}

func (c *Control) isStopped() bool      { return closed(c.stopped()) }
func (c *Control) isStoppedTwice() bool { return closed(c.stoppedTwice()) }

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
