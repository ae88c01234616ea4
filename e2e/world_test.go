package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rota/internal/daemon"
	"rota/internal/servertest"
)

const (
	oldVersion = "1.0.1"
	newVersion = "1.0.2"
)

// world is a site: one sshd that plays every machine, HAProxy as lb1, nginx as
// lb2 or both, and servers behind them.
type world struct {
	dir       string
	app       string
	sshd      *servertest.SSHServer
	haproxy   *servertest.HAProxyServer // nil: there is no lb1
	nginx     *servertest.NginxServer   // nil: there is no lb2
	servers   []server
	inventory string
	pace      pace
}

// server is one application in its folder.
type server struct{ name, addr, dir string }

// newWorld starts a site of n servers that run the old version, and ends it
// with the test. It has both balancers, or those that are named.
func newWorld(t *testing.T, n int, p pace, balancers ...string) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{dir: dir, app: filepath.Base(dir), pace: p}
	t.Cleanup(func() { w.end(t) })
	me, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := strings.NewReplacer("DIR", dir, "OLD", oldVersion, "SHOP", shopVariable, "BINARY", me,
		"PARENT", strconv.Itoa(os.Getpid()), "PACE", fmt.Sprintf("%d %d %d", p.start, p.warm, p.slow))
	write(t, filepath.Join(dir, "activate"), script.Replace(activate))
	if err := os.Chmod(filepath.Join(dir, "activate"), 0o700); err != nil {
		t.Fatal(err)
	}
	subnet := reserve(t)
	for i := range n {
		w.servers = append(w.servers, w.serve(t, fmt.Sprintf("web%d", i+1), fmt.Sprintf("%s.%d:8000", subnet, i+1)))
	}
	for _, s := range w.servers {
		s.await(t, oldVersion)
	}
	w.sshd = servertest.SSHD(t)
	if len(balancers) == 0 {
		balancers = []string{"lb1", "lb2"}
	}
	w.balance(t, balancers)
	w.write(t, w.text())
	return w
}

// reserve returns three bytes of loopback addresses that no other test has: an
// application that is down for a moment must find its port free again.
func reserve(t *testing.T) string {
	t.Helper()
	for range 100 {
		subnet := fmt.Sprintf("127.%d.%d", 1+rand.IntN(254), rand.IntN(256))
		if l, err := net.Listen("tcp", subnet+".254:8000"); err == nil {
			t.Cleanup(func() { _ = l.Close() })
			return subnet
		}
	}
	t.Fatal("no loopback addresses are free")
	return ""
}

// serve starts a server in a folder of its own.
func (w *world) serve(t *testing.T, name, addr string) server {
	t.Helper()
	s := server{name, addr, filepath.Join(w.dir, name)}
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(s.dir, "address"), s.addr)
	w.activate(t, s, oldVersion)
	return s
}

// activate does by hand on one machine what a deploy does.
func (w *world) activate(t *testing.T, s server, version string) {
	t.Helper()
	if out, err := exec.Command(filepath.Join(w.dir, "activate"), s.name, version).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", s.name, err, out)
	}
}

// balance starts balancers. They retry nothing, so that every fault is seen, and
// nginx shuns no server that has failed once.
func (w *world) balance(t *testing.T, names []string) {
	t.Helper()
	backend := []string{
		"shop", "retries 0", "option httpchk GET /healthz", "http-check expect status 200",
		fmt.Sprintf("default-server check inter %dms fall 2 rise 2", w.pace.check.Milliseconds()),
	}
	upstream := []string{"app {", "keepalive 16;"}
	for _, s := range w.servers {
		backend = append(backend, "server "+s.name+" "+s.addr)
		upstream = append(upstream, "server "+s.addr+" max_fails=0;")
	}
	if slices.Contains(names, "lb1") {
		w.haproxy = servertest.HAProxy(t, daemon.HAProxyOptions{Backends: []string{strings.Join(backend, "\n")}})
	}
	if slices.Contains(names, "lb2") {
		w.nginx = servertest.Nginx(t, daemon.NginxOptions{
			Upstreams: []string{strings.Join(upstream, "\n    ") + "\n}"},
			HTTP:      []string{"proxy_next_upstream off;", "proxy_http_version 1.1;", `proxy_set_header Connection "";`},
		})
	}
}

// balancers returns the addresses by name.
func (w *world) balancers() map[string]string {
	all := map[string]string{}
	if w.haproxy != nil {
		all["lb1"] = w.haproxy.Addr
	}
	if w.nginx != nil {
		all["lb2"] = w.nginx.Addr
	}
	return all
}

// text is the inventory of the site.
func (w *world) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "app: %s\nrecord: %s/record\nssh: {config: %q, connect_timeout: 5s}\nservers:\n", w.app, w.dir, w.sshd.Config)
	for _, s := range w.servers {
		fmt.Fprintf(&b, "  - {name: %s, address: %q}\n", s.name, s.addr)
	}
	b.WriteString("balancers:\n")
	if w.haproxy != nil {
		fmt.Fprintf(&b, "  - name: lb1\n    haproxy: {socket: %s, backends: [shop]}\n", w.haproxy.Socket)
	}
	if w.nginx != nil {
		fmt.Fprintf(&b, `  - name: lb2
    nginx:
      config: %s
      upstreams: [app]
      test: %q
      reload: %q
      pid: %s
`, w.nginx.ConfigFile, w.nginx.Test, w.nginx.Reload, w.nginx.PIDFile)
	}
	fmt.Fprintf(&b, `deploy:
  steps:
    - run: %s/activate "$ROTA_SERVER" "$ROTA_VERSION"
  version: {http: "http://${ROTA_ADDRESS}/version"}
health:
  http: http://${ROTA_ADDRESS}/healthz
  interval: %s
  passes: 2
  timeout: 15s
rollout:
  batches: [1, 2, 3]
  min_in_rotation: 50%%
  drain_timeout: 20s
  soak: %s
`, w.dir, w.pace.check, w.pace.soak)
	return b.String()
}

// write makes text the inventory. It stands in the site's folder.
func (w *world) write(t *testing.T, text string) {
	t.Helper()
	w.inventory = filepath.Join(w.dir, "inventory.yaml")
	write(t, w.inventory, text)
}

// rewrite changes the inventory: each old text is replaced by the new one after it.
func (w *world) rewrite(t *testing.T, oldNew ...string) {
	t.Helper()
	text := read(t, w.inventory)
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(text, oldNew[i]) {
			t.Fatalf("the inventory has no %q", oldNew[i])
		}
		text = strings.Replace(text, oldNew[i], oldNew[i+1], 1)
	}
	w.write(t, text)
}

// server returns a server by name.
func (w *world) server(name string) server {
	for _, s := range w.servers {
		if s.name == name {
			return s
		}
	}
	return server{}
}

// end ends the applications, and removes the folder.
func (w *world) end(t *testing.T) {
	for _, s := range w.servers {
		b, _ := os.ReadFile(filepath.Join(s.dir, "pid"))
		if pid, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if log, _ := os.ReadFile(filepath.Join(s.dir, "log")); t.Failed() && len(log) > 0 {
			t.Logf("%s: %s", s.name, log)
		}
	}
	_ = os.RemoveAll(w.dir)
}

// await waits until the server is healthy and runs a version.
func (s server) await(t *testing.T, version string) {
	t.Helper()
	eventually(t, s.name+" runs "+version, func() bool {
		_, err := s.get("/healthz")
		is, _ := s.get("/version")
		return err == nil && is == version
	})
}

// get asks the server itself.
func (s server) get(path string) (string, error) {
	c := &client{addr: s.addr}
	body, bad := c.send(http.MethodGet, path, "")
	if bad != nil {
		return "", fmt.Errorf("%s", bad.text)
	}
	return body, nil
}

// fault makes the next versions fail on a server; "" mends it.
func (s server) fault(t *testing.T, what string) {
	t.Helper()
	write(t, filepath.Join(s.dir, "fault"), what)
}

// eventually waits until something is true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for !is() {
		select {
		case <-ctx.Done():
			t.Fatalf("not in time: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
