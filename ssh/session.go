package ssh

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

const (
	// quiet is how long a command that has ended may say nothing before its
	// output is taken as complete, although something it started holds it open;
	// linger is how long it may go on talking.
	quiet  = 500 * time.Millisecond
	linger = 5 * time.Second
	// killAfter is when a command that was told to end is killed by sshd, past
	// the two seconds that its watcher takes; giveUpAfter is when we go.
	killAfter   = 3 * time.Second
	giveUpAfter = 5 * time.Second
)

// errNoExec is what a server says that runs no commands.
var errNoExec = errors.New("the server refuses to run commands")

// session is one command on a connection.
type session struct {
	gossh.Channel
	requests <-chan *gossh.Request
	conn     *conn

	exited   chan exit     // at most one
	finished chan struct{} // closed when all output was read and the channel is closed
	stop     chan struct{} // closed to end the input
	refused  atomic.Bool   // the server does not run it
	moved    atomic.Int64  // when output last came, or was last taken off our hands
}

// exit is how a command ended.
type exit struct {
	status int
	signal string
}

// job is what a session is to do.
type job struct {
	line   string
	feed   func(ctx context.Context, stdin io.Writer) error // writes the input; what it waits for, ctx ends
	stdout io.Writer
	stderr io.Writer
}

// run starts the job and waits for its end. The error is nil when its status is
// known.
func (s *session) run(ctx context.Context, j job) (exit, error) {
	defer func() { <-s.conn.sessions }()
	s.exited, s.finished, s.stop = make(chan exit, 1), make(chan struct{}), make(chan struct{})
	stdout, stderr := &gate{w: j.stdout}, &gate{w: j.stderr}
	defer stdout.close()
	defer stderr.close()
	feeding, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var parts sync.WaitGroup
	started := s.conn.spawn(func() {
		parts.Go(s.watch)
		parts.Go(func() { s.pump(stdout, s.Channel) })
		parts.Go(func() { s.pump(stderr, s.Stderr()) })
		var input sync.WaitGroup
		input.Go(func() { s.feed(feeding, j) })
		parts.Wait()
		close(s.finished)
		input.Wait()
	})
	if !started {
		return exit{}, ErrClosed
	}
	e, err := s.wait(ctx, cancel)
	s.conn.spawn(func() { _ = s.Close() }) // it may have to wait for a wire that is stuck
	return e, errors.Join(err, stdout.err(), stderr.err())
}

// wait waits until the command has ended, or ends it when ctx does.
func (s *session) wait(ctx context.Context, cancel func()) (exit, error) {
	tick := time.NewTicker(quiet / 5)
	defer tick.Stop()
	var ended *exit
	var endedAt, stoppedAt time.Time
	cancelled, lost := ctx.Done(), s.conn.lost
	for killed := false; ; {
		select {
		case e := <-s.exited:
			ended, endedAt = &e, time.Now()
		case <-s.finished:
			select { // both at once
			case e := <-s.exited:
				ended = &e
			default:
			}
			return s.result(ctx, ended, !stoppedAt.IsZero())
		case <-lost:
			lost = nil // the rest follows by itself
			cancel()
		case <-cancelled:
			cancelled, stoppedAt = nil, time.Now()
			cancel()
			close(s.stop)
		case now := <-tick.C:
			switch {
			case !stoppedAt.IsZero() && now.Sub(stoppedAt) > giveUpAfter:
				return s.result(ctx, ended, true)
			case !stoppedAt.IsZero() && now.Sub(stoppedAt) > killAfter && !killed:
				killed = true
				s.signal("KILL")
			case ended != nil && stoppedAt.IsZero() &&
				(now.Sub(endedAt) > linger || now.Sub(endedAt) > quiet && now.UnixNano()-s.moved.Load() > int64(quiet)):
				return s.result(ctx, ended, false)
			}
		}
	}
}

func (s *session) result(ctx context.Context, ended *exit, stopped bool) (exit, error) {
	switch {
	case stopped && (ended == nil || ended.signal != "" || ended.status != 0):
		return exit{}, &StoppedError{context.Cause(ctx), ended != nil}
	case ended != nil:
		return *ended, nil
	case s.refused.Load():
		return exit{}, errNoExec
	}
	select { // the channel may end a moment before the connection does
	case <-s.conn.lost:
		return exit{}, &LostError{s.conn.why()}
	case <-time.After(quiet):
		return exit{}, &LostError{errors.New("it ended without telling its status")}
	}
}

// watch reads the end of the command from the channel's requests: it comes
// before the end of the output, which something in the background may hold.
func (s *session) watch() {
	for r := range s.requests {
		switch r.Type {
		case "exit-status":
			if len(r.Payload) >= 4 {
				s.exited <- exit{status: int(binary.BigEndian.Uint32(r.Payload))}
				s.ignore()
				return
			}
		case "exit-signal":
			var sig struct {
				Name       string
				CoreDumped bool
				Error      string
				Language   string
			}
			if gossh.Unmarshal(r.Payload, &sig) == nil {
				s.exited <- exit{status: 128 + signalNumber(sig.Name), signal: sig.Name}
				s.ignore()
				return
			}
		}
		_ = r.Reply(false, nil)
	}
}

func (s *session) ignore() {
	for r := range s.requests {
		_ = r.Reply(false, nil)
	}
}

func (s *session) pump(to io.Writer, from io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		s.moved.Store(time.Now().UnixNano())
		if n > 0 {
			_, _ = to.Write(buf[:n]) // the gate keeps the error; the rest is read all the same
			s.moved.Store(time.Now().UnixNano())
		}
		if err != nil {
			return
		}
	}
}

// feed asks for the command and writes its input. It alone writes and closes
// it, as the library wants.
func (s *session) feed(ctx context.Context, j job) {
	for _, pair := range s.conn.env {
		_, _ = s.SendRequest("env", false, gossh.Marshal(struct{ Name, Value string }{pair[0], pair[1]}))
	}
	if s.conn.forward {
		_, _ = s.SendRequest("auth-agent-req@openssh.com", false, nil)
	}
	ok, err := s.SendRequest("exec", true, gossh.Marshal(struct{ Command string }{j.line}))
	if err == nil && !ok {
		s.refused.Store(true)
		_ = s.Close()
		return
	}
	if err != nil {
		return
	}
	if j.feed(ctx, s.Channel) == nil {
		select {
		case <-s.stop:
		case <-ctx.Done():
		}
	}
	_ = s.CloseWrite()
}

func (s *session) signal(name string) {
	s.conn.spawn(func() { _, _ = s.SendRequest("signal", false, gossh.Marshal(struct{ Name string }{name})) })
}
