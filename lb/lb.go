// Package lb says what any load balancer is to rota: servers, the states they
// are in, and a way to ask for another state.
//
// A state is always observed: it is what the balancer answered when it was
// asked, never what was sent to it. A change is a wish for a state ("out"),
// never a toggle, so that asking twice is asking once. After an error nothing
// is known: whoever called Set reads Servers before it decides anything.
//
// The package opens no connection and starts no process. The balancers
// themselves live in the packages below it.
package lb

import (
	"context"
	"errors"
	"fmt"
)

// State is where a server stands in a balancer's rotation.
type State int

// The states, in the words that the screen, the JSON output and the journal use.
const (
	Unknown  State = iota // the balancer could not be asked, or cannot prove what it does
	Absent                // the balancer does not have this server
	In                    // new requests are sent to it
	Draining              // no new ones, but what is under way (or sticky) may still reach it
	Out                   // taken out by somebody's wish, and nothing new reaches it
	Down                  // the balancer's own health check has failed
	Mixed                 // its pools, or the balancers of a Group, disagree
)

var words = [...]string{"unknown", "absent", "in", "draining", "out", "down", "mixed"}

// String returns the word for s.
func (s State) String() string {
	if s < 0 || int(s) >= len(words) {
		return fmt.Sprintf("state(%d)", int(s))
	}
	return words[s]
}

// MarshalText returns the word for s.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText sets s from a word.
func (s *State) UnmarshalText(text []byte) error {
	for i, w := range words {
		if w == string(text) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not a rotation state", text)
}

// Sum tells several states of one server in one word: the state that all of
// them agree on, leaving out the Absent ones; Mixed where they disagree; Unknown
// where none could be asked; Absent where there is none at all.
func Sum(states ...State) State {
	sum, known := Absent, false
	unknown := false
	for _, s := range states {
		switch {
		case s == Absent:
		case s == Unknown:
			unknown = true
		case !known:
			sum, known = s, true
		case s != sum:
			return Mixed
		}
	}
	switch {
	case unknown && known:
		return Mixed
	case unknown:
		return Unknown
	}
	return sum
}

// Member is one server as one pool (nginx upstream, HAProxy backend) knows it.
type Member struct {
	Server  string // the inventory's name
	Pool    string
	Name    string // the server's name in the pool, where the balancer has names (HAProxy)
	Address string // host:port, where the balancer has only addresses (nginx)
}

// Server is one server as a balancer sees it. A figure of -1 means that the
// balancer cannot tell.
type Server struct {
	Name     string // the inventory's name
	State    State  // over all its pools; Mixed where they disagree
	Drained  bool   // proved: nothing under way can still reach it, and nothing new did over a window
	Weight   int    // as the balancer uses it now; the first pool's
	Sessions int    // connections or requests under way, over all pools
	Peak     int    // the most sessions that it had at once since the balancer began to count; 0: it cannot tell
	Limit    int    // the most that the balancer lets it have at once (HAProxy's maxconn); 0: none, or it cannot tell
	Rate     int    // requests (in TCP mode: sessions) a second, over all pools
	Errors   int64  // connection and response errors since the balancer started, over all pools
	Check    string // the last word of the balancer's own health check, such as "L7OK"; "" where it has none
	Note     string // what the state alone does not tell, such as "down in the file, no reload proved since"
	Standby  bool   // ready, but a backup: it gets requests only when no other server can
	Pools    []PoolServer
}

// Ready reports whether the server is in rotation as far as it is up to it: a
// backup may have to wait until no other can serve.
func (s Server) Ready() bool { return s.State == In || s.Standby }

// PoolServer is one server in one pool of a balancer.
type PoolServer struct {
	Pool     string
	State    State
	Weight   int
	Sessions int
	Rate     int
}

// Change asks for one server to be in a state: Draining, Out or In.
//
// Draining lets what is under way end; a server that is Out already stays so.
// Out closes it for new requests and for sticky sessions too. In returns it.
type Change struct {
	Server string
	To     State
}

// Balancer is one load balancer. Its methods may be called concurrently.
type Balancer interface {
	// Servers asks the balancer for all servers of the inventory that stand
	// behind it, in the order of its own configuration. A server that it does
	// not have is listed as Absent, last.
	Servers(ctx context.Context) ([]Server, error)

	// Set asks for states, all at once where the balancer can (nginx: one edit,
	// one reload), in all pools of each server, and reads back that they are
	// taken. Asking twice is asking once. An unknown server is an error that
	// wraps ErrNotFound, and then nothing is changed. After any other error the
	// caller must read Servers before it decides anything.
	Set(ctx context.Context, want ...Change) error
}

// Prover is a balancer with a health check of its own that can be asked afresh.
type Prover interface {
	// Prove makes the balancer check the servers anew while they get no new
	// traffic, and returns once all of them have passed. Servers that are In
	// are left alone and count as proved, so do those that have no check. When
	// it fails or ctx ends, the servers are left out of rotation.
	Prove(ctx context.Context, servers ...string) error
}

// Previewer tells what a Set would do, with the code that Set uses.
type Previewer interface {
	// Preview returns the exact lines that Set would send, or the diff that it
	// would make, and touches nothing.
	Preview(ctx context.Context, want ...Change) ([]string, error)
}

// Cutter can end the connections that a server still has.
type Cutter interface {
	Cut(ctx context.Context, servers ...string) error
}

// Checker looks, before anything is changed, whether a run could go through.
type Checker interface {
	// Check returns everything that would stop a run: a missing right, a
	// configuration that does not pass its test, a pool or server that is not
	// there (wrapping ErrNotFound), somebody's pending edit. It changes nothing.
	Check(ctx context.Context) error
}

// Info is what a balancer says of itself.
type Info struct {
	Kind    string // "haproxy", "nginx", …
	Version string // "2.6.12"; "" where it cannot be told
}

// Informer can tell what it is.
type Informer interface {
	Info(ctx context.Context) (Info, error)
}

// ErrNotFound is wrapped by errors about something that the inventory names
// and that is not there: a socket, a file, a pool, a server.
var ErrNotFound = errors.New("not found")
