package record_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rota/record"
)

const run = "20261124-193930-ab12"

// lines returns n lines of a journal.
func lines(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "{\"seq\":%d,\"line\":\"it's $HOME `id` \\\\n %%s\"}\n", i+1)
	}
	return b.Bytes()
}

func TestAppend(t *testing.T) {
	shells(t, func(t *testing.T, sh shell) {
		ctx, p := t.Context(), newPlaces(t)
		f, whole := p.open(sh), lines(9)
		at := len(lines(4))
		must(t, f.Append(ctx, run, "lb.1", "", 0, whole[:at]))
		must(t, f.Append(ctx, run, "lb.1", "", int64(at), []byte("{\"torn\"")))
		must(t, f.Append(ctx, run, "lb.1", "", int64(at), whole[at:])) // what stood there is cut
		must(t, f.Append(ctx, run, "lb.1", "", int64(at), whole[at:])) // twice is once
		must(t, f.Append(ctx, run, "lb.2", "", 0, whole[:at]))

		copies, err := f.Copies(ctx, run)
		must(t, err)
		if diff := cmp.Diff([][]byte{whole, whole[:at]}, copies); diff != "" {
			t.Error(diff)
		}
		if none, err := f.Copies(ctx, "20261124-193930-none"); err != nil || len(none) > 0 {
			t.Errorf("copies of no run: %v, %v", none, err)
		}
		runs, err := f.Runs(ctx)
		must(t, err)
		if diff := cmp.Diff([]record.Run{{ID: run, Size: int64(len(whole))}, {ID: run, Size: int64(at)}}, runs); diff != "" {
			t.Error(diff)
		}
		if err := f.Append(ctx, run, "lb.1", "", int64(len(whole))+1, []byte("{}\n")); err == nil {
			t.Error("a gap in a journal")
		}
	})
}

func TestAppendMuch(t *testing.T) {
	ctx, p := t.Context(), newPlaces(t)
	f, whole := p.open(shell{}), lines(50_000)
	must(t, f.Append(ctx, run, "lb1", "", 0, whole))
	must(t, f.Append(ctx, run, "lb1", "", int64(len(whole)), whole))
	copies, err := f.Copies(ctx, run)
	must(t, err)
	if len(copies) != 1 || !bytes.Equal(copies[0], append(whole, whole...)) {
		t.Error("it did not come back as it went")
	}
}

func TestAppendNeedsTheLock(t *testing.T) {
	ctx, p := t.Context(), newPlaces(t)
	f := p.open(shell{})
	must(t, f.Lock(ctx, lockOf("a1"), ""))
	must(t, f.Append(ctx, run, "lb1", "a1", 0, lines(1)))
	must(t, p.open(shell{}).Lock(ctx, lockOf("b1"), "a1"))
	if err := f.Append(ctx, run, "lb1", "a1", 0, lines(2)); !errors.Is(err, record.ErrLost) {
		t.Errorf("got %v, want ErrLost", err)
	}
	copies, err := f.Copies(ctx, run)
	must(t, err)
	if diff := cmp.Diff([][]byte{lines(1)}, copies); diff != "" {
		t.Error(diff)
	}
}

func TestAppendFollowsNoLink(t *testing.T) {
	ctx, p := t.Context(), newPlaces(t)
	f := p.open(shell{})
	must(t, f.Append(ctx, run, "lb1", "", 0, lines(1)))
	victim := filepath.Join(t.TempDir(), "victim")
	must(t, os.WriteFile(victim, []byte("mine\n"), 0o600))
	for _, name := range []string{run + ".lb2.jsonl", "lock", "web1.hold"} {
		must(t, os.Symlink(victim, filepath.Join(p.system, "shop-production."+name)))
	}
	for what, err := range map[string]error{
		"append": f.Append(ctx, run, "lb2", "", 0, lines(1)),
		"lock":   f.Lock(ctx, lockOf("a1"), ""),
	} {
		if err == nil || !strings.Contains(err.Error(), "is a link") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if copies, err := f.Copies(ctx, run); err != nil || len(copies) != 1 {
		t.Errorf("copies: %q, %v", copies, err)
	}
	if content, _ := os.ReadFile(victim); string(content) != "mine\n" {
		t.Errorf("the link was followed: %q", content)
	}
}

func TestRunIDsAreChecked(t *testing.T) {
	f := newPlaces(t).open(shell{})
	for _, id := range []string{"", "../x", "a.b", "-rf", "a b", "a'b", "*", strings.Repeat("a", 65)} {
		if err := f.Append(t.Context(), id, "lb1", "", 0, nil); err == nil || !strings.Contains(err.Error(), "not the id of a run") {
			t.Errorf("%q: %v", id, err)
		}
		if _, err := f.Copies(t.Context(), id); err == nil {
			t.Errorf("%q: read", id)
		}
	}
}

// small returns a folder on a disk of 64 KiB.
func small(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(dir, "rota")
}

func TestFullDisk(t *testing.T) {
	shells(t, func(t *testing.T, sh shell) {
		ctx, dir := t.Context(), small(t)
		f := record.Open(sh, dir, "shop")
		must(t, f.Lock(ctx, lockOf("a1"), ""))
		must(t, f.Append(ctx, run, "lb1", "a1", 0, lines(3)))
		at := int64(len(lines(3)))
		if err := f.Append(ctx, run, "lb1", "a1", at, lines(5000)); !errors.Is(err, record.ErrFull) {
			t.Fatalf("got %v, want ErrFull", err)
		}
		copies, err := f.Copies(ctx, run)
		must(t, err)
		if diff := cmp.Diff([][]byte{lines(3)}, copies); diff != "" {
			t.Errorf("what was there has changed: %s", diff)
		}

		must(t, os.WriteFile(filepath.Join(filepath.Dir(dir), "fill"), bytes.Repeat([]byte("x"), 40<<10), 0o600))
		_ = f.Append(ctx, run, "lb1", "a1", at, lines(200)) // the rest
		must(t, f.Beat(ctx, "a1"))                          // needs no room
		must(t, f.Unlock(ctx, "a1"))
	})
}

func TestFileTooLarge(t *testing.T) {
	f := newPlaces(t).open(shell{before: "ulimit -f 8\ntrap '' XFSZ\n"})
	if err := f.Append(t.Context(), run, "lb1", "", 0, lines(500)); !errors.Is(err, record.ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
}

func TestReadOnlyDisk(t *testing.T) {
	dir := small(t)
	must(t, record.Open(shell{}, dir, "shop").Append(t.Context(), run, "lb1", "", 0, lines(1)))
	must(t, syscall.Mount("none", filepath.Dir(dir), "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	f := record.Open(shell{}, dir, "shop")
	if err := f.Append(t.Context(), run, "lb1", "", 0, lines(1)); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v, want a refusal", err)
	}
	copies, err := f.Copies(t.Context(), run)
	if err != nil || len(copies) != 1 {
		t.Errorf("copies: %q, %v", copies, err)
	}
}
