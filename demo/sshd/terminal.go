package sshd

import (
	"math"
	"os"
	"os/exec"
	"syscall"

	"github.com/creack/pty"
	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
)

// terminal is the pseudo-terminal that a client wants for its command. Its modes
// are those that the system gives a new one.
type terminal struct {
	kind string // what TERM says
	size unix.Winsize
}

// dimensions are as RFC 4254, 6.2 and 6.7 have them.
type dimensions struct{ Columns, Rows, Width, Height uint32 }

func (d dimensions) size() unix.Winsize {
	cells := func(n uint32) uint16 { return uint16(min(n, math.MaxUint16)) }
	return unix.Winsize{Col: cells(d.Columns), Row: cells(d.Rows), Xpixel: cells(d.Width), Ypixel: cells(d.Height)}
}

// newTerminal reads a pty-req; nil if it is none.
func newTerminal(payload []byte) *terminal {
	var v struct {
		Kind                         string
		Columns, Rows, Width, Height uint32
		Modes                        string
	}
	if gossh.Unmarshal(payload, &v) != nil {
		return nil
	}
	return &terminal{v.Kind, dimensions{v.Columns, v.Rows, v.Width, v.Height}.size()}
}

// shell is what a person gets who wants no command: one that edits its line,
// where there is one.
func shell() *exec.Cmd {
	if bash, err := exec.LookPath("bash"); err == nil {
		return exec.Command(bash, "--norc") //nolint:noctx // sshd does not kill what it starts
	}
	return exec.Command("/bin/sh") //nolint:noctx // as above
}

// attach gives a command the terminal, and returns our end of it and theirs.
func (t *terminal) attach(cmd *exec.Cmd) (ours, theirs *os.File, err error) {
	if ours, theirs, err = pty.Open(); err != nil {
		return nil, nil, err
	}
	resize(ours, t.size)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, theirs
	cmd.Env = append(cmd.Env, "TERM="+t.kind)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	return ours, theirs, nil
}

// resize tells the command that its window has another size now.
func (c *command) resize(payload []byte) {
	var d dimensions
	if c.terminal && gossh.Unmarshal(payload, &d) == nil {
		resize(c.out, d.size())
	}
}

// resize gives a terminal a size; one that is closed has none.
func resize(f *os.File, size unix.Winsize) {
	if conn, err := f.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { _ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &size) })
	}
}
