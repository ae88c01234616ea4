package demo

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// lifeline is a socket that every application holds on to: it ends when the
// line does, so no pid has to be known, and it is known to be gone when its end
// of the line is.
type lifeline struct {
	path   string
	listen *net.UnixListener
	wait   sync.WaitGroup

	mu    sync.Mutex
	cut   bool
	conns map[*net.UnixConn]bool
}

func newLifeline(path string) (*lifeline, error) {
	l := &lifeline{path: path, conns: map[*net.UnixConn]bool{}}
	var err error
	if l.listen, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"}); err != nil {
		return nil, err
	}
	l.wait.Go(l.accept)
	return l, nil
}

func (l *lifeline) accept() {
	for {
		conn, err := l.listen.AcceptUnix()
		if err != nil {
			return
		}
		l.mu.Lock()
		if l.cut {
			_ = conn.CloseWrite()
		}
		l.conns[conn] = true
		l.mu.Unlock()
		l.wait.Go(func() {
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
			l.mu.Lock()
			delete(l.conns, conn)
			l.mu.Unlock()
		})
	}
}

// endTime is how long an application may take to end; one that is stopped by a
// debugger is not waited for.
const endTime = 3 * time.Second

// end cuts the line and waits until everybody who held it is gone.
func (l *lifeline) end() {
	_ = l.listen.Close()
	l.mu.Lock()
	l.cut = true
	for conn := range l.conns {
		_ = conn.CloseWrite()
		_ = conn.SetReadDeadline(time.Now().Add(endTime))
	}
	l.mu.Unlock()
	l.wait.Wait()
}

// hold takes hold of the line and ends this process when it is cut.
func hold(path string) error {
	conn, err := (&net.Dialer{}).Dial("unix", path)
	if err != nil {
		return errors.Join(errors.New("the demo is over"), err)
	}
	go func() { // waits for by nobody: its end is the process's
		_, _ = io.Copy(io.Discard, conn)
		os.Exit(0)
	}()
	return nil
}
