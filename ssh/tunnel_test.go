package ssh_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"rota/internal/servertest"
	"rota/ssh"
)

// echo answers on a listener with what it is sent.
func echo(t *testing.T, network, address string) net.Addr {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { _, _ = io.Copy(c, c); _ = c.Close() })
		}
	})
	t.Cleanup(func() { _ = l.Close(); running.Wait() })
	return l.Addr()
}

func TestAddressesAreReachedFromThere(t *testing.T) {
	c, _ := open(t, ssh.Config{})
	for network, address := range map[string]string{
		"tcp":  echo(t, "tcp", "127.0.0.1:0").String(),
		"unix": echo(t, "unix", filepath.Join(t.TempDir(), "s")).String(),
	} {
		conn, err := c.DialContext(limit(t, 20*time.Second), network, address)
		if err != nil {
			t.Errorf("%s: %v", network, err)
			continue
		}
		big := strings.Repeat("hello ", 100_000)
		go func() {
			_, _ = io.WriteString(conn, big)
			_ = conn.(interface{ CloseWrite() error }).CloseWrite()
		}()
		if b, err := io.ReadAll(conn); string(b) != big || err != nil {
			t.Errorf("%s: %d bytes came back, %v", network, len(b), err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		if _, err := conn.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

func TestAnAddressThatCannotBeReachedIsToldByTheChannelsError(t *testing.T) {
	c, _ := open(t, ssh.Config{})
	for network, address := range map[string]string{"tcp": "127.0.0.1:1", "unix": "/nowhere/at/all"} {
		_, err := c.DialContext(limit(t, 20*time.Second), network, address)
		var refused *gossh.OpenChannelError
		if !errors.As(err, &refused) || refused.Reason != gossh.ConnectionFailed || unknown(err) {
			t.Errorf("%s: %v", network, err)
		}
	}
	if _, err := c.DialContext(t.Context(), "udp", "127.0.0.1:1"); err == nil {
		t.Error("udp was dialled")
	}
}

func TestDeadlinesOfATunnel(t *testing.T) {
	c, _ := open(t, ssh.Config{})
	conn, err := c.DialContext(limit(t, 20*time.Second), "tcp", echo(t, "tcp", "127.0.0.1:0").String())
	if err != nil {
		t.Fatal(err)
	}
	read := func() (string, error) {
		b := make([]byte, 10)
		n, err := conn.Read(b)
		return string(b[:n]), err
	}
	_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := read(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the deadline gives %v", err)
	}
	_ = conn.SetReadDeadline(time.Time{})
	_, _ = io.WriteString(conn, "alive")
	if s, err := read(); s != "alive" || err != nil {
		t.Errorf("after a deadline was lifted: %q, %v", s, err)
	}
	time.AfterFunc(50*time.Millisecond, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	if _, err := read(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a deadline that is set while it reads gives %v", err)
	}
	_ = conn.SetDeadline(time.Time{})
	time.AfterFunc(50*time.Millisecond, func() { _ = conn.Close() })
	if _, err := read(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closing gives %v", err)
	}
}

func TestAWriteThatNobodyTakesEndsAtItsDeadline(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and never reads
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	c, _ := open(t, ssh.Config{})
	conn, err := c.DialContext(limit(t, 20*time.Second), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
	if _, err := conn.Write(make([]byte, 64<<20)); err == nil {
		t.Error("it was taken")
	}
}

func TestADialThatIsGivenUpHarmsNobody(t *testing.T) {
	f := (&fake{session: func(_ int, c gossh.NewChannel) {
		if c.ChannelType() == "session" {
			answer(c, 0)
		} // a tunnel is never answered
	}}).start(t)
	c := pool(t, ssh.Config{File: f.config}).Client("web1")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := c.DialContext(ctx, "tcp", "10.0.0.1:80"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := c.Run(limit(t, 20*time.Second), "true", "", io.Discard); err != nil {
		t.Error(err)
	}
}

// behind returns an ssh_config in which lines come before those of the server.
func behind(t *testing.T, s *servertest.SSHServer, lines string) string {
	t.Helper()
	text, err := os.ReadFile(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "config")
	write(t, file, lines+string(text))
	return file
}

func TestJumpHostsAreSharedAndStandInFront(t *testing.T) {
	front, back := servertest.SSHD(t), servertest.SSHD(t)
	text, err := os.ReadFile(back.Config)
	if err != nil {
		t.Fatal(err)
	}
	file := behind(t, front, "Host far*\n ProxyJump outer,inner\nHost near*\n ProxyJump inner\n"+
		strings.Replace(string(text), "Host *", "Host far* near*", 1))
	p := pool(t, ssh.Config{File: file})
	ctx := limit(t, 60*time.Second)
	var all sync.WaitGroup
	for i := range 6 {
		for _, name := range []string{"far", "near"} {
			all.Go(func() {
				out, err := p.Client(fmt.Sprintf("%s%d", name, i)).Output(ctx, "echo $SSH_CONNECTION", "", nil)
				if err != nil || !strings.HasSuffix(string(out), strings.Replace(back.Addr, ":", " ", 1)+"\n") {
					t.Errorf("%s: %q, %v", name, out, err)
				}
			})
		}
	}
	all.Wait()
	// inner, outer, and inner by way of outer.
	if n := strings.Count(front.Log(), "Accepted publickey"); n != 3 {
		t.Errorf("%d logins at the jump hosts", n)
	}
	if n := strings.Count(back.Log(), "Accepted publickey"); n != 12 {
		t.Errorf("%d logins behind them", n)
	}
	done := make(chan error, 1)
	var out lines
	go func() { done <- p.Client("far1").Run(ctx, "echo up; sleep 7775", "", &out) }()
	eventually(t, "the command has started", func() bool { return out.String() != "" })
	front.Cut()
	if err := <-done; !unknown(err) {
		t.Errorf("with the jump host gone: %v", err)
	}
	if err := p.Client("far1").Connect(ctx); err != nil {
		t.Errorf("the way is not opened again: %v", err)
	}
}

func TestAJumpHostThatIsBehindItselfIsSeen(t *testing.T) {
	for name, row := range map[string]struct{ lines, want string }{
		"itself":  {"Host *\n ProxyJump bastion\n", "jumphost loop via bastion"}, // ssh's own words
		"another": {"Host bastion\n ProxyJump web1\nHost web1\n ProxyJump bastion\n", "its own jump host"},
	} {
		t.Run(name, func(t *testing.T) {
			servertest.Need(t, "ssh")
			file := filepath.Join(t.TempDir(), "config")
			write(t, file, row.lines)
			err := pool(t, ssh.Config{File: file}).Client("web1").Connect(limit(t, 20*time.Second))
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Error(err)
			}
		})
	}
}

func TestWhatAJumpHostCannotReachIsToldWithItsName(t *testing.T) {
	s := servertest.SSHD(t)
	file := behind(t, s, "Host web1\n HostName 127.0.0.1\n Port 1\n ProxyJump bastion\n")
	err := pool(t, ssh.Config{File: file}).Client("web1").Connect(limit(t, 20*time.Second))
	if err == nil || !strings.Contains(err.Error(), "web1: jump host bastion: ") || !strings.Contains(err.Error(), "Connection refused") {
		t.Error(err)
	}
}

func TestAProxyCommandIsTheWay(t *testing.T) {
	servertest.Need(t, "socat")
	s := servertest.SSHD(t)
	good := behind(t, s, "Host web1\n ProxyCommand socat - TCP:%h:%p\n")
	c := pool(t, ssh.Config{File: good}).Client("web1")
	if out, err := c.Output(limit(t, 20*time.Second), "echo hello", "", nil); string(out) != "hello\n" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
	bad := behind(t, s, "Host web1\n ProxyCommand echo no way >&2; exit 1\n")
	if err := pool(t, ssh.Config{File: bad}).Client("web1").Connect(limit(t, 20*time.Second)); err == nil || !strings.Contains(err.Error(), "no way") {
		t.Error(err)
	}
}
