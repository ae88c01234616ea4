package sshd_test

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// seat is a person at a terminal.
type seat struct {
	*gossh.Session
	t    *testing.T
	keys io.Writer

	mu   sync.Mutex
	seen bytes.Buffer
}

func (s *seat) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.Write(b)
}

// sit opens a terminal with a shell.
func (s *site) sit(t *testing.T) *seat {
	t.Helper()
	session, err := s.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	p := &seat{Session: session, t: t}
	session.Stdout = p
	if p.keys, err = session.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err = errors.Join(session.RequestPty("xterm-256color", 24, 80, gossh.TerminalModes{}), session.Shell()); err != nil {
		t.Fatal(err)
	}
	p.types("", "ready> ")
	return p
}

// types types a text, and waits until what comes of it is to be seen.
func (p *seat) types(text, want string) {
	p.t.Helper()
	if _, err := io.WriteString(p.keys, text); err != nil {
		p.t.Fatal(err)
	}
	eventually(p.t, "see "+want, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		_, after, ok := strings.Cut(p.seen.String(), want)
		if ok {
			p.seen.Reset()
			p.seen.WriteString(after)
		}
		return ok
	})
}

func TestATerminal(t *testing.T) {
	s := open(t)
	p := s.sit(t)
	p.types("tty; stty size; echo \"$TERM\"; pwd; echo ne''xt\r", "/dev/")
	for _, want := range []string{"24 80", "xterm-256color", s.dir, "next"} {
		p.types("", want)
	}
	if err := p.WindowChange(50, 132); err != nil {
		t.Fatal(err)
	}
	p.types("stty size\r", "50 132")
	p.types("echo a'wro\x7f\x7fight'\r", "awight")
	p.types("sh -c 'echo sl\"\"eeps; exec sleep 60'\r", "sleeps")
	p.types("\x03", "ready> ")
	p.types("echo it is \"$?\" now\r", "it is 130 now")
	p.types("exit 3\r", "exit")
	exit := (*gossh.ExitError)(nil)
	if err := p.Wait(); !errors.As(err, &exit) || exit.ExitStatus() != 3 {
		t.Errorf("it ended with %v", err)
	}
}

func TestACommandOnATerminal(t *testing.T) {
	s := open(t)
	session, err := s.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.RequestPty("vt100", 10, 40, gossh.TerminalModes{}); err != nil {
		t.Fatal(err)
	}
	out, err := session.Output("stty size; test -t 2 && echo terminal; kill -9 $$")
	if exit := (*gossh.ExitError)(nil); string(out) != "10 40\r\nterminal\r\n" || !errors.As(err, &exit) || exit.Signal() != "KILL" {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestWhoSitsAtATerminalIsHungUp(t *testing.T) {
	s := open(t)
	pid := func(p *seat) int {
		p.types("echo p''id \"$$\" end\r", "pid ")
		var n int
		eventually(t, "read the pid", func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			number, _, ok := strings.Cut(p.seen.String(), " end")
			n, _ = strconv.Atoi(number)
			return ok && n > 0
		})
		return n
	}
	first, second := s.sit(t), s.sit(t)
	one, two := pid(first), pid(second)
	_ = first.Close()
	eventually(t, "the shell whose session was closed is gone", func() bool { return gone(one) })
	if gone(two) {
		t.Error("the other one is gone, too")
	}
	s.server.Close()
	if !gone(two) {
		t.Error("the server ended, and not its shell")
	}
}
