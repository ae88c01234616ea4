package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// errCut ends requests by "shutdown sessions server".
var errCut = errors.New("the session was shut down")

// connectTime is how long a server may take to accept, as in "timeout connect 2s".
const connectTime = 2 * time.Second

// The pages of HAProxy's own errors.
const (
	page502 = "<html><body><h1>502 Bad Gateway</h1>\nThe server returned an invalid or incomplete response.\n</body></html>\n"
	page503 = "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"
)

// handle sends one request to one server, and counts.
func (p *Proxy) handle(w http.ResponseWriter, r *http.Request) {
	ctx, cut := context.WithCancelCause(r.Context())
	defer cut(nil)
	v := &visit{cut: cut, since: time.Now()}
	m, open := p.arrive(v)
	if !open {
		panic(http.ErrAbortHandler)
	}
	whole := false
	defer func() { p.leave(m, v, whole, context.Cause(ctx)) }() // also when the answer breaks off by a panic
	if m != nil {
		m.forward.ServeHTTP(w, r.WithContext(ctx))
	} else {
		p.refuse(w, http.StatusServiceUnavailable, page503)
	}
	whole = true
}

// arrive chooses a server, in one step with counting the request there: whoever
// reads scur after a drain misses nobody. It returns nil if no server is usable,
// and false once the proxy is being closed; else leave must follow.
func (p *Proxy) arrive(v *visit) (*member, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, false
	}
	p.wait.Add(1) // under the lock, so before Close begins to wait
	now := time.Now()
	p.all.begin(now)
	m := pick(p.members)
	if m != nil {
		m.begin(now)
		m.running[v] = true
	}
	return m, true
}

func (p *Proxy) leave(m *member, v *visit, whole bool, cause error) {
	defer p.wait.Done()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all.now--
	if m == nil {
		return
	}
	m.now--
	delete(m.running, v)
	m.ended.add(time.Since(v.since))
	p.all.ended.add(time.Since(v.since))
	switch {
	case whole:
	case errors.Is(cause, context.Canceled):
		m.clients++
		p.all.clients++
	default:
		m.response++
		p.all.response++
		if cause == nil {
			m.broken++
			p.all.broken++
		}
	}
}

// forwarder sends requests to one server, each on a connection of its own: a
// kept one that the server closes would have to be retried, which may not be.
func (p *Proxy) forwarder(m *member) *httputil.ReverseProxy {
	target := &url.URL{Scheme: "http", Host: m.Address}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		Transport: counted{p, m, &http.Transport{
			DialContext:        (&net.Dialer{Timeout: connectTime}).DialContext,
			DisableKeepAlives:  true,
			DisableCompression: true,
		}},
		FlushInterval: -1,
		ErrorLog:      silence(),
		ErrorHandler:  func(w http.ResponseWriter, r *http.Request, err error) { p.failed(m, w, r, err) },
	}
}

// counted counts the answers of one server, and how long they took to begin.
type counted struct {
	p    *Proxy
	m    *member
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	start := time.Now()
	resp, err := c.next.RoundTrip(r)
	if err == nil {
		took := time.Since(start)
		c.p.mu.Lock()
		defer c.p.mu.Unlock()
		c.m.answer(resp.StatusCode, took)
		c.p.all.answer(resp.StatusCode, took)
	}
	return resp, err
}

// failed answers for a server that did not.
func (p *Proxy) failed(m *member, w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil { // the client is gone, or the session was shut down: leave counts it
		panic(http.ErrAbortHandler)
	}
	status, page := http.StatusBadGateway, page502
	p.mu.Lock()
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "dial" {
		status, page = http.StatusServiceUnavailable, page503
		m.connect++
		p.all.connect++
	} else {
		m.response++
		p.all.response++
	}
	p.mu.Unlock()
	p.refuse(w, status, page)
}

func (p *Proxy) refuse(w http.ResponseWriter, status int, page string) {
	p.mu.Lock()
	p.all.classes[status/100]++
	p.mu.Unlock()
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, page)
}
