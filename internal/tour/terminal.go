package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"rota/internal/picture"
)

// terminal is a program in a terminal of memory. Its methods may be called
// concurrently.
type terminal struct {
	cmd     *exec.Cmd
	tty     *os.File
	copying sync.WaitGroup
	done    chan struct{} // closed when all that the program wrote is on the screen

	mu      sync.Mutex // over the screen
	screen  *vt.Emulator
	changed time.Time
}

// open starts a program on a screen of so many cells.
func open(cmd *exec.Cmd, width, height int) (*terminal, error) {
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)})
	if err != nil {
		return nil, err
	}
	t := &terminal{cmd: cmd, tty: tty, screen: vt.NewEmulator(width, height), done: make(chan struct{})}
	t.copying.Go(func() {
		defer close(t.done)
		_, _ = io.Copy(t, tty) // ends when the program does
	})
	t.copying.Go(func() { // what the terminal answers, also when nobody listens any more
		_, _ = io.Copy(tty, t.screen)
		_, _ = io.Copy(io.Discard, t.screen)
	})
	return t, nil
}

// Write is what the program writes.
func (t *terminal) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changed = time.Now()
	return t.screen.Write(b)
}

// settled is how long nothing must have been written for a frame to be whole: a
// program draws one in much less.
const settled = 12 * time.Millisecond

// frame returns what is on the screen since when, unless it is being drawn.
func (t *terminal) frame() (f picture.Frame, since time.Time, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Since(t.changed) < settled {
		return f, since, false
	}
	return picture.Take(t.screen), t.changed, true
}

// see waits for a text on the screen that matches a regular expression, and
// returns the frame that shows it.
func (t *terminal) see(ctx context.Context, what, expression string) (picture.Frame, error) {
	wanted, err := regexp.Compile(expression)
	if err != nil {
		return picture.Frame{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var last picture.Frame
	for {
		f, _, ok := t.frame()
		if ok && wanted.MatchString(f.Text()) {
			return f, nil
		}
		if ok {
			last = f
		}
		select {
		case <-t.done:
			return f, fmt.Errorf("the program has ended; waited for %s:\n%s", what, last.Text())
		case <-ctx.Done():
			return f, fmt.Errorf("waited for %s: %w:\n%s", what, ctx.Err(), last.Text())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// press types, as a person would.
func (t *terminal) press(keys string) error {
	_, err := io.WriteString(t.tty, keys)
	return err
}

// close ends the program, which may take its time to end what it does, and the
// terminal.
func (t *terminal) close() {
	_ = t.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-t.done:
	case <-time.After(20 * time.Second):
		_ = t.cmd.Process.Kill()
	}
	_ = t.cmd.Wait()
	_ = t.tty.Close()
	_ = t.screen.InputPipe().(io.Closer).Close()
	t.copying.Wait()
}
