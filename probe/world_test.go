package probe_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rota/probe"
)

// network is a Dialer to machines in memory, by address. At any other address
// nobody listens.
type network map[string]func(net.Conn)

func (n network) DialContext(_ context.Context, name, address string) (net.Conn, error) {
	serve, ok := n[address]
	if !ok {
		return nil, &net.OpError{Op: "dial", Net: name, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	client, server := net.Pipe()
	go func() {
		defer func() { _ = server.Close() }()
		serve(server)
	}()
	return client, nil
}

// names is a Resolver. A name without addresses takes too long.
type names map[string][]string

func (n names) LookupHost(ctx context.Context, host string) ([]string, error) {
	if _, err := netip.ParseAddr(host); err == nil {
		return []string{host}, nil
	}
	addresses, ok := n[host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if addresses == nil {
		<-ctx.Done()
		return nil, &net.DNSError{Err: "i/o timeout", Name: host, IsTimeout: true}
	}
	return addresses, nil
}

// request is one that has come to a server in memory.
type request struct {
	*http.Request
	total int // how many have come to the server, this one included
	nth   int // on its connection
	conn  net.Conn
}

// answer sends an answer and reports whether the connection stays open.
func (r request) answer(text string) bool { return r.send(text) && !r.Close }

func (r request) send(text string) bool {
	_, err := io.WriteString(r.conn, text)
	return err == nil
}

// ok answers as one should.
func (r request) ok() bool { return r.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }

// after waits, and reports whether the client is still there.
func (r request) after(d time.Duration) bool {
	_ = r.conn.SetReadDeadline(time.Now().Add(d))
	defer func() { _ = r.conn.SetReadDeadline(time.Time{}) }()
	_, err := r.conn.Read(make([]byte, 1))
	return errors.Is(err, os.ErrDeadlineExceeded)
}

// silence waits until the client has gone.
func (r request) silence() bool { return r.after(time.Hour) }

// app returns what serves the connections of one server: do answers each
// request and reports whether the connection stays open.
func app(do func(request) bool) func(net.Conn) {
	var mu sync.Mutex
	total := 0
	return func(conn net.Conn) {
		in := bufio.NewReader(conn)
		for nth := 1; ; nth++ {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			mu.Lock()
			total++
			this := request{r, total, nth, conn}
			mu.Unlock()
			if !do(this) {
				return
			}
		}
	}
}

// alone asks one server in memory, ten times a second.
func alone(do func(request) bool) probe.Config {
	return probe.Config{
		URLs:     []string{"http://shop/"},
		Rate:     10,
		Dialer:   network{"192.0.2.1:80": app(do)},
		Resolver: names{"shop": {"192.0.2.1"}},
	}
}

func start(t testing.TB, c probe.Config) *probe.Probe {
	t.Helper()
	p, err := probe.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// run runs a probe for a time and returns the reasons for what was lost, each
// once, in the order in which they came.
func run(t *testing.T, p *probe.Probe, d time.Duration) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var reasons []string
	seen := map[string]bool{}
	p.Run(ctx, func(l probe.Lost) {
		if !seen[l.Reason] {
			seen[l.Reason] = true
			reasons = append(reasons, l.Reason)
		}
	})
	return strings.Join(reasons, "; ")
}
