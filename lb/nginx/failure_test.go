package nginx_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"rota/lb"

	"github.com/google/go-cmp/cmp"
)

// fails expects a Set to fail with all of the words.
func (h *house) fails(change lb.Change, words ...string) {
	h.t.Helper()
	err := h.balancer().Set(h.t.Context(), change)
	if err == nil {
		h.t.Fatalf("%v went through", change)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			h.t.Errorf("the error does not tell %q: %v", w, err)
		}
	}
}

// same expects the configuration to be what it was, but for a marker.
func (h *house) same(before map[string]string) {
	h.t.Helper()
	after := h.configuration()
	for name := range after {
		if strings.HasSuffix(name, ".rota") {
			delete(after, name)
		}
	}
	if diff := cmp.Diff(before, after); diff != "" {
		h.t.Errorf("the files are not as they were:\n%s", diff)
	}
}

func TestARefusedTestPutsTheFileBack(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	h.become(h.balancer(), "a in, b in, c in")
	before := h.configuration()
	// A test that refuses what nginx would accept, as a stricter one of the user's might.
	h.cfg.Test = "! grep -q down " + h.Upstreams + " || { echo '[emerg] no downs here'; exit 1; }"
	h.fails(out("a"), "refused, nothing was reloaded", "no downs here", "the files are as they were")
	h.same(before)
	if strings.Contains(h.Log(), "SIGHUP") {
		t.Error("nginx was reloaded")
	}

	// The file is newer than the workers now, but nothing is unknown: it is what they run.
	h.become(h.balancer(), "a in, b in, c in")
	h.cfg.Test = h.Test
	if err := h.balancer().Check(t.Context()); err != nil {
		t.Errorf("check after a restore: %v", err)
	}
	h.set(h.balancer(), out("a"))
	h.become(h.balancer(), "a out, b in, c in")
	h.tidy()
}

func TestNginxsOwnWordsComeWithARefusal(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	before := h.configuration()
	h.write("nginx.conf", h.read("nginx.conf")+"bogus on;\n")
	h.fails(out("a"), `unknown directive "bogus"`, "nginx.conf:", "the files are as they were", "fail the test")
	h.write("nginx.conf", strings.TrimSuffix(h.read("nginx.conf"), "bogus on;\n"))
	h.same(before)
}

func TestAReloadThatIsNotTakenPutsTheFileBack(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	h.become(h.balancer(), "a in, b in, c in")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	main := h.read("nginx.conf")
	h.write("nginx.conf", strings.Replace(main, "listen ", "listen "+taken.Addr().String()+"; listen ", 1))
	before := h.configuration()
	h.cfg.Patience = 4 * time.Second // nginx tries five times in 2.5 seconds

	h.fails(out("a"), "not taken within 4s", "the running configuration is the old one", "the files are as they were")
	h.same(before)
	if got := h.serves(); got != "abc" {
		t.Errorf("%s answer, want all", got)
	}
	h.write("nginx.conf", main)
	h.set(h.balancer(), out("a"))
	h.become(h.balancer(), "a out, b in, c in")
}

func TestAReloadCommandThatFailsPutsTheFileBack(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	h.become(h.balancer(), "a in, b in, c in")
	before := h.configuration()
	h.cfg.Reload = "echo no such service; false"
	h.fails(out("a"), "no reload, the running configuration is the old one", "no such service")
	h.same(before)
	h.become(h.balancer(), "a in, b in, c in")
}

func TestAReloadThatIsARestartIsToldApart(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	// Another nginx's master takes over the pid file.
	other := start(t, nil)
	h.cfg.Reload = "cp " + other.PIDFile + " " + h.PIDFile
	h.fails(out("a"), "restarted nginx instead of reloading it")
}

// killTheScript, as the command that tests, kills the script that runs it.
const killTheScript = `script=$(cut -d' ' -f4 /proc/$PPID/stat); [ "$(cat /proc/$script/comm)" = sh ] && kill -KILL $script`

// TestKilledBetweenChangeAndReload is promise 10: the file says what is wanted,
// and no worker has read it.
func TestKilledBetweenChangeAndReload(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	b := h.balancer()
	h.become(b, "a in, b in, c in")
	// The script is killed by what it calls to test.
	test := h.cfg.Test
	h.cfg.Test = killTheScript
	if err := h.balancer().Set(t.Context(), out("a")); err == nil {
		t.Fatal("a Set that was killed went through")
	}
	h.cfg.Test = test
	if text := h.read("upstreams.conf"); !strings.Contains(text, h.expand("@a down;")) {
		t.Fatalf("the edit was not made: %s", text)
	}
	if got := h.states(b); got != "a unknown, b in, c in" {
		t.Errorf("the servers are %q: only a's words have changed", got)
	}
	servers, err := b.Servers(t.Context())
	if err != nil || !strings.Contains(servers[0].Note, "down in the file, no reload proved since") {
		t.Errorf("%+v, %v", servers[0], err)
	}
	if err := h.balancer().Check(t.Context()); err != nil {
		t.Errorf("our own edit stops the run: %v", err)
	}
	if got := h.serves(); got != "abc" {
		t.Errorf("%s answer before the reload", got)
	}

	h.set(h.balancer(), out("a"))
	h.become(b, "a out, b in, c in")
	if got := h.serves(); got != "bc" {
		t.Errorf("%s answer after it", got)
	}
	h.tidy()
}

func TestKilledAndPutBackByTheNextSet(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	before := h.configuration()
	h.become(h.balancer(), "a in, b in, c in")
	test := h.cfg.Test
	h.cfg.Test = killTheScript
	_ = h.balancer().Set(t.Context(), out("a")) // what it says is the other test's
	h.cfg.Test = test
	h.set(h.balancer(), in("a"))
	h.become(h.balancer(), "a in, b in, c in")
	h.same(before)
	h.tidy()
}

func TestFilesLeftByACrashAreInNobodysWay(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	for _, name := range []string{".upstreams.conf.rota", ".upstreams.conf.rota-new", ".upstreams.conf.rota-before", ".upstreams.conf.rota-mark"} {
		h.write(name, "left over")
	}
	h.become(h.balancer(), "a in, b in, c in")
	h.set(h.balancer(), out("a"))
	h.become(h.balancer(), "a out, b in, c in")
	h.tidy()
}

func TestACancelledSetLeavesAnAnswer(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	h.become(h.balancer(), "a in, b in, c in")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	h.cfg.Reload = "sleep 30"
	if err := h.balancer().Set(ctx, out("a")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
	h.cfg.Reload = h.Reload
	if got := h.states(h.balancer()); got != "a unknown, b in, c in" {
		t.Errorf("the servers are %q", got)
	}
}

func TestNginxThatIsNotRunning(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	b := h.balancer()
	h.Stop()
	if _, err := b.Servers(t.Context()); err == nil || !strings.Contains(err.Error(), "not running") {
		t.Errorf("the error is %v", err)
	}
	h.write("nginx.pid", "1\n") // left by a crash, and another process has the number now
	if _, err := h.balancer().Servers(t.Context()); err == nil || !strings.Contains(err.Error(), "not running") {
		t.Errorf("the error is %v", err)
	}
	if err := h.balancer().Set(t.Context(), out("a")); err == nil {
		t.Error("a Set went through")
	}
	if _, err := os.Stat(h.path(".upstreams.conf.rota")); err == nil {
		t.Error("the file was touched")
	}
}
