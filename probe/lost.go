package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// Lost is a request that was not answered as it should.
type Lost struct {
	At     time.Time // when it was to be sent
	Route  Route
	Kept   bool   // it was one of those on kept connections
	Reason string // "no connection: connection refused"; may hold what the other side has sent
}

// String tells all but the time:
// "https://shop.example.com/ping through lb1 (192.0.2.1:443), fresh connection: no answer in 10s".
func (l Lost) String() string {
	kind := "fresh"
	if l.Kept {
		kind = "kept"
	}
	return fmt.Sprintf("%s, %s connection: %s", l.Route, kind, l.Reason)
}

// failure is why there is no answer.
type failure struct {
	missing string // what has not come
	err     error
}

// What can be missing, in the order of an exchange.
const (
	noConnection = "no connection"
	noTLS        = "no TLS connection"
	noAnswer     = "no answer" // not one byte
	noHeader     = "no whole answer"
	noBody       = "no whole body"
)

func (f *failure) Error() string {
	if limit, ok := errors.AsType[late](f.err); ok {
		return fmt.Sprintf("%s in %s", f.missing, time.Duration(limit))
	}
	return f.missing + ": " + plainly(f.err)
}

func (f *failure) Unwrap() error { return f.err }

// late says that the time for a request is over.
type late time.Duration

func (l late) Error() string { return "not in " + time.Duration(l).String() }

// lacks reports whether err is a failure for the lack of something.
func lacks(err error, missing string) bool {
	f, ok := errors.AsType[*failure](err)
	return ok && f.missing == missing
}

// inTime makes a failure late if it is the end of its time that made it fail.
func inTime(ctx context.Context, err error, limit time.Duration) error {
	f, ok := errors.AsType[*failure](err)
	if ok && (ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded)) {
		return &failure{f.missing, late(limit)}
	}
	return err
}

// plainly says in few words how a connection has failed. The address is left
// out: the route tells it.
func plainly(err error) string {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe):
		return "connection closed"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	}
	if sys, ok := errors.AsType[*os.SyscallError](err); ok {
		return sys.Err.Error()
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err.Error()
	}
	return err.Error()
}

// answered says what an answer's status is.
func answered(status int) string {
	return strings.TrimSpace(fmt.Sprintf("answered %d %s", status, http.StatusText(status)))
}
