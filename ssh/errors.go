package ssh

import (
	"fmt"
	"strings"
)

// ExitError says that a command ran to its end and failed.
type ExitError struct {
	status int
	signal string
	stderr string
}

// ExitStatus returns the command's own exit status; 128 and the signal's number
// when a signal ended it.
func (e *ExitError) ExitStatus() int { return e.status }

// Error tells the status, and the last of what went to standard error where
// that was kept apart.
func (e *ExitError) Error() string {
	text := fmt.Sprintf("exit status %d", e.status)
	if e.signal != "" {
		text = "ended by signal " + e.signal
	}
	if e.stderr != "" {
		text += ": " + e.stderr
	}
	return text
}

// UnreachableError says that nobody could log in to a machine: nothing was done.
type UnreachableError struct {
	target string
	cause  error
}

// Unreachable returns the machine's name, as it was asked for.
func (e *UnreachableError) Unreachable() string { return e.target }

// Error tells why.
func (e *UnreachableError) Error() string { return fmt.Sprintf("%s: %v", e.target, e.cause) }

// Unwrap returns why.
func (e *UnreachableError) Unwrap() error { return e.cause }

// LostError says that the connection was lost while a command ran, or may have
// run: what became of it is not known.
type LostError struct{ cause error }

// Unknown is always true: the outcome is not known.
func (e *LostError) Unknown() bool { return true }

// Error tells why it is not known.
func (e *LostError) Error() string {
	return fmt.Sprintf("%v: the outcome is not known", e.cause)
}

// Unwrap returns why the connection was lost.
func (e *LostError) Unwrap() error { return e.cause }

// StoppedError says that a command was ended because its context was.
type StoppedError struct {
	cause error
	gone  bool
}

// Unknown tells whether the command may still run: it was told to end, but
// nothing was heard of it since.
func (e *StoppedError) Unknown() bool { return !e.gone }

// Error tells why the command was ended.
func (e *StoppedError) Error() string {
	if e.gone {
		return fmt.Sprintf("stopped: %v", e.cause)
	}
	return fmt.Sprintf("told to stop: %v: the outcome is not known", e.cause)
}

// Unwrap returns the cause of the context's end.
func (e *StoppedError) Unwrap() error { return e.cause }

// signals are the numbers that a shell adds to 128 (POSIX, kill).
func signalNumber(name string) int {
	names := strings.Fields("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM")
	for i, n := range names {
		if n == name {
			return i + 1
		}
	}
	return 0
}
