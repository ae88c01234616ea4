package nginx_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rota/internal/daemon"
	"rota/internal/servertest"
	"rota/lb"
	"rota/lb/lbtest"
	"rota/lb/nginx"
)

// local is this machine.
type local struct {
	calls *int   // counts the scripts, where it is not nil
	shell string // "" is sh
}

func (m local) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	if m.calls != nil {
		*m.calls++
	}
	words := append(strings.Fields(m.shell), "sh", "-c", script)
	if m.shell != "" {
		words = append(strings.Fields(m.shell), "-c", script)
	}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.WaitDelay = 100 * time.Millisecond // what the script started may live on
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return out, err
}

// house is a real nginx in front of three applications, a, b and c, in the
// upstream "app".
type house struct {
	*servertest.NginxServer
	t    *testing.T
	dir  string
	apps map[string]*servertest.App
	cfg  nginx.Config

	options daemon.NginxOptions
}

// again starts nginx anew with the files as they are.
func (h *house) again() *house {
	h.t.Helper()
	h.NginxServer = servertest.NginxIn(h.t, h.dir, h.options)
	return h
}

// start starts a house. Its lines and files may name the applications'
// addresses as @a, @b and @c; files are written before nginx starts. With no
// lines, the upstream is in a file of its own.
func start(t *testing.T, files map[string]string, lines ...string) *house {
	t.Helper()
	servertest.Need(t, "nginx")
	h := &house{t: t, dir: t.TempDir(), apps: map[string]*servertest.App{}}
	for _, app := range servertest.StartApps(t, "a", "b", "c") {
		h.apps[app.Name] = app
		h.cfg.Members = append(h.cfg.Members, lb.Member{Server: app.Name, Pool: "app", Address: app.Addr})
	}
	for name, text := range files {
		h.write(name, h.expand(text))
	}
	o := daemon.NginxOptions{}
	if len(lines) == 0 {
		o.Upstreams = []string{h.expand("app {\n    server @a;\n    server @b;\n    server @c;\n}")}
	}
	for _, line := range lines {
		if main, ok := strings.CutPrefix(line, "main: "); ok {
			o.Main = append(o.Main, main)
		} else {
			o.HTTP = append(o.HTTP, h.expand(line))
		}
	}
	h.options = o
	h.again()
	h.cfg.File, h.cfg.Upstreams = h.ConfigFile, []string{"app"}
	h.cfg.Test, h.cfg.Reload, h.cfg.PID = h.Test, h.Reload, h.PIDFile
	h.cfg.Machine = local{}
	return h
}

func (h *house) expand(text string) string {
	for name, app := range h.apps {
		text = strings.ReplaceAll(text, "@"+name, app.Addr)
	}
	return text
}

func (h *house) path(name string) string { return filepath.Join(h.dir, name) }

func (h *house) write(name, text string) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(h.path(name)), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(h.path(name), []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) read(name string) string {
	h.t.Helper()
	b, err := os.ReadFile(h.path(name))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

// balancer returns a new value onto the nginx, as another process would have.
func (h *house) balancer() *nginx.Balancer { return nginx.New(h.cfg) }

// configuration returns what every configuration file is: its rights, links and
// bytes.
func (h *house) configuration() map[string]string {
	h.t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(h.dir, func(path string, d os.DirEntry, err error) error {
		name, _ := filepath.Rel(h.dir, path)
		if err != nil || d.IsDir() || strings.HasPrefix(name, "temp") || strings.HasSuffix(name, ".log") || strings.HasSuffix(name, ".pid") {
			return err
		}
		var link syscall.Stat_t
		if err := syscall.Lstat(path, &link); err != nil {
			return err
		}
		found[name] = fmt.Sprintf("%o %d:%d, %d links\n%s", link.Mode, link.Uid, link.Gid, link.Nlink, h.read(name))
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return found
}

func (h *house) set(b *nginx.Balancer, want ...lb.Change) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 20*time.Second)
	defer cancel()
	if err := b.Set(ctx, want...); err != nil {
		h.t.Fatal(err)
	}
}

// states asks once: "a in, b draining, c out".
func (h *house) states(b *nginx.Balancer) string {
	h.t.Helper()
	servers, err := b.Servers(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	words := make([]string, len(servers))
	for i, s := range servers {
		words[i] = s.Name + " " + s.State.String()
	}
	return strings.Join(words, ", ")
}

// become asks until the states are as wanted.
func (h *house) become(b *nginx.Balancer, want string) {
	h.t.Helper()
	end := time.Now().Add(10 * time.Second)
	for {
		got := h.states(b)
		if got == want {
			return
		}
		if time.Now().After(end) {
			h.t.Fatalf("the servers are %q, want %q", got, want)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// serves tells which applications answer, over some requests.
func (h *house) serves() string {
	h.t.Helper()
	seen := map[string]bool{}
	for range 12 {
		name, status := servertest.Get(h.t, h.Addr, "/")
		if status != 200 {
			name = fmt.Sprint(status)
		}
		seen[name] = true
	}
	var names string
	for _, name := range []string{"a", "b", "c", "502"} {
		if seen[name] {
			names += name
		}
	}
	return names
}

// tidy fails where anything was left beside the configuration.
func (h *house) tidy() {
	h.t.Helper()
	err := filepath.WalkDir(h.dir, func(path string, _ os.DirEntry, err error) error {
		if strings.Contains(path, ".rota") {
			h.t.Errorf("left behind: %s", path)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func out(server string) lb.Change { return lb.Change{Server: server, To: lb.Out} }
func in(server string) lb.Change  { return lb.Change{Server: server, To: lb.In} }

func TestConformance(t *testing.T) {
	for _, drained := range []string{"workers", "connections"} {
		t.Run(drained, func(t *testing.T) {
			t.Parallel()
			if drained == "connections" {
				servertest.Need(t, "ss")
			}
			lbtest.Run(t, func(t *testing.T) lbtest.Subject {
				h := start(t, nil, "upstream app { server @a; server @b; server @c; server 127.0.0.1:1 down; }")
				h.cfg.Drained = drained
				h.cfg.AllowEmpty = true
				return lbtest.Subject{
					Balancer: h.balancer(),
					Stranger: "127.0.0.1:1",
					Reopen:   func() lb.Balancer { return h.balancer() },
					Request: func(t *testing.T, server string) func() error {
						return h.apps[server].Hold(t, h.Addr)
					},
					Stop:  func(server string) { h.apps[server].Stop() },
					Start: func(server string) { h.apps[server].Start() },
					Hand:  func(t *testing.T, script string) int { return servertest.Hand(t, script, "ps") },
				}
			})
		})
	}
}

// TestScriptsChangeOurWordsAlone takes out and puts back what stands on several
// lines of several kinds, with everything that sed could stumble over.
func TestScriptsChangeOurWordsAlone(t *testing.T) {
	t.Parallel()
	h := start(t, nil, "upstream app {", "  server @a max_fails=3; # a & b / c \\1", "\tserver  @b  down ;server @c;  }")
	b := h.balancer()
	read := func() string {
		text, err := os.ReadFile(h.ConfigFile)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	before := read()
	carry := func(d lb.Deed) {
		t.Helper()
		s, err := b.Script(t.Context(), d, "a", "b")
		if err != nil {
			t.Fatal(err)
		}
		if status := servertest.Hand(t, "set -eu\nlimit=20\n"+s.Words+"\n"+s.Text, "ps"); status != 0 {
			t.Fatalf("exit status %d of\n%s", status, s.Text)
		}
	}
	carry(lb.TakeOut)
	h.become(b, "a out, b out, c in")
	if got, want := read(), strings.Replace(before, "max_fails=3;", "max_fails=3 down;", 1); got != want {
		t.Errorf("the file is\n%s\nwant\n%s", got, want)
	}
	carry(lb.PutIn)
	h.become(b, "a in, b in, c in")
	if got, want := read(), strings.Replace(before, "  down ;server", " ;server", 1); got != want {
		t.Errorf("the file is\n%s\nwant\n%s", got, want)
	}
}
