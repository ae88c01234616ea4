package ssh

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
)

// gate lets nothing through once it is closed: who was given a writer shall not
// find it used after the call has returned.
type gate struct {
	mu     sync.Mutex
	w      io.Writer
	closed bool
	first  error
}

func (g *gate) Write(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed && g.first == nil {
		_, g.first = g.w.Write(b)
	}
	return len(b), nil
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

func (g *gate) err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.first
}

// tail keeps the last that was written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if extra := len(t.buf) - tailSize; extra > 0 {
		t.buf = append(t.buf[:0], t.buf[extra:]...)
	}
	return len(b), nil
}

// String returns it without the blanks around it.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.buf))
}

// buffer keeps what is written to it, up to a limit.
type buffer struct {
	bytes.Buffer
	most int
}

func (b *buffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, fmt.Errorf("more than %d bytes of output", b.most)
	}
	return b.Buffer.Write(p)
}
