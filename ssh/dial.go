package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"rota/ssh/config"
)

const (
	defaultTimeout = 10 * time.Second // for a login, if nobody says
	defaultAlive   = 5 * time.Second  // between two signs of life
	dialTries      = 8                // at a server that is busy
	silentTries    = 4                // at one that hangs up without a word
)

var errSlow = errors.New("no answer in time")

// busyError says that a server did not want to talk now. Nothing was tried.
type busyError struct{ words string }

func (e *busyError) Error() string {
	if e.words == "" {
		return "it hung up before a word was said"
	}
	return fmt.Sprintf("it answered %q", e.words)
}

// errAsked says that the server would not wait for a person's answer, which is
// known by now.
var errAsked = errors.New("it did not wait for the answer")

// dial logs in, by way of the jump host if there is one. It tries again where
// nothing can have happened: at a busy server, and after a person was asked.
func (c *Client) dial(ctx context.Context) (*conn, error) {
	h, jump, err := c.resolve(ctx)
	if err != nil {
		return nil, err
	}
	address := net.JoinHostPort(h.HostName, h.Port)
	for try, asked := 1, false; ; try++ {
		if jump != nil { // before there is room for us: it needs room itself
			if err := jump.Connect(ctx); err != nil {
				return nil, fmt.Errorf("jump host: %w", err)
			}
		}
		leave, err := c.pool.limits.enter(ctx, address)
		if err != nil {
			return nil, err
		}
		conn, err := c.once(ctx, h, jump)
		leave()
		var busy *busyError
		var refused *net.OpError
		pause := time.Second
		switch {
		case err == nil:
			return conn, nil
		case errors.Is(err, errAsked) && !asked:
			asked, pause = true, 0
		case errors.As(err, &busy) && (try < silentTries || busy.words != "" && try < dialTries):
			most := min(200*time.Millisecond<<try, 6400*time.Millisecond)
			pause = rand.N(most) // so that those who were refused together do not come back together
		case errors.As(err, &refused) && refused.Op == "dial" && try < h.Attempts:
		default:
			return nil, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// once tries to log in one time.
func (c *Client) once(ctx context.Context, h *config.Host, jump *Client) (*conn, error) {
	limit := defaultTimeout
	if h.Timeout > 0 {
		limit = h.Timeout
	}
	if c.pool.config.ConnectTimeout > 0 {
		limit = c.pool.config.ConnectTimeout
	}
	dialing, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	clock := startClock(limit, func() { cancel(errSlow) })
	defer clock.stop()
	raw, err := c.reach(dialing, h, jump)
	if err != nil {
		return nil, late(dialing, limit, err)
	}
	ended := context.AfterFunc(dialing, func() { _ = raw.Close() })
	defer ended()
	greeted, err := greet(raw)
	if err != nil {
		_ = raw.Close()
		return nil, late(dialing, limit, err)
	}
	conn, err := c.handshake(ctx, h, greeted, clock)
	if err != nil {
		_ = raw.Close()
		return nil, late(dialing, limit, err)
	}
	if !ended() { // too late by a moment
		conn.close(context.Cause(dialing))
		return nil, late(dialing, limit, context.Cause(dialing))
	}
	return conn, nil
}

// late puts the cause of ctx's end before what came of it.
func late(ctx context.Context, limit time.Duration, err error) error {
	switch cause := context.Cause(ctx); {
	case cause == nil:
		return err
	case errors.Is(cause, errSlow):
		return fmt.Errorf("no answer within %v: %w", limit, os.ErrDeadlineExceeded)
	default:
		return cause
	}
}

// handshake agrees on keys, checks the machine and logs in.
func (c *Client) handshake(ctx context.Context, h *config.Host, raw net.Conn, clock *clock) (*conn, error) {
	known, err := c.pool.trust.known(h)
	if err != nil {
		return nil, err
	}
	var wary bool
	var how, hostKey string
	var verdict, refusal error
	l := &login{
		host: h, asking: c.pool.asking, keys: c.pool.keys,
		wait: clock.pause, wary: func() bool { return wary }, note: func(tried string) { how = tried },
	}
	next := l.next(ctx)
	w := &wire{Conn: raw}
	cc, channels, requests, err := gossh.NewClientConn(w, net.JoinHostPort(h.HostName, h.Port), &gossh.ClientConfig{
		Config:            gossh.Config{Ciphers: h.Ciphers, KeyExchanges: h.KeyExchanges, MACs: h.MACs},
		User:              h.User,
		HostKeyAlgorithms: algorithms(h, known),
		HostKeyCallback: func(_ string, _ net.Addr, key gossh.PublicKey) error {
			wary, verdict = c.pool.trust.check(ctx, h, key, clock.pause)
			hostKey = describe(key)
			return verdict
		},
		AuthCallback: func(info *gossh.ClientAuthContext) (gossh.AuthMethod, error) {
			var method gossh.AuthMethod
			method, refusal = next(info)
			return method, refusal
		},
	})
	if err != nil {
		asked := clock.stop()
		switch {
		case verdict != nil:
			return nil, verdict
		case strings.Contains(err.Error(), "Too many authentication failures"): // the library's type for it is its own
			return nil, l.tooMany()
		case asked && w.hungUp(): // whatever was tried last, nobody heard it
			return nil, errAsked
		case refusal != nil:
			return nil, refusal
		}
		return nil, err
	}
	conn := c.adopt(gossh.NewClient(cc, channels, requests), w, h, how)
	conn.hostKey = hostKey
	return conn, nil
}

func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// adopt makes a connection of what the library has logged in.
func (c *Client) adopt(client *gossh.Client, w *wire, h *config.Host, how string) *conn {
	conn := &conn{
		client: client, wire: w, env: environment(h), spawn: c.pool.spawn,
		identity: strings.TrimSpace(h.User + "@" + h.HostName + " " + how),
		sessions: make(chan struct{}, sessionsEach), lost: make(chan struct{}),
	}
	if h.ForwardAgent && h.IdentityAgent != "" {
		conn.forward = agent.ForwardToRemote(client, h.IdentityAgent) == nil
	}
	every, misses := defaultAlive, 3
	if h.AliveInterval > 0 {
		every, misses = h.AliveInterval, max(1, h.AliveCount)
	}
	if !c.pool.spawn(func() { conn.watch(every, misses) }) {
		conn.cause = ErrClosed
		close(conn.lost)
		_ = client.Close()
	}
	return conn
}

// environment is what each session is offered; the server takes what it likes
// (sshd_config(5), AcceptEnv).
func environment(h *config.Host) [][2]string {
	var env [][2]string
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		for _, pattern := range h.SendEnv {
			if ok, _ := path.Match(pattern, name); ok {
				env = append(env, [2]string{name, value})
				break
			}
		}
	}
	return append(env, h.SetEnv...)
}
