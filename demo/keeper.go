package demo

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// keeper is a process that outlives this one, however it ends: it then kills the
// process groups that it was told of, and removes the folder if it is temporary.
type keeper struct {
	cmd *exec.Cmd
	in  io.WriteCloser

	mu    sync.Mutex
	ended []int // groups whose leader has ended, others of it may live
}

func startKeeper(dir string, temporary bool) (*keeper, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	k := &keeper{cmd: exec.Command(self)} //nolint:noctx // it must outlive this process
	if temporary {
		k.cmd.Args = append(k.cmd.Args, dir)
	}
	k.cmd.Env = append(os.Environ(), roleVariable+"=keeper")
	k.cmd.Dir = "/"
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // out of reach of Ctrl-C
	if k.in, err = k.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	return k, k.cmd.Start()
}

// began tells the keeper of a new process group.
func (k *keeper) began(group int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tell('+', group)
	k.sweep()
}

// finished tells that the group's leader has ended.
func (k *keeper) finished(group int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ended = append(k.ended, group)
	k.sweep()
}

// sweep forgets groups that are empty, before the system uses their ids again.
func (k *keeper) sweep() {
	left := k.ended[:0]
	for _, group := range k.ended {
		if syscall.Kill(-group, 0) != nil {
			k.tell('-', group)
		} else {
			left = append(left, group)
		}
	}
	k.ended = left
}

func (k *keeper) tell(sign byte, group int) { _, _ = fmt.Fprintf(k.in, "%c%d\n", sign, group) }

// end lets the keeper do its work, and waits for it.
func (k *keeper) end() {
	_ = k.in.Close()
	_ = k.cmd.Wait()
}

// keep is the keeper's life: it listens until the other end is closed, by will
// or by death.
func keep(in io.Reader, folders []string) error {
	groups := map[int]bool{}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var sign rune
		var group int
		if _, err := fmt.Sscanf(lines.Text(), "%c%d", &sign, &group); err != nil || group <= 1 {
			continue // -1 would be everybody
		}
		if sign == '+' {
			groups[group] = true
		} else {
			delete(groups, group)
		}
	}
	for group := range groups {
		_ = syscall.Kill(-group, syscall.SIGKILL)
	}
	for _, dir := range folders {
		if err := remove(dir); err != nil {
			return err
		}
	}
	return nil
}

// remove removes a folder in which dying processes may still write.
func remove(dir string) error {
	deadline := time.Now().Add(3 * time.Second)
	for {
		err := os.RemoveAll(dir)
		if _, gone := os.Lstat(dir); errors.Is(gone, fs.ErrNotExist) {
			return nil
		}
		if time.Now().After(deadline) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}
