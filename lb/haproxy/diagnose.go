package haproxy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"rota/lb"
)

// examine looks at a socket that cannot be opened. Sshd refuses a missing
// socket, a closed one and any forwarding with the same words.
const examine = `p=%s
d=${p%%/*}
while ! [ -e "$d" ] && [ -n "$d" ]; do d=${d%%/*}; done
d=${d:-/}
if [ -e "$p" ]; then echo exists; fi
if [ -S "$p" ]; then echo socket; fi
if [ -r "$p" ] && [ -w "$p" ]; then echo open; fi
if ! [ -x "$d" ]; then echo closed folder; fi
if ps -e -o comm= | grep -q '^haproxy'; then echo running; fi
echo "user $(id -un)"
echo "ls $(ls -ld "$p" 2>/dev/null || ls -ld "$d")"`

// diagnose says why neither dialing nor a relay reaches the socket.
func (w *wire) diagnose(ctx context.Context, refused, relayed error) error {
	if errors.Is(refused, errNotDialed) {
		refused = nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	out, err := w.runner.Output(ctx, fmt.Sprintf(examine, quote(w.address)), nil)
	if err != nil {
		return errors.Join(refused, relayed)
	}
	facts := map[string]bool{}
	var user, ls string
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		facts[line] = true
		if rest, ok := strings.CutPrefix(line, "user "); ok {
			user = rest
		}
		if rest, ok := strings.CutPrefix(line, "ls "); ok {
			ls = rest
		}
	}
	switch {
	case facts["closed folder"], facts["socket"] && !facts["open"]:
		return denied(user, ls)
	case !facts["exists"]:
		return missing(w.address)
	case !facts["socket"]:
		return fmt.Errorf("socket %w: what is there is no socket: %s", lb.ErrNotFound, ls)
	case !facts["running"], strings.Contains(relayed.Error(), "onnection refused"): // another haproxy may run there
		return errStale
	}
	if refused == nil {
		return relayed
	}
	return fmt.Errorf("%w\nits sshd refuses to forward to a unix socket, and the way by a program failed too: %w", refused, relayed)
}

var errStale = errors.New("nobody listens: the socket is there, but its haproxy is not running")

// explain says in words why a socket cannot be dialed, where the error tells: it
// does on this machine. An error of the way there is about another thing.
func explain(path string, refused error) error {
	var op *net.OpError
	if !errors.As(refused, &op) || op.Net != "unix" {
		return refused
	}
	switch {
	case errors.Is(refused, fs.ErrNotExist):
		return missing(path)
	case errors.Is(refused, fs.ErrPermission):
		return denied("this login", "")
	case errors.Is(refused, syscall.ECONNREFUSED):
		return errStale
	}
	return refused
}

func missing(path string) error {
	return fmt.Errorf("socket %w\nadd \"stats socket %s mode 660 level admin\" to haproxy's global section, or name the socket that it has", lb.ErrNotFound, path)
}

func denied(user, ls string) error {
	if ls != "" {
		ls = ": " + ls
	}
	return fmt.Errorf("%w for %s%s\nset sudo for this balancer, or let the login into the socket's group", fs.ErrPermission, user, ls)
}
