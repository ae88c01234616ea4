package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// client sends requests over HTTP/1.1, one at a time, and never sends one again.
// Before it uses a kept connection once more it looks whether the other side
// has closed it, as browsers do.
type client struct {
	addr string
	keep bool // the connection is kept for the next request
	conn net.Conn
	in   *bufio.Reader
}

// failure is a request that did not come back as it should.
type failure struct {
	text   string
	reused bool // it was sent on a connection that had been used before
	silent bool // not one byte came back
}

const answerLimit = 15 * time.Second

// send sends one request and returns the answer's body.
func (c *client) send(method, path, id string) (body string, bad *failure) {
	if c.conn != nil && !open(c.conn) {
		c.close()
	}
	bad = &failure{reused: c.conn != nil, silent: true}
	if c.conn == nil {
		conn, err := net.DialTimeout("tcp", c.addr, answerLimit)
		if err != nil {
			bad.text = err.Error()
			return "", bad
		}
		c.conn, c.in = conn, bufio.NewReader(conn)
	}
	_ = c.conn.SetDeadline(time.Now().Add(answerLimit))
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: shop\r\nX-Id: %s\r\n", method, path, id)
	if !c.keep {
		b.WriteString("Connection: close\r\n")
	}
	if method == http.MethodPost {
		b.WriteString("Content-Length: 5\r\n\r\nhello")
	} else {
		b.WriteString("\r\n")
	}
	body, err := c.exchange(b.String(), method, bad)
	if err != nil {
		bad.text = err.Error()
		c.close()
		return "", bad
	}
	return body, nil
}

func (c *client) exchange(request, method string, bad *failure) (string, error) {
	if _, err := io.WriteString(c.conn, request); err != nil {
		return "", err
	}
	if _, err := c.in.Peek(1); err != nil {
		return "", err
	}
	bad.silent = false
	answer, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	if !c.keep || answer.Close {
		c.close()
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %d", answer.StatusCode)
	}
	return strings.TrimSpace(string(body)), nil
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
	}
	c.conn = nil
}

// open tells whether nothing has come from the other side of an idle
// connection: neither its end nor bytes that nobody asked for.
func open(conn net.Conn) bool {
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return false
	}
	still := false
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		still = errors.Is(err, syscall.EAGAIN)
		return true
	})
	return err == nil && still
}
