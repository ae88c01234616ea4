package rollout

import (
	"context"
	"io"
	"net"
)

// Shell is a machine that runs commands: a host that ssh reaches, or this one. Its
// methods may be called concurrently.
//
// An error that has a method ExitStatus() int is the command's own failure; one
// with Unknown() bool returning true says that the outcome is not known (the
// connection was lost while the command ran).
type Shell interface {
	// Run gives script to sh on the host and copies what it prints (both
	// streams in their order) to out while it runs. sudo names a user to
	// become; "" is the login user. When ctx ends the command is ended with
	// everything it started.
	Run(ctx context.Context, script, sudo string, out io.Writer) error
}

// Host is a machine that runs a server. Its methods may be called concurrently.
type Host interface {
	Shell

	// Upload copies a local file or folder to the host. A remote path that ends
	// in "/" is a folder to put it in. It appears whole or not at all.
	Upload(ctx context.Context, local, remote, sudo string) error

	// DialContext connects from the host to an address that it can reach.
	DialContext(ctx context.Context, network, address string) (net.Conn, error)

	// Boot returns what is another one after each boot of the host: one harmless
	// word.
	Boot(ctx context.Context) (string, error)

	// Reboot brings the host to another boot than from, which it asks for unless
	// the host is past that boot already, and waits until it is back or ctx ends.
	// A refusal is an error at once.
	Reboot(ctx context.Context, from, sudo string) error
}
