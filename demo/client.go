package demo

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// client asks the balancer and never tries twice, as net/http would do, so that
// every lost request is seen. It may be used by one goroutine at a time.
type client struct {
	address string
	keep    bool // use a connection again

	conn *net.TCPConn
	read *bufio.Reader
}

// askTime is how long a request may take.
const askTime = 10 * time.Second

// ask sends one request and returns the version that answered it. Whatever is
// not the application's whole answer is an error.
func (c *client) ask(ctx context.Context, method, path string) (version string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s %s: %w", method, path, err)
		}
		if err != nil || !c.keep {
			c.close()
		}
	}()
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader("an order")
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.address+path, body)
	if err != nil {
		return "", err
	}
	req.Close = !c.keep
	if err := c.connect(ctx); err != nil {
		return "", err
	}
	conn := c.conn
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	_ = conn.SetDeadline(time.Now().Add(askTime))
	if err := req.Write(conn); err != nil {
		return "", err
	}
	resp, err := http.ReadResponse(c.read, req)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("the answer is %s", resp.Status)
	}
	if resp.Close {
		c.close()
	}
	return resp.Header.Get(versionHeader), err
}

// connect opens a connection, unless the last one can be used again.
func (c *client) connect(ctx context.Context) error {
	if c.conn != nil && !finished(c.conn) {
		return nil
	}
	c.close()
	conn, err := (&net.Dialer{Timeout: askTime}).DialContext(ctx, "tcp", c.address)
	if err != nil {
		return err
	}
	c.conn, c.read = conn.(*net.TCPConn), bufio.NewReader(conn)
	return nil
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// finished tells whether the other end has closed an idle connection, without
// waiting: a request sent on it would be lost, but by the client's own fault.
func finished(conn *net.TCPConn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return true
	}
	open := false
	err = raw.Read(func(fd uintptr) bool {
		_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		open = err == syscall.EAGAIN
		return true
	})
	return err != nil || !open
}
