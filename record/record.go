// Package record keeps what several operators must agree on in one folder on
// each balancer's host: the lock, copies of the journals, holds, and the
// versions that were deployed last.
//
// All work on a host is done by short scripts for sh, one for each call, which
// decide everything there under an exclusive lock of the folder and by that
// host's own clock. A Folder is the folder on one host; a Set is all of them
// and the Store that the engine uses.
//
// A record is data about what happened. Nothing in it is ever run. Whoever may
// write to the folder (root, its owner, its group) is trusted to tell the
// truth, nobody else is. Old journals are never removed.
package record

import (
	"context"
	"time"
)

// Shell runs a script under sh on the host that keeps the folder, with stdin,
// and returns what it printed on its standard output. A failure has a method
// ExitStatus() int and tells what was printed on standard error.
type Shell interface {
	Output(ctx context.Context, script string, stdin []byte) ([]byte, error)
}

// Lock is who holds an application, and why.
type Lock struct {
	Run     string    `json:"run"`             // the run that holds it; "" for a lock held by hand
	Owner   string    `json:"owner"`           // login@machine of the operator
	Machine string    `json:"machine"`         // identifies the operator's machine and its boot
	PID     int       `json:"pid,omitempty"`   // the process there
	Start   string    `json:"start,omitempty"` // when that process started, so that a reused pid is told apart
	Since   time.Time `json:"since"`
	Version string    `json:"version,omitempty"` // what is being deployed
	Message string    `json:"message,omitempty"`
	Manual  bool      `json:"manual,omitempty"` // by `rota lock`: never stale
	Token   string    `json:"token"`            // random; tells one holder from another
}

// Hold keeps one server out of rotation until it is restored.
type Hold struct {
	Server string    `json:"server"`
	By     string    `json:"by"`
	Since  time.Time `json:"since"`
	Why    string    `json:"why"`
}

// Run is one run as the folder lists it.
type Run struct {
	ID   string
	Size int64 // of the longest copy, in bytes
}
