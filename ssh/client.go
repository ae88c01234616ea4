package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"rota/ssh/config"
)

// Client is one machine. It dials at its first use, once for all who want it,
// and again at the next use after the connection was lost. Its methods may be
// called concurrently; with a context that has ended they do nothing.
type Client struct {
	pool  *Pool
	name  string // as it was asked for
	query config.Query
	via   string // the jump hosts in front of it, if it is one itself
	err   error  // why the target cannot be right

	mu       sync.Mutex
	host     *config.Host // once it is resolved
	jump     *Client      // once it is resolved; nil if reached directly
	live     *conn
	attempt  *attempt
	identity string
	hostKey  string // by which it was known at the last login
	sftpless bool   // it offers no sftp
}

// attempt is a dial under way. It ends early when nobody waits for it any more.
type attempt struct {
	done    chan struct{}
	cancel  context.CancelCauseFunc
	waiting int
	conn    *conn
	err     error
}

// Connect logs in now, unless it is connected. Connections that are wanted soon
// are so made side by side.
func (c *Client) Connect(ctx context.Context) error {
	_, err := c.connect(ctx)
	return err
}

// Identity returns who we are on the machine, login@host and the fingerprint of
// the key that was accepted (or the method, when it was no key); "" until the
// first login.
func (c *Client) Identity() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.identity
}

// HostName returns the name or address that ssh_config has for the machine: the
// target's own where it has none. It is "" for a target that cannot be right,
// and where ssh_config cannot be read.
func (c *Client) HostName(ctx context.Context) string {
	if c.err != nil {
		return ""
	}
	h, _, err := c.resolve(ctx)
	if err != nil {
		return ""
	}
	return h.HostName
}

// DialContext connects from the machine to an address that it can reach:
// network is tcp, with host:port, or unix, with the absolute path of a socket
// there. When ctx ends later, the connection stays. Deadlines work; a write
// deadline that passes closes the connection.
//
// Every reason for which a unix socket cannot be reached is one and the same
// *ssh.OpenChannelError of the library, which the error wraps: no socket, no
// right, or forwarding is off.
func (c *Client) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	tunnel, err := conn.dial(ctx, network, address)
	if err != nil && conn.isLost() && ctx.Err() == nil { // it was dead already: nothing was done
		if conn, err = c.connect(ctx); err != nil {
			return nil, err
		}
		tunnel, err = conn.dial(ctx, network, address)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %s %s: %w", c.name, network, address, err)
	}
	return tunnel, nil
}

// connect returns the live connection, dialling if there is none.
func (c *Client) connect(ctx context.Context) (*conn, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if c.err != nil {
		return nil, c.err
	}
	c.mu.Lock()
	if c.live != nil && !c.live.isLost() {
		defer c.mu.Unlock()
		return c.live, nil
	}
	a := c.attempt
	if a == nil {
		if a = c.begin(ctx); a == nil {
			c.mu.Unlock()
			return nil, ErrClosed
		}
		c.attempt = a
	}
	a.waiting++
	c.mu.Unlock()
	select {
	case <-a.done:
		return a.conn, a.err
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.waiting--; a.waiting == 0 {
		a.cancel(context.Cause(ctx))
		if c.attempt == a {
			c.attempt = nil
		}
	}
	return nil, context.Cause(ctx)
}

// begin starts a dial that lives as long as somebody waits for it, or returns
// nil if the pool is closed.
func (c *Client) begin(ctx context.Context) *attempt {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	a := &attempt{done: make(chan struct{}), cancel: cancel}
	started := c.pool.spawn(func() {
		defer cancel(nil)
		conn, err := c.dial(ctx)
		if err != nil {
			err = &UnreachableError{c.name, err}
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		current := c.attempt == a
		if current {
			c.attempt = nil
		}
		if conn != nil && (!current || ctx.Err() != nil) { // nobody wants it any more
			conn.close(context.Cause(ctx))
			conn, err = nil, context.Cause(ctx)
		}
		if conn != nil {
			c.live, c.identity, c.hostKey = conn, conn.identity, conn.hostKey
		}
		a.conn, a.err = conn, err
		close(a.done)
	})
	if !started {
		cancel(ErrClosed)
		return nil
	}
	return a
}

// close ends the connection, or the dial under way.
func (c *Client) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.attempt != nil {
		c.attempt.cancel(ErrClosed)
	}
	if c.live != nil {
		c.live.close(ErrClosed)
	}
}

// resolve asks ssh_config, once, and finds the jump host.
func (c *Client) resolve(ctx context.Context) (*config.Host, *Client, error) {
	c.mu.Lock()
	h, jump := c.host, c.jump
	c.mu.Unlock()
	if h != nil {
		return h, jump, nil
	}
	h, err := c.pool.resolver.Resolve(ctx, c.query)
	if err != nil {
		return nil, nil, err
	}
	hops := c.via // given by the one whose jump host this is
	if hops == "" {
		hops = h.ProxyJump
	}
	if hops != "" {
		before, last := "", hops
		if i := strings.LastIndexByte(hops, ','); i >= 0 {
			before, last = hops[:i], hops[i+1:]
		}
		jump = c.pool.hop(last, before)
	}
	c.pool.hops.Lock() // one at a time, so that a ring is seen by the last of it
	defer c.pool.hops.Unlock()
	for hop := jump; hop != nil; hop = hop.jump {
		if hop == c {
			return nil, nil, errors.New("it is its own jump host: leave it out of the ProxyJump in ssh_config")
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.host, c.jump = h, jump
	return h, jump, nil
}
