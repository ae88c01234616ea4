package ssh_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"rota/internal/servertest"
	"rota/ssh"
)

// open returns a client of a real sshd.
func open(t *testing.T, c ssh.Config, options ...servertest.SSHDOption) (*ssh.Client, *servertest.SSHServer) {
	t.Helper()
	s := servertest.SSHD(t, options...)
	if c.File == "" {
		c.File = s.Config
	}
	return pool(t, c).Client("web1"), s
}

func pool(t *testing.T, c ssh.Config) *ssh.Pool {
	t.Helper()
	p := ssh.NewPool(c)
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// limit is a context for what ought to take far less.
func limit(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits until ok is true.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("it never came to pass that %s", what)
			return
		}
	}
}

func status(err error) int {
	var e interface{ ExitStatus() int }
	if errors.As(err, &e) {
		return e.ExitStatus()
	}
	return -1
}

func unknown(err error) bool {
	var e interface{ Unknown() bool }
	return errors.As(err, &e) && e.Unknown()
}

// person answers questions, and remembers them.
type person struct {
	trust  bool
	secret func(prompt string) (string, error)

	mu       sync.Mutex
	confirms []string
	prompts  []string
}

func (p *person) Confirm(_ context.Context, text string) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.confirms = append(p.confirms, text)
	return p.trust, nil
}

func (p *person) Secret(_ context.Context, prompt string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.prompts = append(p.prompts, prompt)
	if p.secret == nil {
		return "", errors.New("nothing to say")
	}
	return p.secret(prompt)
}

// lines is a writer that may be read while it is written to.
type lines struct {
	mu  sync.Mutex
	buf []byte
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = append(l.buf, b...)
	return len(b), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.buf)
}
