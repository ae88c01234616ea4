package nginx_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rota/lb"
	"rota/lb/lbtest"

	"github.com/google/go-cmp/cmp"
)

// heard makes a change and returns what is heard of it, with names for the
// addresses, paths and processes.
func (h *house) heard(change func(ctx context.Context) error) ([]string, error) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 20*time.Second)
	defer cancel()
	var ear lbtest.Ear
	err := change(ear.On(ctx))
	names := []string{h.cfg.Test, "TEST", h.cfg.Reload, "RELOAD", h.dir, "DIR"}
	for name, app := range h.apps {
		names = append(names, app.Addr, "@"+name)
	}
	number := regexp.MustCompile(`\bpid \d+ \d+\b`) // of two workers
	lines := ear.Take()
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.Contains(l, "signal process started") }) // not every nginx says that
	for i, line := range lines {
		lines[i] = number.ReplaceAllString(strings.NewReplacer(names...).Replace(line), "N")
	}
	return lines, err
}

// TestEachServerIsToldItsOwnLines has one edit and one reload for three servers,
// of which one has two lines.
func TestEachServerIsToldItsOwnLines(t *testing.T) {
	t.Parallel()
	h := start(t, nil, "upstream app {", "  server @a max_fails=3; # why", "", "  server @b", "     weight=2;", "  server @c; server @a;", "  server 127.0.0.1:1; }")
	first := strings.Count(h.read("nginx.conf")[:strings.Index(h.read("nginx.conf"), "max_fails")], "\n") + 1
	b := h.balancer()
	got, err := h.heard(func(ctx context.Context) error { return b.Set(ctx, out("a"), out("b"), out("c")) })
	if err != nil {
		t.Fatal(err)
	}
	at := func(line int) string { return fmt.Sprintf("@@ -%d,1 +%[1]d,1 @@", first+line) }
	want := []string{
		"a b c > --- DIR/nginx.conf", "a b c > +++ DIR/nginx.conf",
		"a > " + at(0), "a > -      server @a max_fails=3; # why", "a > +      server @a max_fails=3 down; # why",
		"b > " + at(3), "b > -         weight=2;", "b > +         weight=2 down;",
		"c a > " + at(4), "c a > -      server @c; server @a;", "c a > +      server @c down; server @a down;",
		"a b c > TEST",
		"a b c < nginx: the configuration file DIR/nginx.conf syntax is ok",
		"a b c < nginx: configuration file DIR/nginx.conf test is successful",
		"a b c > RELOAD",
		"a b c < (reloaded: N serve now, N get nothing new)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	got, err = h.heard(func(ctx context.Context) error {
		return b.Weigh(ctx, lb.Weight{Pool: "app", Name: h.apps["b"].Addr, Weight: 9}, lb.Weight{Pool: "app", Name: "127.0.0.1:1", Weight: 4})
	})
	if err != nil {
		t.Fatal(err)
	}
	want = []string{
		"b > --- DIR/nginx.conf", "b > +++ DIR/nginx.conf",
		"b > " + at(3), "b > -         weight=2 down;", "b > +         weight=9 down;",
		"> " + at(5), "> -      server 127.0.0.1:1; }", "> +      server 127.0.0.1:1 weight=04; }",
		"b > TEST",
		"b < nginx: the configuration file DIR/nginx.conf syntax is ok",
		"b < nginx: configuration file DIR/nginx.conf test is successful",
		"b > RELOAD",
		"b < (reloaded: N serve now, N get nothing new)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, err := h.heard(func(ctx context.Context) error { return b.Set(ctx, out("a"), out("b")) }); err != nil || len(got) > 0 {
		t.Errorf("what stands already: heard %q, %v", got, err)
	}
}

// meddler is this machine, on which somebody acts right before the first edit.
type meddler struct {
	local
	once   sync.Once
	meddle func()
}

func (m *meddler) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	if strings.Contains(script, "outcome done") {
		m.once.Do(m.meddle)
	}
	return m.local.Output(ctx, script, stdin)
}

// TestAFailureIsHeardAsFarAsItCame names what was run and what was not.
func TestAFailureIsHeardAsFarAsItCame(t *testing.T) {
	t.Parallel()
	const reloaded = "a > RELOAD"
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for name, row := range map[string]struct {
		wrong func(h *house)
		tells []string // in this order, each once
		lacks []string
	}{
		"the test refuses it": {
			func(h *house) {
				h.cfg.Test = "for i in $(seq 50); do echo warning $i; done; echo; echo '[emerg] no downs here' >&2; exit 3"
			},
			[]string{
				"a > TEST", "a < (30 more lines, and then)", "a < warning 31", "a < [emerg] no downs here", "a < (exit status 3)",
				"a < (the files are as they were, but fail the test)", "a < (refused: nothing was reloaded)",
			},
			[]string{reloaded, "a < warning 1", "serve now"},
		},
		"the reload command fails": {
			func(h *house) { h.cfg.Reload = "echo no such service; false" },
			[]string{"test is successful", reloaded, "a < no such service", "a < (exit status 1)", "a < (the files are as they were)", "a < (no reload: the running configuration is the old one)"},
			[]string{"serve now"},
		},
		"the reload is not taken": {
			func(h *house) {
				main := h.read("nginx.conf")
				h.write("nginx.conf", strings.Replace(main, "listen ", "listen "+taken.Addr().String()+"; listen ", 1))
				h.cfg.Patience = 4 * time.Second
			},
			[]string{"test is successful", reloaded, "a < (nginx: RELOAD: not taken within 4s", "another process listens on one of its ports)"},
			[]string{"serve now"},
		},
		"the script is killed": {
			func(h *house) { h.cfg.Test = killTheScript },
			[]string{"a > +    server @a down;", "a < (no answer: nginx: signal: killed"},
			[]string{"a > TEST", reloaded, "serve now"},
		},
		"nginx is not running any more": {
			func(h *house) { h.cfg.Machine = &meddler{meddle: func() { _ = os.Remove(h.PIDFile) }} },
			[]string{"a > +    server @a down;", "a < (nginx: it is not running"},
			[]string{"a > TEST", reloaded, "serve now"},
		},
		"another has changed the file": {
			func(h *house) {
				h.cfg.Machine = &meddler{meddle: func() { h.write("upstreams.conf", h.read("upstreams.conf")+"\n") }}
			},
			[]string{"a > +    server @a down;", "a < (nothing was written: others have changed the file since it was read)", "a > +    server @a down;", "a > TEST", reloaded, "serve now"},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, nil)
			h.t = t
			h.become(h.balancer(), "a in, b in, c in")
			row.wrong(h)
			got, _ := h.heard(func(ctx context.Context) error { return h.balancer().Set(ctx, out("a")) })
			rest := strings.Join(got, "\n")
			for _, words := range row.tells {
				_, after, ok := strings.Cut(rest, words)
				if !ok {
					t.Fatalf("%q is not heard, or not there: %s", words, strings.Join(got, "\n"))
				}
				rest = after
			}
			for _, words := range row.lacks {
				for _, line := range got {
					if line == words || strings.Contains(words, " now") && strings.Contains(line, words) {
						t.Errorf("%q is heard: %s", words, strings.Join(got, "\n"))
					}
				}
			}
		})
	}
}
