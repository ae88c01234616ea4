package ssh

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"rota/ssh/config"
)

// reach connects to the machine's sshd: directly, through a jump host, or by
// the user's command.
func (c *Client) reach(ctx context.Context, h *config.Host, jump *Client) (net.Conn, error) {
	switch {
	case h.ProxyCommand != "":
		return startCommand(h.ProxyCommand)
	case jump != nil:
		conn, err := jump.connect(ctx)
		if err != nil {
			return nil, fmt.Errorf("jump host: %w", err)
		}
		raw, err := conn.dial(ctx, "tcp", net.JoinHostPort(h.HostName, h.Port))
		if err != nil {
			return nil, fmt.Errorf("jump host %s: %w", jump.name, err)
		}
		return raw, nil
	}
	var d net.Dialer
	if h.BindAddress != "" {
		local, err := net.ResolveTCPAddr(h.Network, net.JoinHostPort(h.BindAddress, "0"))
		if err != nil {
			return nil, fmt.Errorf("BindAddress: %w", err)
		}
		d.LocalAddr = local
	}
	return d.DialContext(ctx, h.Network, net.JoinHostPort(h.HostName, h.Port))
}

// greet reads up to the server's greeting before a word of ours is sent, so
// that a refusal can be read: sent back at once, our words would make the
// kernel throw it away.
func greet(raw net.Conn) (net.Conn, error) {
	r := bufio.NewReaderSize(raw, 4096)
	var words strings.Builder
	for words.Len() < 4096 {
		start, err := r.Peek(4)
		if string(start) == "SSH-" {
			return &greeted{raw, r}, nil
		}
		// A server may say more before its greeting (RFC 4253, 4.2).
		line, _ := r.ReadSlice('\n')
		words.Write(line)
		if err != nil && len(line) == 0 {
			if !hungUp(err) {
				return nil, err
			}
			break
		}
	}
	return nil, &busyError{strings.TrimSpace(words.String())}
}

// greeted is a connection of which some was read already.
type greeted struct {
	net.Conn
	r *bufio.Reader
}

func (g *greeted) Read(b []byte) (int, error) { return g.r.Read(b) }

// command is a connection over a ProxyCommand's standard input and output.
type command struct {
	cmd *exec.Cmd
	io.Reader
	io.WriteCloser
	stderr *tail
	once   sync.Once
}

func startCommand(line string) (net.Conn, error) {
	c := &command{cmd: exec.Command("sh", "-c", "exec "+line), stderr: &tail{}} //nolint:noctx // it lives as long as the connection
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.cmd.Stderr = c.stderr
	c.cmd.WaitDelay = time.Second
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.Reader, c.WriteCloser = stdout, stdin
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("ProxyCommand: %w", err)
	}
	return c, nil
}

// Read tells what the command had to say if it ended before the greeting.
func (c *command) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	if errors.Is(err, io.EOF) {
		c.end(time.Second) // all that it said is here then
		if words := c.stderr.String(); words != "" {
			err = fmt.Errorf("ProxyCommand: %s", words)
		}
	}
	return n, err
}

// Close ends the command and what it started.
func (c *command) Close() error {
	c.end(0)
	return nil
}

// end waits for the command's own end, but not longer than it may take.
func (c *command) end(limit time.Duration) {
	c.once.Do(func() {
		_ = c.WriteCloser.Close()
		kill := func() { _ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL) }
		if limit == 0 {
			kill()
		} else {
			defer time.AfterFunc(limit, kill).Stop()
		}
		_ = c.cmd.Wait()
	})
}

func (c *command) LocalAddr() net.Addr  { return &net.UnixAddr{Name: "ProxyCommand", Net: "unix"} }
func (c *command) RemoteAddr() net.Addr { return &net.UnixAddr{Name: "ProxyCommand", Net: "unix"} }

func (c *command) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (c *command) SetReadDeadline(time.Time) error  { return errors.ErrUnsupported }
func (c *command) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }
