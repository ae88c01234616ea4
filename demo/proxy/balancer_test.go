package proxy_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/demo/proxy"
	"rota/internal/daemon"
	"rota/internal/servertest"
)

// The same tables run on the miniature and on the real HAProxy, which is thus
// the oracle of the answers and of the states.

// balancer is either of the two, with its application servers.
type balancer struct {
	web, socket string
	apps        []*app
	close       func()
}

// app is an application server that can be told to be ill.
type app struct {
	*httptest.Server
	status atomic.Int32
	block  chan struct{} // /block answers when it is closed
	at     chan struct{} // and says here that it was reached
}

func newApp(t *testing.T) *app {
	a := &app{block: make(chan struct{}), at: make(chan struct{}, 10)}
	a.status.Store(http.StatusOK)
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz":
			w.WriteHeader(int(a.status.Load()))
		case "/block":
			a.at <- struct{}{}
			<-a.block
		case "/half":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		case "/abort":
			panic(http.ErrAbortHandler)
		case "/error":
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(a.Close)
	return a
}

// both runs a test on the miniature and on the real one. Servers: s1 with weight
// 100, s2 with weight 1, s3 unchecked.
func both(t *testing.T, test func(t *testing.T, b *balancer)) {
	t.Run("miniature", func(t *testing.T) { test(t, miniature(t)) })
	t.Run("haproxy", func(t *testing.T) { test(t, real(t)) })
}

const interval = 100 * time.Millisecond

func miniature(t *testing.T) *balancer {
	b := &balancer{socket: filepath.Join(socketDir(t), "s"), apps: []*app{newApp(t), newApp(t), newApp(t)}}
	web, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	control, err := net.Listen("unix", b.socket)
	if err != nil {
		t.Fatal(err)
	}
	p := proxy.Start(t.Context(), proxy.Options{
		Pool: "app",
		Servers: []proxy.Server{
			{Name: "s1", Address: b.apps[0].Listener.Addr().String(), Weight: 100},
			{Name: "s2", Address: b.apps[1].Listener.Addr().String(), Weight: 1},
			{Name: "s3", Address: b.apps[2].Listener.Addr().String(), Weight: 1, NoCheck: true},
		},
		Check: proxy.Check{Path: "/healthz", Interval: interval, Fall: 2, Rise: 2},
	}, web, control)
	b.close = sync.OnceFunc(p.Close)
	t.Cleanup(b.close)
	b.web = "http://" + web.Addr().String()
	return b
}

func real(t *testing.T) *balancer {
	servertest.Need(t, "haproxy")
	b := &balancer{apps: []*app{newApp(t), newApp(t), newApp(t)}}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	h, err := daemon.HAProxy(ctx, socketDir(t), daemon.HAProxyOptions{Backends: []string{fmt.Sprintf(`app
balance roundrobin
option httpchk GET /healthz
http-check expect status 200
default-server check inter %dms fall 2 rise 2
server s1 %s weight 100
server s2 %s
server s3 %s no-check`,
		interval.Milliseconds(), b.apps[0].Listener.Addr(), b.apps[1].Listener.Addr(), b.apps[2].Listener.Addr())}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Stop)
	b.web, b.socket = "http://"+h.Addr, h.Socket
	return b
}

// socketDir is short enough for a unix socket, unlike t.TempDir.
func socketDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "proxy")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// send writes bytes to the control socket, ends its half of the connection and
// reads all.
func (b *balancer) send(t *testing.T, bytes string) string {
	t.Helper()
	conn, err := net.Dial("unix", b.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.WriteString(conn, bytes); err != nil {
		t.Fatal(err)
	}
	_ = conn.(*net.UnixConn).CloseWrite()
	reply, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(reply)
}

// stats are the lines of "show stat" by server name, each by column.
func (b *balancer) stats(t *testing.T) map[string]map[string]string {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.send(t, "show stat\n"), "# "))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	stats := map[string]map[string]string{}
	for _, line := range lines[1:] {
		stats[line[1]] = map[string]string{}
		for i, name := range lines[0] {
			stats[line[1]][name] = line[i]
		}
	}
	return stats
}

// seen is what tells where a server stands.
type seen struct{ Status, Op, Admin, Health, Checking, CheckStatus string }

func (b *balancer) see(t *testing.T, server string) seen {
	t.Helper()
	for line := range strings.Lines(b.send(t, "show servers state app\n")) {
		if f := strings.Fields(line); len(f) > 13 && f[3] == server {
			stat := b.stats(t)[server]
			if f[13] == "0" {
				f[12] = "-" // without checks the figure means nothing
			}
			return seen{
				Status: stat["status"], Op: f[5], Admin: f[6], Health: f[12], Checking: f[13],
				CheckStatus: strings.TrimPrefix(stat["check_status"], "* "),
			}
		}
	}
	t.Fatalf("%s is not in the state", server)
	return seen{}
}

// await waits until a server is seen as wanted.
func (b *balancer) await(t *testing.T, server string, want seen) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		got := b.see(t, server)
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(cmp.Diff(want, got))
		}
		time.Sleep(time.Millisecond)
	}
}
