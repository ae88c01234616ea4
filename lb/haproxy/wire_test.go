package haproxy_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rota/internal/servertest"
	"rota/lb"
	"rota/lb/haproxy"
)

// dialer is a function as a haproxy.Dialer.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return d(ctx, network, address)
}

// refused is what sshd says whatever the reason is.
func refused(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("ssh: rejected: connect failed (open failed)")
}

func TestWhereDialingIsRefusedAProgramCarries(t *testing.T) {
	for _, program := range []string{"socat", "nc", "python3"} { // each alone
		t.Run(program, func(t *testing.T) {
			path, err := exec.LookPath(program)
			if err == nil && program == "python3" { // it may be a wrapper that needs more
				out, fail := exec.Command(path, "-c", "import sys; print(sys.executable)").Output()
				path, err = strings.TrimSpace(string(out)), fail
			}
			if err != nil {
				t.Skip(err)
			}
			w := start(t, "ab", backend("app"))
			only := t.TempDir() // a PATH on which the others are not found
			for _, name := range []string{program, "sh", "grep", "ps", "ss"} {
				if name != program {
					path, err = exec.LookPath(name)
				}
				if err == nil {
					err = os.Symlink(path, filepath.Join(only, name))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			c := w.config("app")
			dials := 0
			c.Dialer = dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
				dials++
				return refused(ctx, network, address)
			})
			c.Runner = shell{"/usr/bin/env", "PATH=" + only}
			b := haproxy.New(c)
			w.set(b, "a out")
			w.is(b, "a", lb.Out)
			w.until(b, "a", "drained", drained)
			w.set(b, "a in")
			w.is(b, "a", lb.In)
			if dials != 1 {
				t.Errorf("it was dialed %d times: once refused is refused", dials)
			}
			w.Stop()
			if _, err := b.Servers(t.Context()); err == nil {
				t.Error("haproxy has ended")
			}
		})
	}
}

// open returns a folder that everybody may enter.
func open(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "open")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // for everybody
		t.Fatal(err)
	}
	return dir
}

func TestTheReasonOfARefusalIsFound(t *testing.T) {
	dir := open(t)
	file, stale, shut := filepath.Join(dir, "file"), filepath.Join(dir, "stale"), filepath.Join(dir, "shut")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: stale})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := errors.Join(l.Close(), os.Chmod(stale, 0o600), os.Mkdir(shut, 0o700)); err != nil {
		t.Fatal(err)
	}
	// Others' HAProxies may run on this machine, so ps has to be told.
	bin := open(t)
	if err := errors.Join(os.WriteFile(filepath.Join(bin, "ps"), []byte("#!/bin/sh\necho init\n"), 0o755)); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	me := shell{"env", "PATH=" + bin + ":" + os.Getenv("PATH")}
	nobody := append(shell{"setpriv", "--reuid=65534", "--clear-groups", "--"}, me...)
	for _, row := range []struct {
		name, path string
		runner     shell
		is         error
		words      string
	}{
		{"nothing is there", filepath.Join(dir, "none"), me, lb.ErrNotFound, "socket not found\nadd \"stats socket"},
		{"no socket is there", file, me, lb.ErrNotFound, "what is there is no socket"},
		{"nobody listens", stale, me, nil, "haproxy is not running"},
		{"another's socket", stale, nobody, fs.ErrPermission, "permission denied for nobody: srw"},
		{"in another's folder", filepath.Join(shut, "none"), nobody, fs.ErrPermission, "permission denied for nobody: drwx"},
		{"nothing can be run either", stale, shell{"false"}, nil, "open failed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.runner[0] == "setpriv" && os.Geteuid() != 0 {
				t.Skip("only root can become nobody")
			}
			b := haproxy.New(haproxy.Config{
				Network: "unix", Address: row.path, Dialer: dialer(refused), Runner: row.runner,
				Members: []lb.Member{{Server: "a", Pool: "app"}},
			})
			_, err := b.Servers(t.Context())
			if err == nil || !strings.Contains(err.Error(), row.words) || !strings.HasPrefix(err.Error(), row.path+": ") {
				t.Errorf("the error is %q, want one with %q", err, row.words)
			}
			if row.is != nil && !errors.Is(err, row.is) {
				t.Errorf("the error is %v, want one that wraps %v", err, row.is)
			}
		})
	}
}

// deaf is a connection whose answers to commands that change something are
// lost on the way, once.
type deaf struct {
	net.Conn
	lose *atomic.Bool
	lost bool
	err  error
}

func (d *deaf) Write(b []byte) (int, error) {
	d.lost = strings.HasPrefix(string(b), "set server") && d.lose.CompareAndSwap(true, false)
	n, err := d.Conn.Write(b)
	if d.lost { // the command arrives all the same
		_, _ = io.ReadAll(d.Conn)
	}
	return n, err
}

func (d *deaf) Read(b []byte) (int, error) {
	if d.lost {
		return 0, d.err
	}
	return d.Conn.Read(b)
}

func TestALostAnswerIsReadBack(t *testing.T) {
	w := start(t, "ab", backend("app"))
	for _, row := range []struct {
		name string
		err  error
	}{
		{"no answer at all", io.EOF},
		{"the connection breaks", errors.New("connection reset by peer")},
	} {
		t.Run(row.name, func(t *testing.T) {
			var lose atomic.Bool
			c := w.config("app")
			c.Dialer = dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
				return &deaf{Conn: conn, lose: &lose, err: row.err}, err
			})
			b := haproxy.New(c)
			for _, wish := range []string{"a out", "a in"} {
				lose.Store(true)
				w.set(b, wish)
				w.is(b, "a", changes(t, wish)[0].To)
				if lose.Load() {
					t.Error("no answer was lost")
				}
			}
			w.set(b, "a out")
			if errors.Is(row.err, io.EOF) {
				lose.Store(true)
				if err := b.Prove(t.Context(), "a"); err != nil || lose.Load() {
					t.Error("prove:", err)
				}
			}
			w.set(b, "a in")
		})
	}
}

func TestASilentSocketEndsWithTheContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	b := haproxy.New(haproxy.Config{Network: "unix", Address: path, Dialer: &net.Dialer{}, Members: []lb.Member{{Server: "a", Pool: "app"}}})
	ctx, cancel := contextFor(t, 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err = b.Servers(ctx)
	if took := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || took > 5*time.Second {
		t.Errorf("after %v: %v", took, err)
	}
}

func TestFewConnectionsAtOnce(t *testing.T) {
	w := start(t, "a", backend("app"))
	c := w.config("app")
	var open, most atomic.Int64
	c.Dialer = dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		n := open.Add(1)
		defer open.Add(-1)
		for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
		}
		time.Sleep(5 * time.Millisecond) // so that they would pile up
		return (&net.Dialer{}).DialContext(ctx, network, address)
	})
	b := haproxy.New(c)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := b.Servers(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := most.Load(); n < 2 || n > 8 {
		t.Errorf("%d connections at once", n)
	}
}

func TestAnotherLoginMayNotOpenTheSocket(t *testing.T) {
	servertest.Need(t, "socat", "setpriv")
	if os.Geteuid() != 0 {
		t.Skip("only root can become nobody")
	}
	w := start(t, "a", backend("app"))
	if err := os.Chmod(filepath.Dir(w.Socket), 0o755); err != nil { //nolint:gosec // for nobody
		t.Fatal(err)
	}
	c := w.config("app")
	c.Dialer, c.Runner = dialer(refused), shell{"setpriv", "--reuid=65534", "--clear-groups", "--"}
	if err := haproxy.New(c).Check(t.Context()); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "set sudo") {
		t.Errorf("the error is %v", err)
	}
}
