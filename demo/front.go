package demo

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"rota/demo/proxy"
	"rota/internal/daemon"
)

// front is the balancer: where it answers, and what the inventory says of it.
type front struct {
	address string // host:port
	entry   string // YAML, to stand under "- name: lb1"
	reloads bool   // it takes servers out by a reload, which closes idle connections
}

// pool is the only one that the balancers have.
const pool = "app"

// How the balancers check servers: briskly, for a demo shall not be long.
const (
	checkInterval = 400 * time.Millisecond
	checkFall     = 2
	checkRise     = 2
	weight        = 100 // so that a canary's share can be set finely
)

// startFront starts the balancer that was asked for and waits until it answers.
func (s *Site) startFront(ctx context.Context, kind string, host *machine, k *keeper) (front, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var f front
	var err error
	switch kind {
	case "":
		f, err = s.builtIn(context.WithoutCancel(ctx), host)
	case "haproxy":
		f, err = s.haproxy(ctx, host, k)
	case "nginx":
		f, err = s.nginx(ctx, host, k)
	default:
		return f, fmt.Errorf("balancer: %q is unknown: it is haproxy or nginx, or none for the built-in one", kind)
	}
	if err != nil {
		return f, fmt.Errorf("balancer: %w", err)
	}
	return f, answers(ctx, f.address)
}

// builtIn starts the miniature HAProxy.
func (s *Site) builtIn(ctx context.Context, host *machine) (front, error) {
	socket := host.dir + "/admin.sock"
	control, err := net.Listen("unix", socket) //nolint:noctx // no name is resolved
	if err != nil {
		return front{}, err
	}
	web, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // no name is resolved
	if err != nil {
		_ = control.Close()
		return front{}, err
	}
	o := proxy.Options{
		Pool:  pool,
		Age:   time.Hour,
		Check: proxy.Check{Path: "/healthz", Interval: checkInterval, Fall: checkFall, Rise: checkRise},
	}
	for _, m := range s.machines {
		o.Servers = append(o.Servers, proxy.Server{Name: m.name, Address: m.port.address, Weight: weight, Disabled: m.idle})
	}
	s.ends = append(s.ends, proxy.Start(ctx, o, web, control).Close)
	return front{address: web.Addr().String(), entry: haproxyEntry(socket)}, nil
}

// haproxy starts the real one.
func (s *Site) haproxy(ctx context.Context, host *machine, k *keeper) (front, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nbalance roundrobin\noption httpchk GET /healthz\nhttp-check expect status 200\n"+
		"default-server check inter %dms fall %d rise %d weight %d", pool, checkInterval.Milliseconds(), checkFall, checkRise, weight)
	for _, m := range s.machines {
		fmt.Fprintf(&b, "\nserver %s %s", m.name, m.port.address)
		if m.idle {
			b.WriteString(" disabled")
		}
	}
	h, err := daemon.HAProxy(ctx, host.dir, daemon.HAProxyOptions{Backends: []string{b.String()}})
	if err != nil {
		return front{}, err
	}
	s.keep(h.Process, k)
	return front{address: h.Addr, entry: haproxyEntry(h.Socket)}, nil
}

func haproxyEntry(socket string) string {
	return fmt.Sprintf("    haproxy:\n      socket: %s\n      backends: [%s]\n", socket, pool)
}

// nginx starts the real one.
func (s *Site) nginx(ctx context.Context, host *machine, k *keeper) (front, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s {\n", pool)
	for _, m := range s.machines {
		down := ""
		if m.idle {
			down = " down"
		}
		fmt.Fprintf(&b, "    server %s%s; # %s\n", m.port.address, down, m.name)
	}
	b.WriteString("}\n")
	n, err := daemon.Nginx(ctx, host.dir, daemon.NginxOptions{Upstreams: []string{b.String()}})
	if err != nil {
		return front{}, err
	}
	s.keep(n.Process, k)
	entry := fmt.Sprintf("    nginx:\n      config: %s\n      upstreams: [%s]\n      test: %s\n      reload: %s\n      pid: %s\n",
		n.ConfigFile, pool, n.Test, n.Reload, n.PIDFile)
	return front{address: n.Addr, entry: entry, reloads: true}, nil
}

// keep sees to the end of a daemon, whatever becomes of this process.
func (s *Site) keep(p *daemon.Process, k *keeper) {
	k.began(p.PID()) // it leads a process group of its own
	s.ends = append(s.ends, func() {
		p.Stop()
		k.finished(p.PID())
	})
}

// answers waits until the application answers through the balancer.
func answers(ctx context.Context, address string) error {
	client := &client{address: address}
	for {
		_, err := client.ask(ctx, http.MethodGet, "/")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("balancer: %s: it does not answer: %w", address, err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
