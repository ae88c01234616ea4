package servertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"rota/internal/daemon"
)

// App is a small HTTP application on a loopback port. Every answer names it in
// the header X-Server. It answers
//
//	/health     200, or 503 when it is not healthy
//	/version    its version
//	/slow?for=D after the duration D
//	/           its name and version
//
// Its methods may be called concurrently.
type App struct {
	Name string
	Addr string // 127.0.0.1:port; the same after Stop and Start

	t  testing.TB
	mu sync.Mutex

	server   *http.Server // nil while it is stopped
	ended    chan struct{}
	version  string
	sick     bool
	inFlight int
	served   int
	held     map[string]chan struct{} // by the request's query
}

// StartApp starts an application with version "1" and ends it with the test.
func StartApp(t testing.TB, name string) *App {
	t.Helper()
	a := &App{Name: name, t: t, version: "1", held: map[string]chan struct{}{}}
	port, err := daemon.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	a.Addr = fmt.Sprintf("127.0.0.1:%d", port)
	a.Start()
	t.Cleanup(a.Stop)
	return a
}

// StartApps starts an application for every name.
func StartApps(t testing.TB, names ...string) []*App {
	t.Helper()
	var apps []*App
	for _, name := range names {
		apps = append(apps, StartApp(t, name))
	}
	return apps
}

// Start lets a stopped application listen again.
func (a *App) Start() {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.server != nil {
		return
	}
	l, err := net.Listen("tcp", a.Addr) //nolint:noctx // no name is resolved
	for end := time.Now().Add(5 * time.Second); err != nil && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
		l, err = net.Listen("tcp", a.Addr) //nolint:noctx // no name is resolved
	}
	if err != nil {
		a.t.Fatal(err)
	}
	server, ended := &http.Server{Handler: a, ReadHeaderTimeout: 10 * time.Second}, make(chan struct{})
	a.server, a.ended = server, ended
	go func() {
		defer close(ended)
		_ = server.Serve(l)
	}()
}

// Stop kills the application: nothing listens any more, its connections break.
func (a *App) Stop() {
	a.mu.Lock()
	server, ended := a.server, a.ended
	a.server = nil
	a.mu.Unlock()
	if server != nil {
		_ = server.Close()
		<-ended
	}
}

// SetHealthy says what /health answers from now on.
func (a *App) SetHealthy(healthy bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sick = !healthy
}

// SetVersion says what the application calls its version from now on.
func (a *App) SetVersion(version string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.version = version
}

// InFlight returns how many requests are under way, without health checks.
func (a *App) InFlight() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.inFlight
}

// Served returns how many requests have come so far, without health checks.
func (a *App) Served() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.served
}

// Hold opens a request through the balancer at addr that reaches this
// application and stays open until end is called. End tells whether it came
// through whole. It fails the test when ten seconds of requests all reach
// other applications. Header holds names and values in turn.
func (a *App) Hold(t testing.TB, addr string, header ...string) (end func() error) {
	t.Helper()
	a.mu.Lock()
	query := fmt.Sprintf("%s-%d", a.Name, len(a.held))
	release := make(chan struct{})
	a.held[query] = release
	a.mu.Unlock()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		resp := get(t, addr, "/hold?"+query, header...)
		if resp.Header.Get("X-Server") == a.Name && resp.StatusCode == http.StatusOK {
			once := sync.OnceFunc(func() { close(release) })
			t.Cleanup(func() { once(); _ = resp.Body.Close() })
			return func() error {
				once()
				defer func() { _ = resp.Body.Close() }()
				body, err := io.ReadAll(resp.Body)
				if err == nil && string(body) != "begin end" {
					err = fmt.Errorf("it ended early, with %q", body)
				}
				return err
			}
		}
		_ = resp.Body.Close()
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("no request through %s reaches %s", addr, a.Name)
	return nil
}

// ServeHTTP answers one request.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	version, sick, release := a.version, a.sick, a.held[r.URL.RawQuery]
	if r.URL.Path != "/health" {
		a.served++
		a.inFlight++
		defer func() {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.inFlight--
		}()
	}
	a.mu.Unlock()
	w.Header().Set("X-Server", a.Name)
	w.Header().Set("X-Accel-Buffering", "no") // nginx passes on what is flushed
	switch r.URL.Path {
	case "/health":
		if sick {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	case "/version":
		_, _ = io.WriteString(w, version)
	case "/slow":
		d, err := time.ParseDuration(r.URL.Query().Get("for"))
		if err == nil {
			err = sleep(r.Context(), d)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	case "/hold":
		if release != nil {
			a.hold(r.Context(), w, release)
		}
	default:
		_, _ = fmt.Fprintln(w, a.Name, version)
	}
}

// hold answers in two parts, with the release between them. A request that is
// for another application is given up by its client at once.
func (a *App) hold(ctx context.Context, w http.ResponseWriter, release chan struct{}) {
	_, _ = io.WriteString(w, "begin")
	if err := http.NewResponseController(w).Flush(); err != nil {
		return
	}
	select {
	case <-release:
		_, _ = io.WriteString(w, " end")
	case <-ctx.Done():
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return errors.New("the client has gone")
	}
}
