// Package proxy is a miniature HAProxy for the demo: an HTTP/1.1 reverse proxy
// with one pool, health checks, and the part of HAProxy's runtime API that
// takes servers out of rotation and back, weighs them and tells what became of
// their requests.
//
// What it answers on its control socket was copied, byte for byte, from HAProxy
// 2.6; how its servers change between UP, DOWN, DRAIN and MAINT was measured
// there too. Like HAProxy without "option redispatch", it never sends a request
// to a second server.
//
// Its limits: round robin alone, no stickiness, no queue, no agents, no TCP
// mode, level "admin" always, one line of commands a connection, and no
// interactive mode.
package proxy

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// Options say what the proxy stands in front of.
type Options struct {
	Pool    string // the name of the only backend
	Servers []Server
	Check   Check

	// Age is how long ago it says that it was started. Clients mistrust an
	// HAProxy that is young, for a reload may have left an old worker beside it;
	// here there is none.
	Age time.Duration
}

// Server is one server of the pool.
type Server struct {
	Name     string
	Address  string // host:port
	Weight   int    // 0 to 256
	NoCheck  bool   // it counts as healthy, always
	Disabled bool   // it is in maintenance at first
}

// Check is how servers are found healthy: by GET and the status 200.
type Check struct {
	Path     string
	Interval time.Duration // between two checks, and how long one may take
	Fall     int           // so many failures in a row make a server DOWN
	Rise     int           // so many passes in a row make it UP again
}

// Proxy is a running proxy. Its methods may be called concurrently.
type Proxy struct {
	o       Options
	pid     int
	started time.Time
	web     *http.Server
	control net.Listener
	cancel  context.CancelFunc
	wait    sync.WaitGroup // every goroutine of the proxy

	mu      sync.Mutex // guards all below, the members too
	members []*member
	all     counters // of the backend, and of the frontend
	talks   map[net.Conn]bool
	closed  bool
}

// Start serves HTTP on web and the runtime API on control until Close, to be
// called even when ctx has ended. It owns both listeners from now on.
func Start(ctx context.Context, o Options, web, control net.Listener) *Proxy {
	p := &Proxy{
		o: o, pid: os.Getpid(), started: time.Now().Add(-o.Age),
		control: control, talks: map[net.Conn]bool{},
	}
	for i, s := range o.Servers {
		p.members = append(p.members, newMember(p, i+1, s))
	}
	p.web = &http.Server{
		Handler:           http.HandlerFunc(p.handle),
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          silence(),
	}
	ctx, p.cancel = context.WithCancel(ctx)
	p.wait.Go(func() { _ = p.web.Serve(web) })
	p.wait.Go(p.listen)
	for _, m := range p.members {
		if !m.NoCheck {
			p.wait.Go(func() { p.watch(ctx, m) })
		}
	}
	return p
}

// Close ends the proxy, cutting the requests that are under way, and waits.
func (p *Proxy) Close() {
	p.cancel()
	p.mu.Lock()
	p.closed = true
	for c := range p.talks {
		_ = c.Close()
	}
	for _, m := range p.members {
		m.cut()
	}
	p.mu.Unlock()
	_ = p.control.Close()
	_ = p.web.Close()
	p.wait.Wait()
}

// silence is a log for what the counters tell already.
func silence() *log.Logger { return log.New(io.Discard, "", 0) }
