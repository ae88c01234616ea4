// Package cli is the command line: one file a command, flags, wiring and the
// exit status. No rule of the domain lives here.
package cli

import "io"

// Main runs the program and returns its exit status.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return 2
}
