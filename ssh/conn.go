package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

const (
	// sessionsEach is how many commands may run at once on one connection. sshd
	// allows ten (MaxSessions), but frees a place only after it has seen the last
	// of the command, so that even six at once meet refusals.
	sessionsEach = 4
	// sessionTries is how often a refused session is asked for again.
	sessionTries = 6
)

// conn is one connection, logged in.
type conn struct {
	client   *gossh.Client
	wire     *wire
	identity string
	hostKey  string
	env      [][2]string       // offered to each session
	forward  bool              // the agent, to each session
	spawn    func(func()) bool // runs in the background, unless the pool is closed

	sessions chan struct{}
	lost     chan struct{} // closed when the connection has ended
	mu       sync.Mutex
	cause    error // why we have ended it
}

// wire counts what is received, since any packet is a sign of life, and knows
// first when nothing more will come.
type wire struct {
	net.Conn
	received atomic.Int64
	broken   atomic.Pointer[error]
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.received.Add(int64(n))
	if err != nil {
		w.broken.CompareAndSwap(nil, &err)
	}
	return n, err
}

// hungUp reports whether it was the other side that ended it.
func (w *wire) hungUp() bool {
	err := w.broken.Load()
	return err != nil && hungUp(*err)
}

// watch looks after the connection until it has ended.
func (c *conn) watch(every time.Duration, misses int) {
	c.spawn(func() { c.keepAlive(every, misses) })
	err := c.client.Wait()
	if err == nil {
		err = io.EOF
	}
	c.wire.broken.CompareAndSwap(nil, &err)
	close(c.lost)
	_ = c.client.Close()
}

// keepAlive closes the connection when nothing at all was received for so many
// times the interval: TCP itself does not notice a dead peer for a quarter of
// an hour.
func (c *conn) keepAlive(every time.Duration, misses int) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var asking atomic.Bool
	for seen, silent := c.wire.received.Load(), 0; ; {
		select {
		case <-c.lost:
			return
		case <-tick.C:
		}
		if now := c.wire.received.Load(); now != seen {
			seen, silent = now, 0
		} else if silent++; silent >= misses {
			c.close(fmt.Errorf("the connection was lost: no answer for %v", time.Duration(misses)*every))
			return
		}
		if asking.CompareAndSwap(false, true) {
			c.spawn(func() {
				defer asking.Store(false)
				_, _, _ = c.client.SendRequest("keepalive@openssh.com", true, nil)
			})
		}
	}
}

// close ends the connection and all that waits for it.
func (c *conn) close(cause error) {
	c.mu.Lock()
	if c.cause == nil {
		c.cause = cause
	}
	c.mu.Unlock()
	_ = c.client.Close()
}

// isLost reports whether the connection has ended, also when not all that was
// using it has been told.
func (c *conn) isLost() bool { return c.why() != nil }

// why returns why the connection has ended, nil if it has not.
func (c *conn) why() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return c.cause
	}
	if err := c.wire.broken.Load(); err != nil {
		return fmt.Errorf("the connection was lost: %w", *err)
	}
	return nil
}

// dial opens a tunnel. If ctx ends first the server may still be trying: what
// it then opens is closed.
func (c *conn) dial(ctx context.Context, network, address string) (net.Conn, error) {
	switch network {
	case "tcp", "tcp4", "tcp6", "unix":
	default:
		return nil, net.UnknownNetworkError(network)
	}
	far, err := within(ctx, c, func() (net.Conn, error) { return c.client.Dial(network, address) })
	if err != nil {
		return nil, err
	}
	return newTunnel(far, c), nil
}

// open opens a session, waiting for room.
func (c *conn) open(ctx context.Context) (*session, error) {
	select {
	case c.sessions <- struct{}{}:
	case <-c.lost:
		return nil, c.why()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	for try, pause := 1, 20*time.Millisecond; ; try, pause = try+1, pause*2 {
		s, err := within(ctx, c, func() (*session, error) {
			channel, requests, err := c.client.OpenChannel("session", nil)
			if err != nil {
				return nil, err
			}
			return &session{Channel: channel, requests: requests, conn: c}, nil
		})
		var refused *gossh.OpenChannelError
		if err == nil {
			return s, nil
		}
		if !errors.As(err, &refused) || refused.Reason != gossh.ConnectionFailed || try > sessionTries {
			<-c.sessions
			return nil, err
		}
		select {
		case <-time.After(pause/2 + rand.N(pause)):
		case <-ctx.Done():
			<-c.sessions
			return nil, context.Cause(ctx)
		}
	}
}

// within runs open, which the connection's end ends, until ctx ends; what is
// opened too late is closed.
func within[T interface{ Close() error }](ctx context.Context, c *conn, open func() (T, error)) (T, error) {
	type result struct {
		it  T
		err error
	}
	done, gone := make(chan result), make(chan struct{})
	defer close(gone)
	started := c.spawn(func() {
		it, err := open()
		select {
		case done <- result{it, err}:
		case <-gone:
			if err == nil {
				_ = it.Close()
			}
		}
	})
	var none T
	if !started {
		return none, ErrClosed
	}
	select {
	case r := <-done:
		if r.err != nil && c.isLost() {
			return none, c.why()
		}
		return r.it, r.err
	case <-c.lost:
		return none, c.why()
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}
