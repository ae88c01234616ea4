package ssh

import (
	"context"
	"io"
	"net"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// agentPatience is how long an agent may take to list its keys. A signature may
// take longer: some agents ask a person.
const agentPatience = 5 * time.Second

// agents keeps one connection to each agent: an agent works through its
// requests one by one anyway.
type agents struct {
	mu      sync.Mutex
	open    map[string]*openAgent // by socket
	running sync.WaitGroup
}

type openAgent struct {
	conn    net.Conn
	client  agent.ExtendedAgent
	signers []gossh.Signer
}

// signers returns the keys in the agent at a socket, none if there is no such
// agent. They are listed once, and again after the agent has failed.
func (a *agents) signers(ctx context.Context, socket string) []gossh.Signer {
	if socket == "" {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if o, ok := a.open[socket]; ok {
		return o.signers
	}
	ctx, cancel := context.WithTimeout(ctx, agentPatience)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil
	}
	_ = conn.SetDeadline(time.Now().Add(agentPatience))
	o := &openAgent{conn: conn, client: agent.NewClient(conn)}
	if o.signers, err = o.client.Signers(); err != nil {
		_ = conn.Close()
		return nil
	}
	_ = conn.SetDeadline(time.Time{})
	if a.open == nil {
		a.open = map[string]*openAgent{}
	}
	a.open[socket] = o
	return o.signers
}

// add gives the agent a key, if there is an agent.
func (a *agents) add(socket string, key agent.AddedKey) {
	a.mu.Lock()
	o, ok := a.open[socket]
	a.mu.Unlock()
	if ok {
		_ = o.client.Add(key)
	}
}

// drop forgets an agent that has failed; it is asked anew when next needed.
func (a *agents) drop(socket string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if o, ok := a.open[socket]; ok {
		_ = o.conn.Close()
		delete(a.open, socket)
	}
}

func (a *agents) close() {
	a.mu.Lock()
	for socket, o := range a.open {
		_ = o.conn.Close()
		delete(a.open, socket)
	}
	a.mu.Unlock()
	a.running.Wait()
}

// signer is a key that may take its time to sign: one in an agent, which may
// ask a person, or one that is still encrypted.
type signer struct {
	public gossh.PublicKey
	sign   func(data []byte, algorithm string) (*gossh.Signature, error)
}

func (s signer) PublicKey() gossh.PublicKey { return s.public }

func (s signer) Sign(_ io.Reader, data []byte) (*gossh.Signature, error) { return s.sign(data, "") }

func (s signer) SignWithAlgorithm(_ io.Reader, data []byte, algorithm string) (*gossh.Signature, error) {
	return s.sign(data, algorithm)
}

// patient makes a signature by an agent end with ctx, and stops the clock
// meanwhile by wait.
func (a *agents) patient(ctx context.Context, socket string, key gossh.Signer, wait func(func())) gossh.Signer {
	type result struct {
		signature *gossh.Signature
		err       error
	}
	return signer{key.PublicKey(), func(data []byte, algorithm string) (*gossh.Signature, error) {
		var r result
		wait(func() {
			done := make(chan result, 1)
			a.running.Go(func() {
				signature, err := signWith(key, data, algorithm)
				done <- result{signature, err}
			})
			select {
			case r = <-done:
			case <-ctx.Done():
				r.err = context.Cause(ctx)
			}
		})
		if r.err != nil {
			a.drop(socket)
		}
		return r.signature, r.err
	}}
}

func signWith(key gossh.Signer, data []byte, algorithm string) (*gossh.Signature, error) {
	if s, ok := key.(gossh.AlgorithmSigner); ok {
		return s.SignWithAlgorithm(nil, data, algorithm)
	}
	return key.Sign(nil, data)
}
