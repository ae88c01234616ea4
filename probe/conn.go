package probe

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
)

// conn is a connection over which requests are sent, one after the other.
// net/http's own would send a request again by itself, and not tell.
//
// Somebody always waits for its next byte, so that its end is seen while it is
// idle. It is used by one goroutine at a time.
type conn struct {
	raw    net.Conn // closing it breaks off whatever is under way
	over   net.Conn // raw, or TLS over it
	in     *bufio.Reader
	broken error // how reading from over has ended

	next chan struct{} // closed when there is a byte to read, or none will come; nil when nobody waits
	none error         // then: why none will come
}

// dial connects, by TLS unless secure is nil.
func dial(ctx context.Context, d Dialer, address string, secure *tls.Config) (*conn, error) {
	raw, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, &failure{noConnection, err}
	}
	c := &conn{raw: raw, over: raw}
	if secure != nil {
		over := tls.Client(raw, secure)
		if err := over.HandshakeContext(ctx); err != nil {
			_ = raw.Close()
			return nil, &failure{noTLS, err}
		}
		c.over = over
	}
	c.in = bufio.NewReader(c)
	c.wait()
	return c, nil
}

// Read reads from the other side. What is made of half an answer does not tell
// that it was half a one; the end of reading does.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.over.Read(p)
	if err != nil {
		c.broken = err
	}
	return n, err
}

// wait begins to wait for the next byte or the end of the connection.
func (c *conn) wait() {
	next := make(chan struct{})
	c.next = next
	go func() {
		defer close(next)
		_, c.none = c.in.Peek(1)
	}()
}

// quiet reports whether nothing has come since the last answer: neither the
// connection's end nor bytes that nobody asked for.
func (c *conn) quiet() bool {
	select {
	case <-c.next:
		return false
	default:
		return true
	}
}

// ask sends a request and reads all of the answer. It reports whether the
// connection can be used again, for which it then waits. An error is a failure;
// so is the end of ctx, which breaks the connection.
func (c *conn) ask(ctx context.Context, request []byte) (status int, again bool, err error) {
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	defer stop()
	if _, err := c.over.Write(request); err != nil {
		return 0, false, &failure{noAnswer, err}
	}
	<-c.next
	c.next = nil
	if c.none != nil {
		return 0, false, &failure{noAnswer, c.none}
	}
	resp, err := c.header()
	if err != nil {
		return 0, false, &failure{noHeader, cmp.Or(c.broken, err)}
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return 0, false, &failure{noBody, err}
	}
	if resp.Close || !stop() {
		return resp.StatusCode, false, nil
	}
	c.wait()
	return resp.StatusCode, true, nil
}

// header reads up to the body. Notes on the way, such as 103 Early Hints, are
// no answers.
func (c *conn) header() (*http.Response, error) {
	for {
		resp, err := http.ReadResponse(c.in, &http.Request{Method: http.MethodGet})
		if err != nil || resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, err
		}
	}
}

// close ends the connection and waits for whoever waits for its next byte.
func (c *conn) close() {
	_ = c.raw.Close()
	if c.next != nil {
		<-c.next
	}
}
