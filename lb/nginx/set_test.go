package nginx_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"rota/lb"

	"github.com/google/go-cmp/cmp"
)

// TestOnlyOurWordsChange takes a out and puts it back in configurations of many
// shapes: what is not a's word stays as it was, to the byte.
func TestOnlyOurWordsChange(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		files   map[string]string
		lines   []string
		prepare func(h *house)
		file    string            // the file that we are told; "" is nginx.conf
		edited  string            // the file that changes
		becomes map[string]string // what is replaced in it
	}{
		"the upstream is in nginx.conf": {
			lines:   []string{"upstream app { server @a; server @b; server @c; }"},
			edited:  "nginx.conf",
			becomes: map[string]string{"@a;": "@a down;"},
		},
		"a file with CRLF, several servers on a line, comments and quotes": {
			files:   map[string]string{"app.conf": "# \xff\r\nupstream app {\r\n\tserver @a; server \"@b\"; # @a;\r\n\tserver @c weight=2 # { \r\n\t;\r\n}\r\n"},
			lines:   []string{"include app.conf;"},
			file:    "app.conf",
			edited:  "app.conf",
			becomes: map[string]string{"\tserver @a;": "\tserver @a down;"},
		},
		"server lines in files of their own, included in the upstream by a glob": {
			files: map[string]string{
				"app.conf":         "upstream app {\n    least_conn;\n    include servers.d/*.conf;\n}\n",
				"servers.d/1.conf": "server @a max_fails=1;", "servers.d/2.conf": "server @b; server @c;\n",
			},
			lines:   []string{"include app.conf;"},
			file:    "servers.d/2.conf",
			edited:  "servers.d/1.conf",
			becomes: map[string]string{"max_fails=1;": "max_fails=1 down;"},
		},
		"the same line in two upstreams, by one include": {
			files:   map[string]string{"servers.inc": "server @a;\nserver @b;\nserver @c;\n"},
			lines:   []string{"upstream app { include servers.inc; }", "upstream other { include servers.inc; }"},
			edited:  "servers.inc",
			becomes: map[string]string{"@a;": "@a down;"},
		},
		"sites-enabled with a link to sites-available, and a name with blanks": {
			files: map[string]string{"sites-available/the app": "upstream app { server @a; server @b; server @c; }\n"},
			lines: []string{"include sites-enabled/*;"},
			prepare: func(h *house) {
				if err := errors.Join(os.Mkdir(h.path("sites-enabled"), 0o755), os.Symlink("../sites-available/the app", h.path("sites-enabled/app"))); err != nil {
					h.t.Fatal(err)
				}
			},
			edited:  "sites-available/the app",
			becomes: map[string]string{"@a;": "@a down;"},
		},
		"a file with a second hard link": {
			files: map[string]string{"app.conf": "upstream app { server @a; server @b; server @c; }"},
			lines: []string{"include app.conf;"},
			prepare: func(h *house) {
				if err := os.Link(h.path("app.conf"), h.path("other name")); err != nil {
					h.t.Fatal(err)
				}
			},
			edited:  "app.conf",
			becomes: map[string]string{"@a;": "@a down;"},
		},
		"rights and owner that are not the usual": {
			files: map[string]string{"app.conf": "upstream app { server @a; server @b; server @c; }"},
			lines: []string{"include app.conf;"},
			prepare: func(h *house) {
				err := os.Chmod(h.path("app.conf"), 0o640)
				if os.Geteuid() == 0 {
					err = errors.Join(err, os.Chown(h.path("app.conf"), 1234, 2345))
				}
				if err != nil {
					h.t.Fatal(err)
				}
			},
			edited:  "app.conf",
			becomes: map[string]string{"@a;": "@a down;"},
		},
		"two lines of one server": {
			lines:   []string{"upstream app { server @a; server @b; server @c; server @a backup; }"},
			edited:  "nginx.conf",
			becomes: map[string]string{"@a;": "@a down;", "@a backup;": "@a backup down;"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, row.files, append([]string{""}, row.lines...)...)
			if row.prepare != nil {
				// nginx must start with it, so it is started anew in the same folder.
				h.Stop()
				row.prepare(h)
				h = h.again()
			}
			if row.file != "" {
				h.cfg.File = h.path(row.file)
			}
			b := h.balancer()
			h.become(b, "a in, b in, c in")
			before := h.configuration()

			h.set(b, out("a"))
			if got := h.serves(); got != "bc" {
				t.Errorf("%s answer, want b and c", got)
			}
			after := h.configuration()
			want := before[row.edited]
			for from, to := range row.becomes {
				want = strings.ReplaceAll(want, h.expand(from), h.expand(to))
			}
			if diff := cmp.Diff(want, after[row.edited]); diff != "" || want == before[row.edited] {
				t.Error(diff)
			}
			for name := range before {
				if name != row.edited && name != "other name" && before[name] != after[name] && !strings.HasPrefix(name, "sites-enabled") {
					t.Errorf("%s has changed:\n%s", name, after[name])
				}
			}

			h.set(h.balancer(), in("a"))
			if diff := cmp.Diff(before, h.configuration()); diff != "" {
				t.Errorf("out and in again is not the same:\n%s", diff)
			}
			if got := h.serves(); got != "abc" {
				t.Errorf("%s answer, want all", got)
			}
			h.tidy()
		})
	}
}

func TestTheLastServerOfAnUpstreamStays(t *testing.T) {
	t.Parallel()
	h := start(t, nil, "upstream app { server @a; server @b down; server @c backup; }")
	b := h.balancer()
	before := h.configuration()
	err := b.Set(t.Context(), out("a"))
	if err == nil || !strings.Contains(err.Error(), `upstream "app"`) || !strings.Contains(err.Error(), "502") {
		t.Errorf("the last server may go: %v", err)
	}
	if diff := cmp.Diff(before, h.configuration()); diff != "" {
		t.Error(diff)
	}
	h.set(b, out("a"), in("b"))
	h.become(b, "a out, b in, c in")
	h.cfg.AllowEmpty = true
	b = h.balancer()
	h.set(b, out("b"), out("c"))
	if got := h.serves(); got != "502" {
		t.Errorf("%s answer with all down", got)
	}
}

// TestManyHandsAtOnce has several processes edit one file at the same time:
// every change must be in the end result, and proved.
func TestManyHandsAtOnce(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	for _, change := range []func(string) lb.Change{out, in} {
		var all sync.WaitGroup
		for _, server := range []string{"a", "b"} {
			all.Go(func() {
				if err := h.balancer().Set(t.Context(), change(server)); err != nil {
					t.Errorf("%s: %v", server, err)
				}
			})
		}
		all.Wait()
		if change("").To == lb.Out {
			h.become(h.balancer(), "a out, b out, c in")
			if got := h.serves(); got != "c" {
				t.Errorf("%s answer, want c", got)
			}
		}
	}
	h.become(h.balancer(), "a in, b in, c in")
	h.tidy()
}

func TestASetThatIsProvedReloadsNothing(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	b := h.balancer()
	h.set(b, out("a"))
	h.become(b, "a out, b in, c in")
	reloads := strings.Count(h.Log(), "(SIGHUP) received")
	h.set(b, out("a"))
	h.set(h.balancer(), out("a"), in("b"))
	if n := strings.Count(h.Log(), "(SIGHUP) received"); n != reloads || n != 1 {
		t.Errorf("%d reloads, then %d, want one", reloads, n)
	}
}

func TestAPollIsOneScript(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	calls := 0
	h.cfg.Machine = local{calls: &calls}
	b := h.balancer()
	h.states(b)
	first := calls
	for range 3 {
		h.states(b)
	}
	if calls != first+3 {
		t.Errorf("%d scripts for the first poll, %d for three more", first, calls-first)
	}
	if first > 6 {
		t.Errorf("%d scripts for the first poll", first)
	}
}

// TestAMountedFileIsChangedInPlace edits a file that is a mount of its own, as
// containers have them: nothing can be renamed onto it.
func TestAMountedFileIsChangedInPlace(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("unshare", "-m", "true").CombinedOutput(); err != nil {
		t.Skipf("no mounts for this user: %s", out)
	}
	h := start(t, map[string]string{"app.conf": "upstream app { server @a; server @b; server @c; }"}, "include app.conf;")
	inode := func() string {
		out, err := exec.Command("stat", "-c", "%i %h", h.path("app.conf")).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	before, files := inode(), h.configuration()
	// The scripts see the file as a mount onto itself.
	mount := `mount --bind "$0" "$0" && exec sh "$@"`
	h.cfg.Machine = mounted{local{}, mount, h.path("app.conf")}
	b := h.balancer()
	h.set(b, out("a"))
	h.become(b, "a out, b in, c in")
	h.set(b, in("a"))
	if diff := cmp.Diff(files, h.configuration()); diff != "" {
		t.Error(diff)
	}
	if after := inode(); after != before {
		t.Errorf("the file is another now: %s, was %s", after, before)
	}
	h.tidy()
}

// mounted runs every script where a file is a mount.
type mounted struct {
	local
	mount, file string
}

func (m mounted) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	m.shell = "" // local runs: sh -c SCRIPT
	wrapped := "exec unshare -m sh -c " + shellWord(m.mount) + " " + shellWord(m.file) + " -c " + shellWord(script)
	return m.local.Output(ctx, wrapped, stdin)
}

func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// TestSeveralFilesGoBackTogether has servers in two files, and a test that
// refuses.
func TestSeveralFilesGoBackTogether(t *testing.T) {
	t.Parallel()
	h := start(t, map[string]string{"1.inc": "server @a;\n", "2.inc": "server @b;\n"}, "upstream app { include *.inc; server @c; }")
	before := h.configuration()
	h.set(h.balancer(), out("a"), out("b"))
	if got := h.serves(); got != "c" {
		t.Errorf("%s answer, want c", got)
	}
	h.set(h.balancer(), in("a"), in("b"))
	h.same(before)
	h.cfg.Test = "! grep -q down " + h.path("2.inc")
	err := h.balancer().Set(t.Context(), out("a"), out("b"))
	if err == nil || !strings.Contains(err.Error(), "the files are as they were") {
		t.Errorf("the error is %v", err)
	}
	h.same(before)
	h.become(h.balancer(), "a in, b in, c in")
}

// TestAFileWhoseMainFileIsNotKnown is told a file that the running nginx does
// not include: then only that file is looked at.
func TestAFileWhoseMainFileIsNotKnown(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a file of upstreams":    "upstream app { server @a; server @b; include more.inc; }\n",
		"a file of server lines": "server @a; server @b;\ninclude more.inc;\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, map[string]string{"stray.conf": text, "more.inc": "server @c;"}, "upstream app { server @a; server @b; server @c; }")
			h.cfg.File = h.path("stray.conf")
			if err := h.balancer().Check(t.Context()); err != nil {
				t.Error(err)
			}
			h.set(h.balancer(), out("c"))
			if got := h.read("more.inc"); got != h.expand("server @c down;") {
				t.Errorf("more.inc is %q", got)
			}
			notes, err := h.balancer().Notes(t.Context())
			if err != nil || !strings.Contains(strings.Join(notes, "\n"), "the main configuration is not known") {
				t.Errorf("the notes are %q, %v", notes, err)
			}
		})
	}
}
