package probe_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rota/internal/daemon"
	"rota/internal/servertest"
	"rota/probe"
)

// beside runs a probe while do does something, and returns what it has lost and
// the count of its first route.
func beside(t *testing.T, p *probe.Probe, do func()) (lost []probe.Lost, c probe.Count) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.Run(ctx, func(l probe.Lost) { lost = append(lost, l) })
	}()
	do()
	cancel()
	<-ended
	return lost, p.Counts()[0]
}

// await waits until a number has grown by more than n.
func await(t *testing.T, n int, number func() int) {
	t.Helper()
	target := number() + n
	for end := time.Now().Add(20 * time.Second); number() <= target; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d after 20 s, want more than %d", number(), target)
		}
	}
}

func sent(p *probe.Probe) func() int { return func() int { return p.Counts()[0].Sent } }

func TestTLS(t *testing.T) {
	var connections sync.Map
	var reused atomic.Int64
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, again := connections.LoadOrStore(r.RemoteAddr, true); again {
			reused.Add(1)
		}
		if r.TLS.ServerName != "example.com" || !strings.HasPrefix(r.Host, "example.com:") || r.ProtoMajor != 1 {
			http.Error(w, "not this site", http.StatusNotFound)
		}
	}))
	site.Config.ErrorLog = log.New(io.Discard, "", 0)
	site.EnableHTTP2 = true
	site.StartTLS()
	defer site.Close()
	_, port, _ := net.SplitHostPort(site.Listener.Addr().String())
	trusted := x509.NewCertPool()
	trusted.AddCert(site.Certificate())
	config := func(host string, roots *x509.CertPool) probe.Config {
		return probe.Config{
			URLs:     []string{"https://" + host + ":" + port + "/"},
			Rate:     200,
			Resolver: names{host: {"127.0.0.1"}},
			TLS:      &tls.Config{RootCAs: roots},
		}
	}

	p := start(t, config("example.com", trusted))
	lost, c := beside(t, p, func() { await(t, 5, func() int { return int(reused.Load()) }) })
	if len(lost) > 0 || c.Lost != 0 || c.Resent != 0 || len(p.Notes()) > 0 {
		t.Errorf("%v %+v %v", lost, c, p.Notes())
	}

	for _, row := range []struct {
		host  string
		roots *x509.CertPool
		want  string
	}{
		{"example.com", x509.NewCertPool(), "certificate signed by unknown authority"},
		{"elsewhere", trusted, "certificate is valid for example.com, *.example.com, not elsewhere"},
	} {
		_, err := probe.New(t.Context(), config(row.host, row.roots))
		if err == nil || !strings.Contains(err.Error(), "no TLS connection: ") || !strings.Contains(err.Error(), row.want) {
			t.Errorf("got %v, want %s", err, row.want)
		}
	}
}

func TestTLSClosedWhileIdle(t *testing.T) {
	var fresh atomic.Int64
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	site.Config.IdleTimeout = time.Millisecond
	site.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			fresh.Add(1)
		}
	}
	site.StartTLS()
	defer site.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(site.Certificate())
	p := start(t, probe.Config{URLs: []string{site.URL}, Rate: 20, TLS: &tls.Config{RootCAs: trusted}})
	lost, c := beside(t, p, func() { await(t, 10, sent(p)) })
	if len(lost) > 0 || int(fresh.Load()) <= c.Sent*3/4 {
		t.Errorf("%v %+v, %d connections", lost, c, fresh.Load())
	}
}

func TestNobodyListensAnyMore(t *testing.T) {
	site := servertest.StartApp(t, "a")
	p := start(t, probe.Config{URLs: []string{"http://" + site.Addr + "/"}, Rate: 100})
	lost, c := beside(t, p, func() {
		await(t, 5, sent(p))
		site.Stop()
		await(t, 5, func() int { return p.Counts()[0].Lost })
		site.Start()
		await(t, 5, func() int { return p.Counts()[0].Sent - p.Counts()[0].Lost })
	})
	if len(lost) != c.Lost || !strings.HasSuffix(lost[len(lost)-1].Reason, "no connection: connection refused") {
		t.Errorf("%v %+v", lost, c)
	}
}

func TestResetConnections(t *testing.T) {
	// The second request on a connection is answered by a reset, once it has been read.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var whole atomic.Bool // whether the first is answered
	whole.Store(true)
	serve := func(conn net.Conn) {
		defer func() { _ = conn.Close() }()
		in := bufio.NewReader(conn)
		for nth := 1; ; nth++ {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if nth > 1 || !whole.Load() {
				_ = conn.(*net.TCPConn).SetLinger(0)
				return
			}
			_, _ = fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			if r.Close {
				return
			}
		}
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	p := start(t, probe.Config{URLs: []string{"http://" + l.Addr().String() + "/"}, Rate: 200})
	lost, c := beside(t, p, func() { await(t, 5, func() int { return p.Counts()[0].Resent }) })
	if len(lost) > 0 {
		t.Errorf("%v %+v", lost, c)
	}
	lost, _ = beside(t, p, func() {
		whole.Store(false)
		await(t, 5, func() int { return p.Counts()[0].Lost })
	})
	for _, l := range lost {
		if !strings.HasSuffix(l.Reason, "no answer: connection reset") {
			t.Error(l)
		}
	}
}

func TestNginxReloads(t *testing.T) {
	apps := servertest.StartApps(t, "a", "b")
	n := servertest.Nginx(t, daemon.NginxOptions{Upstreams: []string{servertest.Upstream("app", apps)}})
	p := start(t, probe.Config{
		URLs:    []string{"http://" + n.Addr + "/"},
		Rate:    100,
		Through: []probe.Balancer{{Name: "lb1", Host: "127.0.0.1"}},
	})
	if name := p.Counts()[0].Route.Balancer; name != "lb1" {
		t.Errorf("the route is named %q", name)
	}
	lost, c := beside(t, p, func() {
		for range 10 {
			await(t, 10, sent(p))
			n.HUP()
		}
		await(t, 10, sent(p))
	})
	for _, l := range lost {
		t.Error(l)
	}
	t.Logf("ten reloads: %d sent, %d lost, %d sent again", c.Sent, c.Lost, c.Resent)
}
