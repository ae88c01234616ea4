package ssh

import (
	"net"
	"os"
	"sync"
	"time"
)

// tunnel is a connection from the far side. It adds to the library's what that
// lacks: deadlines, and a Close that ends a read here and now, whatever the
// other side does.
type tunnel struct {
	far    net.Conn
	conn   *conn
	closed chan struct{}
	once   sync.Once

	reads   chan chunk // one at a time from the pump
	reading sync.Mutex // held by Read
	rest    []byte
	err     error

	writing  sync.Mutex // held by Write
	deadline deadline   // of reads

	mu    sync.Mutex
	timer *time.Timer // closes the tunnel at the write deadline
}

type chunk struct {
	data []byte
	err  error
}

func newTunnel(far net.Conn, c *conn) *tunnel {
	t := &tunnel{far: far, conn: c, closed: make(chan struct{}), reads: make(chan chunk)}
	t.deadline.over = make(chan struct{})
	if !c.spawn(t.pump) {
		t.err = ErrClosed
	}
	return t
}

// pump reads on, one piece ahead.
func (t *tunnel) pump() {
	for {
		data := make([]byte, 32<<10)
		n, err := t.far.Read(data)
		select {
		case t.reads <- chunk{data[:n], err}:
		case <-t.closed:
			return
		}
		if err != nil {
			return
		}
	}
}

func (t *tunnel) Read(b []byte) (int, error) {
	t.reading.Lock()
	defer t.reading.Unlock()
	for len(t.rest) == 0 {
		if t.err != nil {
			return 0, t.err
		}
		select { // what has passed wins over what has come
		case <-t.closed:
			return 0, net.ErrClosed
		case <-t.deadline.passed():
			return 0, os.ErrDeadlineExceeded
		default:
		}
		select {
		case c := <-t.reads:
			t.rest, t.err = c.data, c.err
			if lost := t.conn.why(); c.err != nil && lost != nil {
				t.err = lost // not the end of what was to be read
			}
		case <-t.closed:
			return 0, net.ErrClosed
		case <-t.deadline.passed():
			return 0, os.ErrDeadlineExceeded
		}
	}
	n := copy(b, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

// Write returns when the other side has room for b, or the tunnel is closed.
func (t *tunnel) Write(b []byte) (int, error) {
	t.writing.Lock()
	defer t.writing.Unlock()
	select {
	case <-t.closed:
		return 0, net.ErrClosed
	default:
	}
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	data := append([]byte(nil), b...) // it may be written on after we are closed
	if !t.conn.spawn(func() {
		n, err := t.far.Write(data)
		done <- result{n, err}
	}) {
		return 0, ErrClosed
	}
	select {
	case r := <-done:
		return r.n, r.err
	case <-t.closed:
		return 0, net.ErrClosed
	case <-t.conn.lost:
		return 0, t.conn.why()
	}
}

// CloseWrite tells the other side that nothing more will come.
func (t *tunnel) CloseWrite() error {
	if half, ok := t.far.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

func (t *tunnel) Close() error {
	t.once.Do(func() {
		close(t.closed)
		// The word to the other side may have to wait for a wire that is stuck.
		t.conn.spawn(func() { _ = t.far.Close() })
		_ = t.SetDeadline(time.Time{})
	})
	return nil
}

func (t *tunnel) LocalAddr() net.Addr  { return t.far.LocalAddr() }
func (t *tunnel) RemoteAddr() net.Addr { return t.far.RemoteAddr() }

func (t *tunnel) SetDeadline(at time.Time) error {
	_ = t.SetReadDeadline(at)
	return t.SetWriteDeadline(at)
}

func (t *tunnel) SetReadDeadline(at time.Time) error {
	t.deadline.set(at)
	return nil
}

func (t *tunnel) SetWriteDeadline(at time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	if !at.IsZero() {
		t.timer = time.AfterFunc(time.Until(at), func() { _ = t.Close() })
	}
	return nil
}

// deadline is a channel that is closed when a time has come.
type deadline struct {
	mu    sync.Mutex
	timer *time.Timer
	turn  int // tells a timer that it was replaced
	over  chan struct{}
}

func (d *deadline) passed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.over
}

func (d *deadline) set(at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
	}
	d.turn++
	select {
	case <-d.over:
		d.over = make(chan struct{})
	default:
	}
	if at.IsZero() {
		return
	}
	turn := d.turn
	d.timer = time.AfterFunc(time.Until(at), func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.turn == turn {
			close(d.over)
		}
	})
}
