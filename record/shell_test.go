package record_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"rota/record"
)

// shell is a record.Shell on this machine.
type shell struct {
	command []string // "sh", or "busybox sh"
	path    string   // before PATH
	before  string   // before the script
	uid     uint32   // 0: as we are
	groups  []uint32
	onStart func(*os.Process)
}

func (s shell) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	command := s.command
	if command == nil {
		command = []string{"sh"}
	}
	args := append(command[1:len(command):len(command)], "-c", s.before+script)
	cmd := exec.CommandContext(ctx, command[0], args...)
	cmd.Dir = "/"
	cmd.Stdin = bytes.NewReader(stdin)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if s.path != "" {
		cmd.Env = append(os.Environ(), "PATH="+s.path+":"+os.Getenv("PATH"))
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.uid != 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: s.uid, Gid: s.uid, Groups: s.groups}
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if s.onStart != nil {
		s.onStart(cmd.Process)
	}
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, errOut.String())
	}
	return out.Bytes(), nil
}

// shells calls test with every shell that is here, each with its own tools.
func shells(t *testing.T, test func(*testing.T, shell)) {
	for name, s := range map[string]shell{
		"sh":                   {},
		"dash":                 {command: []string{"dash"}},
		"bash":                 {command: []string{"bash"}},
		"busybox":              {command: []string{"busybox", "sh"}, path: "busybox"},
		"a host without flock": {before: "flock() { return 1; }\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if s.command != nil {
				if _, err := exec.LookPath(s.command[0]); err != nil {
					t.Skip(err)
				}
			}
			if s.path != "" {
				s.path = t.TempDir()
				if out, err := exec.CommandContext(t.Context(), "busybox", "--install", "-s", s.path).CombinedOutput(); err != nil {
					t.Skipf("busybox without applets: %s", out)
				}
			}
			test(t, s)
		})
	}
}

// places are stand-ins for the two default places.
type places struct{ system, shared string }

func newPlaces(t *testing.T) places {
	t.Helper()
	dir := t.TempDir()
	must(t, os.Chmod(filepath.Dir(dir), 0o755)) // other logins are to come through
	mkdir(t, filepath.Join(dir, "lib"), 0o755)
	mkdir(t, filepath.Join(dir, "tmp"), 0o777|os.ModeSticky)
	return places{filepath.Join(dir, "lib/rota"), filepath.Join(dir, "tmp/rota")}
}

func (p places) open(s record.Shell) *record.Folder {
	return record.OpenAt(s, p.system, p.shared, "shop-production")
}

func mkdir(t *testing.T, dir string, mode os.FileMode) {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, mode); err != nil {
		t.Fatal(err)
	}
}

func chown(t *testing.T, file string, uid, gid int) {
	t.Helper()
	if err := os.Lchown(file, uid, gid); err != nil {
		t.Fatal(err)
	}
}

// asRoot skips a test that needs several logins.
func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can be two logins")
	}
}

func lockOf(token string) record.Lock {
	return record.Lock{
		Run: "20261124-193930-" + token, Owner: "ann@laptop", Machine: "laptop/1", PID: 7, Start: "70",
		Since: time.Date(2026, 11, 24, 19, 39, 30, 0, time.UTC), Version: "1.0.2", Message: `say "cheese"`, Token: token,
	}
}

// held returns who holds the lock according to an error.
func held(t *testing.T, err error) record.Held {
	t.Helper()
	var h *record.HeldError
	if !errors.As(err, &h) {
		t.Fatalf("got %v, want a HeldError", err)
	}
	return h.Held
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// age makes a file as old as if it had not been touched for a time.
func age(t *testing.T, file string, by time.Duration) {
	t.Helper()
	then := time.Now().Add(-by)
	must(t, os.Chtimes(file, then, then))
}
