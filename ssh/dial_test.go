package ssh_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"rota/internal/servertest"
	"rota/ssh"
)

func TestAServerThatSaysNothingIsGivenUp(t *testing.T) {
	f := (&fake{accept: func(int, net.Conn) bool { return false }}).start(t)
	c := pool(t, ssh.Config{File: f.config, ConnectTimeout: 300 * time.Millisecond}).Client("web1")
	begun := time.Now()
	err := c.Connect(limit(t, 20*time.Second))
	if !errors.Is(err, os.ErrDeadlineExceeded) || unknown(err) || time.Since(begun) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(begun), err)
	}
}

func TestAServerThatStopsInTheMiddleOfTheHandshakeIsGivenUp(t *testing.T) {
	f := (&fake{accept: func(_ int, c net.Conn) bool {
		_, _ = io.WriteString(c, "SSH-2.0-slow\r\n")
		return false
	}}).start(t)
	err := pool(t, ssh.Config{File: f.config, ConnectTimeout: 300 * time.Millisecond}).Client("web1").Connect(limit(t, 20*time.Second))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}

func TestABusyServerIsAskedAgain(t *testing.T) {
	var n atomic.Int32
	f := (&fake{accept: func(_ int, c net.Conn) bool {
		if n.Add(1) > 3 {
			return true
		}
		_, _ = io.WriteString(c, "Exceeded MaxStartups\r\n")
		_ = c.Close()
		return false
	}}).start(t)
	if err := pool(t, ssh.Config{File: f.config}).Client("web1").Connect(limit(t, 30*time.Second)); err != nil {
		t.Error(err)
	}
}

func TestAServerThatHangsUpAtOnceIsToldAsThat(t *testing.T) {
	var n atomic.Int32
	f := (&fake{accept: func(_ int, c net.Conn) bool {
		n.Add(1)
		_ = c.Close()
		return false
	}}).start(t)
	err := pool(t, ssh.Config{File: f.config}).Client("web1").Connect(limit(t, 30*time.Second))
	if err == nil || !strings.Contains(err.Error(), "hung up") || n.Load() < 2 {
		t.Errorf("after %d tries: %v", n.Load(), err)
	}
}

func TestLinesBeforeTheGreetingAreSkipped(t *testing.T) {
	f := (&fake{accept: func(_ int, c net.Conn) bool {
		_, err := io.WriteString(c, "dear client\r\n")
		return err == nil
	}}).start(t)
	if err := pool(t, ssh.Config{File: f.config}).Client("web1").Connect(limit(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
}

func TestNoMoreThanEightLoginsAtOnceAtOneAddress(t *testing.T) {
	var mu sync.Mutex
	now, most := 0, 0
	count := func(by int) {
		mu.Lock()
		defer mu.Unlock()
		now += by
		most = max(most, now)
	}
	f := &fake{accept: func(int, net.Conn) bool {
		count(1)
		time.Sleep(20 * time.Millisecond) // so that they pile up
		return true
	}}
	f.NoClientAuthCallback = func(gossh.ConnMetadata) (*gossh.Permissions, error) {
		count(-1)
		return nil, nil
	}
	f.start(t)
	p := pool(t, ssh.Config{File: f.config})
	ctx := limit(t, 60*time.Second)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if err := p.Client(fmt.Sprintf("web%d", i)).Connect(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most > 8 || most < 4 {
		t.Errorf("%d at once", most)
	}
}

func TestASessionThatIsRefusedIsAskedForAgain(t *testing.T) {
	f := (&fake{session: func(n int, c gossh.NewChannel) {
		if n <= 3 {
			_ = c.Reject(gossh.ConnectionFailed, "open failed")
			return
		}
		answer(c, 0)
	}}).start(t)
	if err := pool(t, ssh.Config{File: f.config}).Client("web1").Run(limit(t, 20*time.Second), "true", "", io.Discard); err != nil {
		t.Error(err)
	}
}

func TestASessionThatIsForbiddenIsNotUnknown(t *testing.T) {
	f := (&fake{session: func(_ int, c gossh.NewChannel) { _ = c.Reject(gossh.Prohibited, "no") }}).start(t)
	err := pool(t, ssh.Config{File: f.config}).Client("web1").Run(limit(t, 20*time.Second), "true", "", io.Discard)
	if err == nil || unknown(err) || status(err) >= 0 {
		t.Error(err)
	}
}

func TestAnEndWithoutAStatusIsUnknown(t *testing.T) {
	for name, end := range map[string]func(gossh.Channel){
		"the channel is closed":   func(c gossh.Channel) { _ = c.Close() },
		"the connection is reset": nil,
	} {
		t.Run(name, func(t *testing.T) {
			var raw net.Conn
			f := (&fake{
				accept: func(_ int, c net.Conn) bool { raw = c; return true },
				session: func(_ int, c gossh.NewChannel) {
					channel, ok := begin(c)
					switch {
					case !ok:
					case end != nil:
						end(channel)
					default:
						_ = raw.(*net.TCPConn).SetLinger(0)
						_ = raw.Close()
					}
				},
			}).start(t)
			err := pool(t, ssh.Config{File: f.config}).Client("web1").Run(limit(t, 20*time.Second), "true", "", io.Discard)
			if !unknown(err) || status(err) >= 0 {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestACommandThatDoesNotStopIsLeftAsUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := (&fake{session: func(_ int, c gossh.NewChannel) {
		if _, ok := begin(c); ok {
			cancel()
		}
	}}).start(t)
	err := pool(t, ssh.Config{File: f.config}).Client("web1").Run(ctx, "true", "", io.Discard)
	if !unknown(err) || !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestASilentMachineIsNoticedAndAllThatWaitIsEnded(t *testing.T) {
	s := servertest.SSHD(t)
	config := t.TempDir() + "/config"
	text, err := os.ReadFile(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	write(t, config, string(text)+"  ServerAliveInterval 1\n  ServerAliveCountMax 2\n")
	c := pool(t, ssh.Config{File: config}).Client("web1")
	ctx := limit(t, 60*time.Second)
	tunnel, err := c.DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tunnel.Read(make([]byte, 1)); err != nil { // the greeting: it is through
		t.Fatal(err)
	}
	var out lines
	results := make(chan error, 2)
	go func() { results <- c.Run(ctx, "echo started; sleep 7773", "", &out) }()
	eventually(t, "the command has started", func() bool { return out.String() != "" })
	s.Freeze()
	defer s.Thaw()
	begun := time.Now()
	go func() {
		_, err := io.Copy(io.Discard, tunnel)
		results <- err
	}()
	go func() {
		_, err := c.Output(ctx, "true", "", nil)
		results <- err
	}()
	for range 2 {
		if err := <-results; err == nil || !strings.Contains(err.Error(), "no answer for 2s") {
			t.Errorf("the error is %v", err)
		}
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestALoginIsGivenUpWhenNobodyWaitsForItAnyMore(t *testing.T) {
	closed := make(chan struct{})
	f := (&fake{accept: func(_ int, c net.Conn) bool {
		_, _ = c.Read(make([]byte, 1))
		close(closed)
		return false
	}}).start(t)
	c := pool(t, ssh.Config{File: f.config}).Client("web1")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	for range 2 {
		go func() { done <- c.Connect(ctx) }()
	}
	time.AfterFunc(100*time.Millisecond, cancel)
	for range 2 {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	select {
	case <-closed:
	case <-time.After(5 * time.Second):
		t.Error("the connection stays open")
	}
}

func TestAClosedPoolDoesNothing(t *testing.T) {
	p := pool(t, ssh.Config{})
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := p.Client("web1").Connect(t.Context()); !errors.Is(err, ssh.ErrClosed) {
		t.Error(err)
	}
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	s := servertest.SSHD(t)
	p := ssh.NewPool(ssh.Config{File: s.Config})
	var out lines
	done := make(chan error, 1)
	go func() { done <- p.Client("web1").Run(t.Context(), "echo started; sleep 7774", "", &out) }()
	eventually(t, "the command has started", func() bool { return out.String() != "" })
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, ssh.ErrClosed) || !unknown(err) {
		t.Error(err)
	}
}

func TestTargetsThatCannotBeAreRefused(t *testing.T) {
	p := pool(t, ssh.Config{})
	for _, target := range []string{"", "-oProxyCommand=id", "a b", "a;id", "web1:", "web1:0", "web1:http", "@web1", "$(id)", "[::1", "a@-b"} {
		if err := p.Client(target).Connect(t.Context()); err == nil {
			t.Errorf("%q was dialled", target)
		}
	}
	one, again, other := p.Client("web1"), p.Client("web1"), p.Client("web2")
	if one != again || one == other {
		t.Error("a machine has not one client of its own")
	}
}
