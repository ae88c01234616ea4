package nginx_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"rota/lb"
	"rota/lb/nginx"

	"github.com/google/go-cmp/cmp"
)

func TestCheckPassesWhereNothingIsWrong(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	before := h.configuration()
	if err := h.balancer().Check(t.Context()); err != nil {
		t.Error(err)
	}
	h.same(before)
}

func TestCheckTellsAllThatIsWrong(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		wrong func(h *house)
		is    error
		words []string
	}{
		"no such file": {
			wrong: func(h *house) { h.cfg.File = h.path("nowhere.conf") },
			is:    lb.ErrNotFound, words: []string{"nowhere.conf"},
		},
		"no such upstream": {
			wrong: func(h *house) { h.cfg.Upstreams = []string{"app", "shop"} },
			is:    lb.ErrNotFound, words: []string{`upstream "shop"`, "there are: app"},
		},
		"no such server": {
			wrong: func(h *house) {
				h.cfg.Members = append(h.cfg.Members, lb.Member{Server: "web9", Pool: "app", Address: "192.0.2.9"})
			},
			is: lb.ErrNotFound, words: []string{`server "web9" (192.0.2.9:80 in "app")`, "there are: 127.0.0.1:"},
		},
		"a configuration that does not pass": {
			wrong: func(h *house) { h.write("nginx.conf", h.read("nginx.conf")+"bogus on;") },
			words: []string{`unknown directive "bogus"`, "changed by another hand"},
		},
		"an edit by another hand that is not loaded": {
			wrong: func(h *house) { h.write("nginx.conf", h.read("nginx.conf")+"# by hand\n") },
			words: []string{"nginx.conf: changed by another hand since the last reload"},
		},
		"an edit in a snippet that only a server block includes": {
			wrong: func(h *house) { h.write("snippet.conf", "# by hand\n") },
			words: []string{"snippet.conf: changed by another hand since the last reload"},
		},
		"a file that nginx cannot read either": {
			wrong: func(h *house) { h.write("upstreams.conf", "upstream app { server }\n") },
			words: []string{`upstreams.conf:1: unexpected "}"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, map[string]string{"snippet.conf": "", "upstreams.conf": "upstream app { server @a; server @b; server @c; }"},
				"include upstreams.conf;", "server { listen unix:"+t.TempDir()+"/s; include snippet.conf; }")
			h.become(h.balancer(), "a in, b in, c in")
			time.Sleep(200 * time.Millisecond) // so that the edit is provably newer than the workers
			row.wrong(h)
			err := h.balancer().Check(t.Context())
			if err == nil || row.is != nil && !errors.Is(err, row.is) {
				t.Fatalf("the error is %v", err)
			}
			for _, w := range row.words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("it does not tell %q: %v", w, err)
				}
			}
		})
	}
}

// TestWithoutRights asks as another user, which takes a root to try.
func TestWithoutRights(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip(err)
	}
	h := start(t, nil)
	for dir := h.dir; dir != os.TempDir(); dir = dir[:strings.LastIndexByte(dir, '/')] {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(h.ConfigFile, 0o644); err != nil {
		t.Fatal(err)
	}
	h.cfg.Machine = local{shell: "setpriv --reuid 65534 --regid 65534 --clear-groups sh"}
	before := h.configuration()
	h.become(h.balancer(), "a in, b in, c in") // to look takes no rights
	err := h.balancer().Check(t.Context())
	if !errors.Is(err, fs.ErrPermission) {
		t.Fatalf("the error is %v", err)
	}
	for _, w := range []string{"upstreams.conf: this user may not write it", "may not signal it", "sudo: true"} {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("it does not tell %q: %v", w, err)
		}
	}
	if err := h.balancer().Set(t.Context(), out("a")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("the error of Set is %v", err)
	}
	h.same(before)

	if err := os.Chmod(h.ConfigFile, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.balancer().Check(t.Context()); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "may not read it") {
		t.Errorf("the error is %v", err)
	}
}

func TestPreviewIsTheDiffAndTheCommands(t *testing.T) {
	t.Parallel()
	h := start(t, nil, "upstream app {", "  server @a;", "  server @b down;", "  server @c;", "}")
	b := h.balancer()
	got, err := b.Preview(t.Context(), out("a"), in("b"))
	if err != nil {
		t.Fatal(err)
	}
	line := 1 + strings.Count(h.read("nginx.conf")[:strings.Index(h.read("nginx.conf"), h.expand("@a"))], "\n")
	at := func(n int) string { return strings.ReplaceAll("@@ -N,1 +N,1 @@", "N", strconv.Itoa(line+n)) }
	want := []string{
		"--- " + h.ConfigFile, "+++ " + h.ConfigFile,
		at(0), h.expand("-      server @a;"), h.expand("+      server @a down;"),
		at(1), h.expand("-      server @b down;"), h.expand("+      server @b;"),
		h.Test, h.Reload,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if again, err := b.Preview(t.Context(), in("a")); err != nil || len(again) != 0 {
		t.Errorf("preview of what is so already: %q, %v", again, err)
	}
}

func TestNotesTellOfSurprises(t *testing.T) {
	t.Parallel()
	h := start(t, nil, "main: worker_shutdown_timeout 10s;", "upstream app { server @a; server @b; server @c; }")
	end := h.apps["b"].Hold(t, h.Addr)
	h.set(h.balancer(), out("a"))
	notes, err := h.balancer().Notes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(notes, "\n")
	for _, w := range []string{"worker_shutdown_timeout 10s", "1 old worker has not ended"} {
		if !strings.Contains(all, w) {
			t.Errorf("they do not tell %q: %q", w, all)
		}
	}
	if err := h.balancer().Check(t.Context()); err != nil {
		t.Errorf("a note stops the run: %v", err)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
}

func TestInfo(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	info, err := h.balancer().Info(t.Context())
	out, _ := exec.Command("sh", "-c", h.Test[:strings.Index(h.Test, " ")]+" -v 2>&1").Output()
	if err != nil || info.Kind != "nginx" || info.Version == "" || !strings.Contains(string(out), "nginx/"+info.Version) {
		t.Errorf("%+v, %v; nginx says %s", info, err, out)
	}
}

// TestBusyBox asks and changes by BusyBox's tools alone.
func TestBusyBox(t *testing.T) {
	t.Parallel()
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Skip(err)
	}
	h := start(t, nil)
	tools := t.TempDir()
	if out, err := exec.Command(busybox, "--install", "-s", tools).CombinedOutput(); err != nil {
		t.Skipf("%v: %s", err, out)
	}
	h.cfg.Machine = local{shell: "env PATH=" + tools + " " + busybox + " sh"}
	b := nginx.New(h.cfg)
	before := h.configuration()
	h.become(b, "a in, b in, c in")
	h.set(b, out("a"))
	h.become(b, "a out, b in, c in")
	h.set(b, in("a"))
	h.same(before)
	h.tidy()
}
