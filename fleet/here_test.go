package fleet

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rota/internal/servertest"
)

func TestThisMachineTellsHowACommandEnded(t *testing.T) {
	for _, row := range []struct {
		name, script, stdin string
	}{
		{"with input", "cat; echo no >&2; exit 3", "in"},
		{"without", "cat; printf in; echo no >&2; exit 3", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			out, err := here{}.Output(t.Context(), row.script, []byte(row.stdin))
			var status interface{ ExitStatus() int }
			if string(out) != "in" || !errors.As(err, &status) || status.ExitStatus() != 3 || !strings.Contains(err.Error(), "no") {
				t.Errorf("out %q, error %v", out, err)
			}
		})
	}
}

func TestACommandHereIsShownWhileItRuns(t *testing.T) {
	dir := t.TempDir()
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- here{folder: dir}.Run(t.Context(), `pwd -P; echo err >&2; [ -t 0 ] || cat; until [ -e seen ]; do sleep 0.01; done; echo end; exit 3`, "", w)
		_ = w.Close()
	}()
	lines := bufio.NewScanner(r)
	var got []string
	for lines.Scan() {
		got = append(got, lines.Text())
		if lines.Text() == "err" {
			if err := os.WriteFile(filepath.Join(dir, "seen"), nil, 0o600); err != nil {
				t.Error(err)
			}
		}
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, []string{real, "err", "end"}) {
		t.Errorf("got %q", got)
	}
	err = <-ended
	if status, ok := errors.AsType[interface {
		error
		ExitStatus() int
	}](err); !ok || status.ExitStatus() != 3 || err.Error() != "exit status 3" {
		t.Errorf("the error is %v", err)
	}
}

func TestAScriptHereMayBeLong(t *testing.T) {
	out, err := here{}.Output(t.Context(), "x='"+strings.Repeat("x", 300<<10)+"'; echo ${#x}", nil)
	if err != nil || string(out) != "307200\n" {
		t.Errorf("out %q, error %v", out, err)
	}
}

func TestAScriptHereEndsWithAllThatItStarted(t *testing.T) {
	for _, row := range []struct {
		name    string
		here    here
		streams bool
		need    []string
	}{
		{"as ourselves", here{}, false, nil},
		{"as another user", here{sudo: "root"}, false, []string{"sudo"}},
		{"as ourselves and shown", here{}, true, nil},
		{"as another user and shown", here{sudo: "root"}, true, []string{"sudo"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			servertest.Need(t, row.need...)
			row.here.folder = t.TempDir()
			if _, err := row.here.Output(t.Context(), "exit 0", nil); err != nil {
				t.Skipf("sudo wants a password: %v", err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error)
			go func() {
				const script = `( trap '' TERM; while sleep 0.1; do echo >>lives; done ) & wait`
				if !row.streams {
					_, err := row.here.Output(ctx, script, nil)
					ended <- err
					return
				}
				ended <- row.here.Run(ctx, script, row.here.sudo, io.Discard)
			}()
			for end := time.Now().Add(10 * time.Second); !exists(row.here.folder, "lives"); time.Sleep(5 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("it did not begin")
				}
			}
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("the error is %v", err)
			}
			size := func() int64 {
				info, err := os.Stat(filepath.Join(row.here.folder, "lives"))
				if err != nil {
					t.Fatal(err)
				}
				return info.Size()
			}
			was := size()
			time.Sleep(400 * time.Millisecond)
			if size() != was {
				t.Error("what it started lives on")
			}
		})
	}
}

func exists(folder, name string) bool {
	_, err := os.Stat(filepath.Join(folder, name))
	return err == nil
}

func TestADaemonThatAScriptLeavesBehindIsNotWaitedFor(t *testing.T) {
	begun := time.Now()
	out, err := here{}.Output(t.Context(), "echo done; sleep 20 &", nil)
	if took := time.Since(begun); err != nil || string(out) != "done\n" || took > 15*time.Second {
		t.Errorf("out %q, error %v, after %v", out, err, took)
	}
}
