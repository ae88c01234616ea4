// Package terminal puts a terminal right when the program on it no longer can:
// after a panic in any goroutine, or a kill.
//
// A second process of the same program looks on from the other end of a pipe. It
// keeps the terminal's modes as they were, and when the pipe ends without a
// goodbye it brings them back, leaves the alternate screen, and prints what the
// program said as it died.
package terminal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"golang.org/x/term"
)

// roleVariable marks the process that looks on; its value is what it prints
// under the last words of the program.
const roleVariable = "ROTA_TERMINAL_KEEPER"

// goodbye ends a pipe whose program has left the terminal in order.
const goodbye = "\x00in order"

// resetting leaves whatever a screen may have switched on: the progress in the
// taskbar, colours, synchronised output, bracketed paste, focus and mouse reports,
// other ways to report keys, the alternate screen, and a hidden cursor.
const resetting = "\x1b]9;4;0\a\x1b[m\x1b[?2026l\x1b[?2004l\x1b[?1004l\x1b[?1006l\x1b[?1003l\x1b[?1002l\x1b[?1000l" +
	"\x1b[<u\x1b[>4m\x1b[?1049l\x1b[?25h"

// Main must be called first thing by a program that calls Keep. In the process
// that looks on it does not return.
func Main() {
	last, ok := os.LookupEnv(roleVariable)
	if !ok {
		return
	}
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE)
	pipe, ready := os.NewFile(3, "pipe"), os.NewFile(4, "ready")
	if err := lookOn(os.Stdin, os.Stderr, pipe, ready, last); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// lookOn waits for the end of the pipe, and puts the terminal right where that
// came without a goodbye.
func lookOn(tty *os.File, out io.Writer, pipe, ready *os.File, last string) error {
	state, err := term.GetState(int(tty.Fd()))
	if err != nil {
		return err
	}
	if err := ready.Close(); err != nil {
		return err
	}
	said, err := io.ReadAll(pipe)
	if err != nil || strings.HasSuffix(string(said), goodbye) {
		return err
	}
	_, werr := io.WriteString(out, resetting)
	err = errors.Join(werr, term.Restore(int(tty.Fd()), state))
	_, werr = fmt.Fprintf(out, "%s%s\n", said, last)
	return errors.Join(err, werr)
}

// Keep has a process look on until done is called. last is what it prints when
// the program ends without that. Without such a process, done does nothing.
func Keep(tty, out *os.File, last string) (done func(), err error) {
	path, err := os.Executable()
	if err != nil {
		return func() {}, err
	}
	theirs, pipe, err := os.Pipe()
	if err != nil {
		return func() {}, err
	}
	ready, theirReady, err := os.Pipe()
	if err != nil {
		_, _ = theirs.Close(), pipe.Close()
		return func() {}, err
	}
	keeper := &exec.Cmd{
		Path: path, Args: []string{os.Args[0], "(keeps the terminal)"}, Env: append(os.Environ(), roleVariable+"="+last),
		Stdin: tty, Stderr: out, ExtraFiles: []*os.File{theirs, theirReady},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true}, // what the terminal sends to its programs is not for it
	}
	err = keeper.Start()
	_, _ = theirs.Close(), theirReady.Close()
	if err != nil {
		_, _ = ready.Close(), pipe.Close()
		return func() {}, err
	}
	_, _ = io.Copy(io.Discard, ready) // until it knows the terminal's modes, or has ended
	_ = ready.Close()
	if err := debug.SetCrashOutput(pipe, debug.CrashOptions{}); err != nil {
		_, _ = pipe.Close(), keeper.Wait()
		return func() {}, err
	}
	return func() {
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
		_, _ = io.WriteString(pipe, goodbye)
		_, _ = pipe.Close(), keeper.Wait()
	}, nil
}
