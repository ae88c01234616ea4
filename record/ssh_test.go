package record_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rota/internal/servertest"
	"rota/record"
	"rota/ssh"
)

// machine is a record.Shell on a machine that ssh reaches.
type machine struct{ *ssh.Client }

func (m machine) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	return m.Client.Output(ctx, script, "", stdin)
}

// Scripts and what they read go another way through ssh than to a shell here.
func TestThroughARealSSHD(t *testing.T) {
	ctx, server := t.Context(), servertest.SSHD(t)
	pool := ssh.NewPool(ssh.Config{File: server.Config})
	defer func() { _ = pool.Close() }()
	f := record.Open(machine{pool.Client("lb1")}, filepath.Join(t.TempDir(), "rota"), "shop")

	must(t, f.Lock(ctx, lockOf("a1"), ""))
	if got := held(t, f.Lock(ctx, lockOf("b1"), "")); !cmp.Equal(got.Lock, lockOf("a1")) {
		t.Error(cmp.Diff(lockOf("a1"), got.Lock))
	}
	whole := lines(20_000)
	must(t, f.Append(ctx, run, "lb1", "a1", 0, whole[:len(lines(9))]))
	must(t, f.Append(ctx, run, "lb1", "a1", int64(len(lines(9))), whole[len(lines(9)):]))
	copies, err := f.Copies(ctx, run)
	must(t, err)
	if len(copies) != 1 || string(copies[0]) != string(whole) {
		t.Error("the journal did not come back as it went")
	}
	must(t, f.Beat(ctx, "a1"))
	must(t, f.Unlock(ctx, "a1"))
	if err := f.Append(ctx, "20261124-193930-none", "lb1", "", 5, nil); err == nil {
		t.Error("a gap in a journal")
	}
}
