package proxy_test

import (
	"net"
	"path/filepath"
	"testing"
	"time"

	"rota/demo/proxy"
	"rota/internal/servertest"
	"rota/lb"
	"rota/lb/haproxy"
	"rota/lb/lbtest"
)

// TestRotasOwnClientIsContent lets the client that rota has for HAProxy try all
// that a balancer promises.
func TestRotasOwnClientIsContent(t *testing.T) {
	lbtest.Run(t, func(t *testing.T) lbtest.Subject {
		web, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		socket := filepath.Join(socketDir(t), "s")
		control, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		o := proxy.Options{Pool: "app", Age: time.Hour, Check: proxy.Check{Path: "/health", Interval: interval, Fall: 2, Rise: 2}}
		config := haproxy.Config{Network: "unix", Address: socket, Dialer: &net.Dialer{}}
		apps := map[string]*servertest.App{}
		for _, app := range servertest.StartApps(t, "a", "b", "c") {
			apps[app.Name] = app
			o.Servers = append(o.Servers, proxy.Server{Name: app.Name, Address: app.Addr, Weight: 100})
			config.Members = append(config.Members, lb.Member{Server: app.Name, Pool: "app"})
		}
		o.Servers = append(o.Servers, proxy.Server{Name: "old", Address: "127.0.0.1:1", Weight: 100})
		t.Cleanup(proxy.Start(t.Context(), o, web, control).Close)
		(&balancer{socket: socket}).send(t, "set server app/old state maint\n")
		open := func() lb.Balancer { return haproxy.New(config) }
		return lbtest.Subject{
			Balancer: open(),
			Reopen:   open,
			Stranger: "old",
			Request: func(t *testing.T, server string) func() error {
				return apps[server].Hold(t, web.Addr().String())
			},
			Stop:  func(server string) { apps[server].Stop() },
			Start: func(server string) { apps[server].Start() },
		}
	})
}
