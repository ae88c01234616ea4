package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// HAProxyOptions says how an HAProxy is to be.
type HAProxyOptions struct {
	Backends []string // each the text after the word "backend": its name, then lines; the frontend leads to the first
	Global   []string // further lines of the global section; a socket "unix@NAME" is in the folder
	Defaults []string // further lines of the defaults section; they win over those written here
}

// HAProxyServer is a running HAProxy: a master and its workers, as under
// systemd. Its methods may be called concurrently.
type HAProxyServer struct {
	*Process
	Socket string // its admin socket
	Admin  string // the same on TCP: 127.0.0.1:port
	Addr   string // of its frontend: 127.0.0.1:port; a request with "X-Backend: NAME" goes to that backend
	conf   string
}

// HAProxy starts HAProxy with its frontend on a free loopback port. Its files
// are kept in dir, whose path must be short enough for a unix socket.
func HAProxy(ctx context.Context, dir string, o HAProxyOptions) (*HAProxyServer, error) {
	program, err := Find("haproxy")
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	h := &HAProxyServer{Socket: filepath.Join(dir, "admin.sock"), conf: filepath.Join(dir, "haproxy.cfg")}
	for range 5 { // another process may take a free port first
		if err = h.start(ctx, program, dir, o); err == nil {
			return h, nil
		}
	}
	return nil, err
}

func (h *HAProxyServer) start(ctx context.Context, program, dir string, o HAProxyOptions) error {
	for _, addr := range []*string{&h.Addr, &h.Admin} {
		port, err := FreePort()
		if err != nil {
			return err
		}
		*addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	}
	err := h.Configure(o)
	if err != nil {
		return err
	}
	if h.Process, err = Start(dir, program, "-W", "-db", "-f", h.conf); err != nil {
		return err
	}
	if err = h.Ready(ctx, func() error { _, err := h.Worker(ctx); return err }); err != nil {
		h.Stop()
	}
	return err
}

// Configure writes another configuration, which the next Reload takes up.
func (h *HAProxyServer) Configure(o HAProxyOptions) error {
	var b strings.Builder
	section := func(name string, lines ...string) {
		fmt.Fprintf(&b, "%s\n\t%s\n", name, strings.Join(lines, "\n\t"))
	}
	section("global", append([]string{
		"stats socket " + h.Socket + " mode 600 level admin expose-fd listeners",
		"stats socket " + h.Admin + " level admin",
	}, o.Global...)...)
	section("defaults", append([]string{
		"mode http", "timeout connect 2s", "timeout client 30s", "timeout server 30s",
	}, o.Defaults...)...)
	if len(o.Backends) > 0 {
		name, _, _ := strings.Cut(o.Backends[0], "\n")
		front := []string{"bind " + h.Addr, "default_backend " + name}
		if len(o.Backends) > 1 {
			front = append(front, "use_backend %[req.hdr(x-backend)] if { req.hdr(x-backend) -m found }")
		}
		section("frontend "+name, front...)
	}
	for _, text := range o.Backends {
		name, lines, _ := strings.Cut(text, "\n")
		section("backend "+name, strings.Split(lines, "\n")...)
	}
	return os.WriteFile(h.conf, []byte(b.String()), 0o600)
}

// Reload does what `systemctl reload haproxy` does, and waits until only the new
// worker answers, for ten seconds at most. The old one ends when its last
// connection does.
func (h *HAProxyServer) Reload(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	old, err := h.Worker(ctx)
	if err != nil {
		return err
	}
	const told = "Reloading HAProxy"
	before := strings.Count(h.Output(), told)
	var sent time.Time
	alone := 0
	return h.Ready(ctx, func() error {
		// A master that was about to sleep misses a signal now and then.
		if time.Since(sent) > time.Second && strings.Count(h.Output(), told) == before && alone == 0 {
			sent = time.Now()
			if err := h.Signal(syscall.SIGUSR2); err != nil {
				return err
			}
		}
		pid, err := h.Worker(ctx)
		switch {
		case err != nil:
			return err
		case pid == old:
			alone = 0
			return errors.New("the old worker still answers")
		}
		// For a moment both take connections.
		if alone++; alone < 10 {
			return errors.New("the old worker may still answer")
		}
		return nil
	})
}

// Worker returns the process id of the worker that answers at the socket.
func (h *HAProxyServer) Worker(ctx context.Context) (int, error) {
	info, err := h.Ask(ctx, "show info")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(info) {
		if pid, ok := strings.CutPrefix(line, "Pid: "); ok {
			return strconv.Atoi(strings.TrimSpace(pid))
		}
	}
	return 0, fmt.Errorf("show info tells no pid: %q", info)
}

// Ask sends one line to the admin socket and returns the whole answer.
func (h *HAProxyServer) Ask(ctx context.Context, line string) (string, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", h.Socket)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(conn, line+"\n"); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}
