package cli

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestSave(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "saved")
	now := time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)
	path, err := save(folder, "a/b", now, []string{"one", "two"})
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(folder, "a-b-20260102-030405.006.log"); path != want {
		t.Errorf("saved to %s, want %s", path, want)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "one\ntwo\n" {
		t.Errorf("the file holds %q (%v)", data, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v (%v)", info.Mode(), err)
	}
	if _, err := save(folder, "a/b", now, nil); err == nil {
		t.Error("a file was overwritten")
	}
}
