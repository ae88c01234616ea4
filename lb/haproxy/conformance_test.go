package haproxy_test

import (
	"testing"

	"rota/internal/servertest"
	"rota/lb"
	"rota/lb/haproxy"
	"rota/lb/lbtest"
)

func TestHAProxyPassesTheSuite(t *testing.T) {
	lbtest.Run(t, func(t *testing.T) lbtest.Subject {
		const stranger = "server old 127.0.0.1:1 disabled"
		w := start(t, "abc", backend("app", stranger), backend("ws", stranger))
		open := func() lb.Balancer { return haproxy.New(w.config("app", "ws")) }
		return lbtest.Subject{
			Balancer: open(),
			Reopen:   open,
			Stranger: "old",
			Hand:     func(t *testing.T, script string) int { return servertest.Hand(t, script, "socat") },
			Request: func(t *testing.T, server string) func() error {
				return w.apps[server].Hold(t, w.Addr, "X-Backend", "ws")
			},
			Stop:  func(server string) { w.apps[server].Stop() },
			Start: func(server string) { w.apps[server].Start() },
		}
	})
}
