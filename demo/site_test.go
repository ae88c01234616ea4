package demo_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rota/demo"
	"rota/internal/servertest"
)

func TestMain(m *testing.M) {
	demo.Main()
	if os.Getenv(childVariable) != "" {
		child()
		return
	}
	os.Exit(m.Run())
}

// site is a data centre and its folder.
type site struct {
	*demo.Site
	dir string
}

func start(t *testing.T, o demo.Options) site {
	t.Helper()
	s, err := demo.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return site{s, filepath.Dir(s.Inventory())}
}

// pids are the ids of the applications that run now.
func pids(t *testing.T, dir string) (pids []int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "web*/run/shop.pid"))
	if err != nil || len(files) == 0 {
		t.Fatal("no pid files", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// gone tells whether a process has ended, be it that nobody has buried it yet.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && bytes.Contains(stat, []byte(") Z "))
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not so after ten seconds", what)
		}
	}
}

func TestStartIsQuickAndStopLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	began := time.Now()
	s := start(t, demo.Options{})
	// On two idle cores it takes 0.2 s; the rest is for those who share them.
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	} else {
		t.Log("started in", took)
	}
	processes := pids(t, s.dir)
	if len(processes) != 6 {
		t.Errorf("%d servers, want 6", len(processes))
	}
	for _, pid := range processes {
		if gone(pid) {
			t.Errorf("process %d does not run", pid)
		}
	}
	eventually(t, "there is traffic, without loss", func() bool {
		now := s.Traffic()
		if now.Failed > 0 {
			t.Fatal(now.Failures)
		}
		return now.Sent > 50 && now.Versions[demo.Running] == now.Sent && now.Rate > 50
	})
	s.Stop()
	s.Stop()
	for _, pid := range processes {
		if !gone(pid) {
			t.Errorf("process %d lives on", pid)
		}
	}
	if _, err := os.Stat(s.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is left: %v", err)
	}
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}

func TestAFolderOfOnesOwnIsKept(t *testing.T) {
	dir, err := os.MkdirTemp("", "demo")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s := start(t, demo.Options{Dir: dir, Servers: 2})
	if n := len(pids(t, dir)); n != 2 {
		t.Errorf("%d servers, want 2", n)
	}
	for _, secret := range []string{"id_ed25519", "inventory.yaml", "ssh_config", "known_hosts"} {
		if info, err := os.Stat(filepath.Join(dir, secret)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want mode 0600", secret, info.Mode(), err)
		}
	}
	s.Stop()
	if _, err := os.Stat(s.Inventory()); err != nil {
		t.Error(err)
	}
	if _, err := demo.Start(t.Context(), demo.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a used folder: %v", err)
	}
}

func TestWhatCannotBeBuiltLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for what, try := range map[string]func() (*demo.Site, error){
		"an unknown balancer":   func() (*demo.Site, error) { return demo.Start(t.Context(), demo.Options{Balancer: "f5", Servers: 1}) },
		"a cancelled context":   func() (*demo.Site, error) { return demo.Start(cancelled, demo.Options{Servers: 1}) },
		"a folder with a blank": func() (*demo.Site, error) { return demo.Start(t.Context(), demo.Options{Dir: "a b"}) },
	} {
		dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), "rota-demo-*"))
		if _, err := try(); err == nil {
			t.Errorf("%s: no error", what)
		}
		if now, _ := filepath.Glob(filepath.Join(os.TempDir(), "rota-demo-*")); len(now) > len(dirs) {
			t.Errorf("%s: a folder is left: %v", what, now)
		}
	}
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}

func TestRealBalancersStandInFrontToo(t *testing.T) {
	for _, kind := range []string{"haproxy", "nginx"} {
		t.Run(kind, func(t *testing.T) {
			servertest.Need(t, kind)
			s := start(t, demo.Options{Balancer: kind, Servers: 2})
			eventually(t, "there is traffic, without loss", func() bool {
				now := s.Traffic()
				if now.Failed > 0 {
					t.Fatal(now.Failures)
				}
				return now.Versions[demo.Running] > 50
			})
			text, err := os.ReadFile(s.Inventory())
			if err != nil || !bytes.Contains(text, []byte("\n    "+kind+":\n")) {
				t.Errorf("the inventory does not name it: %v\n%s", err, text)
			}
			s.Stop()
			if conn, err := net.Dial("tcp", strings.Trim(strings.TrimPrefix(s.URL(), "http:"), "/")); err == nil {
				_ = conn.Close()
				t.Error("the balancer lives on")
			}
		})
	}
}

// TestReloadsOfNginxLoseNothing is why the clients then keep no connections.
func TestReloadsOfNginxLoseNothing(t *testing.T) {
	servertest.Need(t, "nginx")
	s := start(t, demo.Options{Balancer: "nginx", Servers: 2})
	reload := s.load(t).Balancers[0].Nginx.Reload
	lb := s.dial(t, "lb1")
	for range 5 {
		lb.run(t, reload)
		before := s.Traffic().Sent
		eventually(t, "there is traffic", func() bool { return s.Traffic().Sent > before+20 })
	}
	if now := s.Traffic(); now.Failed > 0 {
		t.Errorf("%d of %d requests were lost: %v", now.Failed, now.Sent, now.Failures)
	}
}

func TestTheApplicationStartsSlowlyAndSaysSo(t *testing.T) {
	s := start(t, demo.Options{Servers: 1})
	lb := s.dial(t, "lb1")
	lb.api(t, "set server app/web1 state maint")
	text, err := os.ReadFile(filepath.Join(s.dir, "web1/etc/shop.env"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "ROTA_DEMO_LISTEN='")
	address, _, _ := strings.Cut(rest, "'")
	s.dial(t, "web1").run(t, "bin/activate "+demo.Running)
	var seen []string
	eventually(t, "healthy again", func() bool {
		state := ask(address)
		if len(seen) == 0 || seen[len(seen)-1] != state {
			seen = append(seen, state)
		}
		return state == "200"
	})
	if got := strings.Join(seen, " "); got != "refused 503 200" {
		t.Errorf("the application was %s", got)
	}
}

func ask(address string) string {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + address + "/healthz")
	if err != nil { // refused, or cut by the death of the old process
		return "refused"
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return strconv.Itoa(resp.StatusCode)
}
