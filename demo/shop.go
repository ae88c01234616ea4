package demo

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// The variables that tell the application what it is.
const (
	listenVariable = "ROTA_DEMO_LISTEN" // host:port
	serverVariable = "ROTA_DEMO_SERVER" // the server's name
	aliveVariable  = "ROTA_DEMO_ALIVE"  // the lifeline
	warmVariable   = "ROTA_DEMO_WARM"   // not empty: it need not start slowly
)

// How long the application takes to listen, and then to answer well.
const (
	startTime = 700 * time.Millisecond
	warmTime  = 400 * time.Millisecond
)

// versionHeader tells which version answered.
const versionHeader = "X-Shop-Version"

// serveShop is the application's life. Its working directory is its release. It
// knows no orderly end: SIGTERM kills it with what it is answering.
func serveShop() error {
	_, _ = syscall.Setsid() // so that it does not die with the command that started it
	if err := hold(os.Getenv(aliveVariable)); err != nil {
		return err
	}
	version, err := os.ReadFile("VERSION")
	if err != nil {
		return err
	}
	_, ill := os.Stat("BROKEN")
	shop := &shop{version: strings.TrimSpace(string(version)), server: os.Getenv(serverVariable), broken: ill == nil}
	if os.Getenv(warmVariable) == "" {
		time.Sleep(startTime)
		shop.warm = time.Now().Add(warmTime)
	}
	// The machine keeps the port for its application, see port.
	listen, err := (&net.ListenConfig{Control: share}).Listen(context.Background(), "tcp", os.Getenv(listenVariable))
	if err != nil {
		return err
	}
	fmt.Printf("shop %s listens on %s\n", shop.version, listen.Addr())
	return http.Serve(listen, shop) //nolint:gosec // only the demo's own balancer asks
}

// shop is the application.
type shop struct {
	version, server string
	broken          bool
	warm            time.Time // before that it answers 503
}

// ServeHTTP answers who answers. /slow takes its time, /healthz tells whether it is ready.
func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(versionHeader, s.version)
	if s.broken || time.Now().Before(s.warm) {
		http.Error(w, "warming up", http.StatusServiceUnavailable)
		return
	}
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		return
	}
	if filepath.Clean(r.URL.Path) == "/slow" {
		time.Sleep(1500*time.Millisecond + rand.N(500*time.Millisecond))
	}
	_, _ = fmt.Fprintf(w, "shop %s on %s\n", s.version, s.server)
	if n > 0 {
		_, _ = fmt.Fprintf(w, "%d bytes received\n", n)
	}
}
