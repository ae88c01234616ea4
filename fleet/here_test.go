package fleet

import (
	"context"
	"errors"
	"os"
	"path/filepath"
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

func TestAScriptHereMayBeLong(t *testing.T) {
	out, err := here{}.Output(t.Context(), "x='"+strings.Repeat("x", 300<<10)+"'; echo ${#x}", nil)
	if err != nil || string(out) != "307200\n" {
		t.Errorf("out %q, error %v", out, err)
	}
}

func TestAScriptHereEndsWithAllThatItStarted(t *testing.T) {
	for _, row := range []struct {
		name string
		here here
		need []string
	}{
		{"as ourselves", here{}, nil},
		{"as another user", here{sudo: "root"}, []string{"sudo"}},
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
				_, err := row.here.Output(ctx, `( trap '' TERM; echo >began; while sleep 0.1; do echo >>lives; done ) & wait`, nil)
				ended <- err
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
