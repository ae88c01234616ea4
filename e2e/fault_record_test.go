package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

func onRecord() []fault {
	return []fault{
		{name: "the disk of the record is full", before: (*trial).smallDisk, strike: func(tr *trial) func() {
			if os.Geteuid() != 0 {
				return tr.mode(0o500)
			}
			fill := filepath.Join(tr.w.dir, "record", "fill")
			f, err := os.Create(fill)
			for chunk := make([]byte, 4096); err == nil; {
				_, err = f.Write(chunk)
			}
			_ = f.Close()
			return func() { _ = os.Remove(fill) }
		}},
		{name: "the record can no more be written", before: (*trial).smallDisk, strike: func(tr *trial) func() {
			if os.Geteuid() != 0 {
				return tr.mode(0o500)
			}
			tr.remount(syscall.MS_RDONLY)
			return func() { tr.remount(0) }
		}},
		{name: "the clock of the lock's host jumps an hour ahead", ends: []int{0}, strike: func(tr *trial) func() { tr.clock(-time.Hour); return nil }},
		{name: "the clock of the lock's host jumps an hour back", ends: []int{0}, strike: func(tr *trial) func() { tr.clock(time.Hour); return nil }},
		{name: "the clock of nginx's host jumps an hour back", fits: hasNginx, strike: func(tr *trial) func() {
			later := time.Now().Add(time.Hour)
			if err := os.Chtimes(tr.w.nginx.Upstreams, later, later); err != nil {
				tr.Fatal(err)
			}
			return nil
		}},
	}
}

// clock moves the time of the lock's last beat, as a clock does that jumps.
func (tr *trial) clock(by time.Duration) {
	locks, _ := filepath.Glob(filepath.Join(tr.w.dir, "record", "*.lock"))
	for _, lock := range locks {
		_ = os.Chtimes(lock, time.Now().Add(by), time.Now().Add(by))
	}
}

// mode takes rights from the record's folder until what it returns is called.
func (tr *trial) mode(m os.FileMode) func() {
	dir := filepath.Join(tr.w.dir, "record")
	if err := os.Chmod(dir, m); err != nil {
		tr.Fatal(err)
	}
	return func() { _ = os.Chmod(dir, 0o700) }
}

// smallDisk gives the record a disk of its own, where this login may do that. It
// goes with the test, however that ends.
func (tr *trial) smallDisk() {
	dir := filepath.Join(tr.w.dir, "record")
	if err := os.Mkdir(dir, 0o700); err != nil {
		tr.Fatal(err)
	}
	if os.Geteuid() != 0 {
		return
	}
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=8m,mode=700"); err != nil {
		tr.Skip("no disk can be mounted here: ", err)
	}
	tr.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	orphan := exec.Command("setsid", "sh", "-c", fmt.Sprintf(
		"while kill -0 %d 2>/dev/null && [ -d '%s' ]; do sleep 1; done; umount -l '%s' 2>/dev/null", os.Getpid(), dir, dir))
	if err := orphan.Start(); err != nil {
		tr.Fatal(err)
	}
	go func() { _ = orphan.Wait() }()
}

func (tr *trial) remount(flags uintptr) {
	dir := filepath.Join(tr.w.dir, "record")
	if err := syscall.Mount("none", dir, "", syscall.MS_REMOUNT|flags, "size=8m,mode=700"); err != nil {
		tr.Fatal(err)
	}
}
