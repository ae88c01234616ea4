package haproxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"sync/atomic"
	"time"
)

const (
	answerWithin = 10 * time.Second
	reachWithin  = time.Minute // a login may have to wait for a person, and sudo for a password
	atOnce       = 8           // connections; HAProxy and sshd refuse a few dozen
	longest      = 64 << 20    // bytes of an answer
)

// wire carries commands to the admin socket and answers back.
type wire struct {
	network, address string
	dialer           Dialer
	runner           Runner
	slots            chan struct{}
	relayed          atomic.Bool // dialing is refused, but the runner gets through
}

func newWire(c Config) *wire {
	return &wire{
		network: c.Network, address: c.Address, dialer: c.Dialer, runner: c.Runner,
		slots: make(chan struct{}, atOnce),
	}
}

// String returns the address as the inventory has it.
func (w *wire) String() string {
	if w.network == "unix" {
		return w.address
	}
	return w.network + "://" + w.address
}

// ask sends one line of commands, without its end, and returns the answer up
// to so many empty lines, which is sooner than the end of the connection: through
// ssh that takes 44 ms to be seen. An answer may be empty: then the outcome is
// unknown. So it is after an error.
func (w *wire) ask(ctx context.Context, line string, ends int) (string, error) {
	select {
	case w.slots <- struct{}{}:
		defer func() { <-w.slots }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if w.dialer == nil || w.relayed.Load() {
		return w.instead(ctx, line, errNotDialed)
	}
	conn, err := w.dial(ctx)
	if err != nil {
		if w.network == "unix" && ctx.Err() == nil {
			return w.instead(ctx, line, err)
		}
		return "", err
	}
	return exchange(ctx, conn, line, ends)
}

func (w *wire) dial(ctx context.Context) (net.Conn, error) {
	within, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	conn, err := w.dialer.DialContext(within, w.network, w.address)
	if err != nil {
		return nil, tooLate(ctx, within, reachWithin, err)
	}
	return conn, nil
}

func exchange(ctx context.Context, conn net.Conn, line string, ends int) (string, error) {
	within, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	stop := context.AfterFunc(within, func() { _ = conn.Close() })
	defer func() {
		if stop() {
			_ = conn.Close()
		}
	}()
	// The bare line end: HAProxy 3.2 answers "\r\n" differently.
	_, err := io.WriteString(conn, line+"\n")
	var answer string
	if err == nil {
		answer, err = read(conn, ends)
	}
	if err != nil {
		return "", tooLate(ctx, within, answerWithin, err)
	}
	return answer, nil
}

// tooLate says whose patience has ended, if that is why err came.
func tooLate(ctx, within context.Context, limit time.Duration, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case within.Err() != nil:
		return fmt.Errorf("no answer within %v: %w", limit, err)
	}
	return err
}

var errNotDialed = errors.New("the socket is not dialed")

// rejected is what sshd's "rejected" is called by x/crypto/ssh, whatever the
// reason: no socket, no right, no forwarding.
const rejected = "ssh: rejected"

// instead carries the line by the runner where the dialer was refused.
func (w *wire) instead(ctx context.Context, line string, refused error) (string, error) {
	byRight := errors.Is(refused, fs.ErrPermission) || strings.Contains(refused.Error(), rejected)
	if w.runner == nil || !byRight && !errors.Is(refused, errNotDialed) {
		return "", explain(w.address, refused)
	}
	answer, err := w.relay(ctx, line)
	if err == nil {
		w.relayed.Store(true)
		return answer, nil
	}
	if ctx.Err() != nil {
		return "", err
	}
	return "", w.diagnose(ctx, refused, err)
}

// relays are the programs that can carry a line to a unix socket, each from
// standard input and until HAProxy closes. socat waits only half a second for
// an answer unless it is told otherwise.
const relays = `p=%s
if command -v socat >/dev/null; then
	exec socat -t10 - "UNIX-CONNECT:$p"
elif nc -h 2>&1 | grep -q -e -U; then
	exec nc -U "$p"
elif command -v python3 >/dev/null; then
	exec python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(10)
s.connect(sys.argv[1])
s.sendall(sys.stdin.buffer.read())
while True:
    b = s.recv(65536)
    if not b: break
    sys.stdout.buffer.write(b)
' "$p"
fi
echo 'neither socat, nc with -U nor python3 is installed' >&2
exit 127`

func (w *wire) relay(ctx context.Context, line string) (string, error) {
	within, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	out, err := w.runner.Output(within, fmt.Sprintf(relays, quote(w.address)), []byte(line+"\n"))
	if err != nil {
		return "", tooLate(ctx, within, reachWithin, err)
	}
	return string(out), nil
}

// read reads an answer up to so many empty lines, or to its end.
func read(r io.Reader, ends int) (string, error) {
	lines := bufio.NewReader(io.LimitReader(r, longest))
	var answer strings.Builder
	for seen := 0; seen < ends; {
		line, err := lines.ReadString('\n')
		answer.WriteString(line)
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", err
		}
		if line == "\n" {
			seen++
		}
	}
	return answer.String(), nil
}

// quote returns s as one word of a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
