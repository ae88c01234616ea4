// Package ssh reaches machines: one trusted connection to each, opened when it
// is first needed, used by everything, and opened again after it was lost.
//
// It behaves as OpenSSH would for the same user: ssh_config decides how a
// machine is reached (package config), known_hosts whom to trust (package
// knownhosts), the agent and the key files who one is. What it adds is for
// work on many machines at once: jump hosts are shared, servers are not
// overrun, a person is asked for each thing once, and a command that is
// cancelled is ended with all that it started.
//
// A command is a script for sh, whatever the login shell is. It travels on
// standard input, so that it can be long and hold secrets, and it is run only
// if it has arrived whole. Its end is one of three: it ran and failed
// (*ExitError), nobody knows (an error with Unknown() true), or it never began
// (any other error; safe to try again).
//
// Not here: X11, port forwarding from there to here, pseudo-terminals, GSSAPI,
// host-based login, hardware keys outside an agent, OpenSSH's ControlMaster.
package ssh

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"rota/ssh/config"
)

// Config is what a Pool goes by beside ssh_config.
type Config struct {
	User           string        // the login name where a target has none; "": ssh_config decides
	File           string        // another ssh_config; "": the user's own
	ConnectTimeout time.Duration // until a login has succeeded, less the time in which a person is asked; 0: ssh_config's, else 10 s
	Asker          Asker         // nil: never ask

	// SudoPassword is asked at most once, when a sudo wants a password, and again
	// after a wrong one; it is kept in memory only. prompt says whose password
	// it is. nil: sudo must not want one.
	SudoPassword func(ctx context.Context, prompt string) (string, error)
}

// Asker asks a person. Only one question is open at a time. It stays open until
// it is answered or the Pool is closed, whoever waits for it. An error is no
// answer: what depends on it fails, and is not asked for again before AskAgain.
type Asker interface {
	// Confirm asks for yes or no: whether to trust host keys never seen. The
	// first line of text is the question, the others are what to know.
	Confirm(ctx context.Context, text string) (bool, error)
	// Secret asks for a password or a passphrase, not shown as it is typed. The
	// last line of prompt says which, one before it what was wrong with the last.
	Secret(ctx context.Context, prompt string) (string, error)
}

// ErrClosed is returned by whatever is asked of a closed Pool.
var ErrClosed = errors.New("ssh: closed")

// Pool keeps one Client for each machine. Its methods may be called
// concurrently.
type Pool struct {
	config   Config
	resolver *config.Resolver
	asking   *questions
	trust    *trust
	keys     *keyring
	limits   *limits
	running  sync.WaitGroup // whatever was started in the background
	hops     sync.Mutex     // held while jump hosts are linked

	mu      sync.Mutex
	closed  bool
	clients map[string]*Client
}

// NewPool makes a pool that has no connection yet.
func NewPool(c Config) *Pool {
	p := &Pool{config: c, resolver: config.New(c.File), limits: newLimits(), clients: map[string]*Client{}}
	p.asking = newQuestions(c.Asker, p.spawn)
	p.trust, p.keys = newTrust(p.asking), newKeyring(p.asking)
	return p
}

// AskAgain lets a person be asked once more for what was refused: a host key
// that was not accepted, a secret that was not given or wrong too often. Else
// that is not asked for again, however often it is wanted.
func (p *Pool) AskAgain() { p.asking.again() }

// Client returns the handle of one machine, the same for the same target:
// [user@]host[:port] or a Host alias of ssh_config. Nothing is dialled, and a
// target that cannot be right is refused by the first use.
func (p *Pool) Client(target string) *Client {
	q, err := config.ParseQuery(target)
	if q.User == "" {
		q.User = p.config.User
	}
	return p.client(target, q, "", err)
}

// hop returns the client of a jump host, reached through those before it. The
// inventory's user is not theirs.
func (p *Pool) hop(jump string, before string) *Client {
	q, err := config.ParseQuery(jump)
	return p.client(jump, q, before, err)
}

func (p *Pool) client(name string, q config.Query, via string, err error) *Client {
	key := q.User + "@" + q.Host + ":" + q.Port + " via " + via
	if err != nil {
		key = name
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.clients[key]
	if !ok {
		c = &Client{pool: p, name: name, query: q, via: via, err: err}
		p.clients[key] = c
	}
	return c
}

// Close ends all connections and waits until nothing of the pool is running.
// What is under way ends with an error.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	clients := slices.Collect(maps.Values(p.clients))
	p.mu.Unlock()
	for _, c := range clients {
		c.close()
	}
	p.asking.close()
	p.keys.close()
	p.running.Wait()
	return nil
}

// spawn runs f in the background, and reports whether it does: not in a pool
// that is closed.
func (p *Pool) spawn(f func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.running.Go(f)
	}
	return !p.closed
}
