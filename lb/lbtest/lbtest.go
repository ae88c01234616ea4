// Package lbtest is for the tests of balancers and of whatever uses them: the
// suite that every balancer passes (Run), a balancer that exists only in
// memory (Memory), and a guard that fails a test when a promise of a run is
// broken (Watchdog).
//
// The suite looks at a balancer only from outside: it asks for states, opens
// requests through it, and asks again. It allows what balancers may differ in:
// a drained server may be called draining or, once nothing can reach it, out.
package lbtest

import (
	"context"
	"slices"
	"testing"
	"time"

	"rota/lb"
)

// Subject is a balancer under test. It stands in front of the servers "a", "b"
// and "c", in one pool or more, all of them healthy and in rotation.
type Subject struct {
	Balancer lb.Balancer

	// Reopen returns a new value onto the same balancer, as another process
	// would have it.
	Reopen func() lb.Balancer

	// Request opens a request that reaches the server through the balancer and
	// stays open until end is called. End tells whether it came through whole.
	// It fails the test when the server, being in rotation, cannot be reached.
	Request func(t *testing.T, server string) (end func() error)

	// Stop ends the server's application and Start starts it again; nil where
	// the test has no such power.
	Stop, Start func(server string)

	// Hand carries out, on the balancer's machine, a script that a person would
	// run by hand, and returns its exit status; nil where the test has no such power.
	Hand func(t *testing.T, script string) (status int)

	// Stranger is the name that a pool has for one more member, which the
	// inventory does not name and which gets no requests; "" where there is none.
	Stranger string

	// Settle is how long the balancer may need until it shows what happened;
	// 0 means ten seconds.
	Settle time.Duration
}

// Run tries every promise of lb.Balancer, and those of lb.Prover,
// lb.Previewer, lb.Cutter, lb.Scripter, lb.Weigher and lb.Counter where the balancer has these
// powers. Every promise gets a Subject of its own from open, which cleans up with t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	for _, promise := range []struct {
		name string
		try  func(trial)
	}{
		{"every server is listed once and is in", listed},
		{"out twice is out once, in twice is in once", twice},
		{"a server that was out serves again", outAndIn},
		{"draining a server that is out leaves it out", drainWhileOut},
		{"several changes go in one call", several},
		{"changes made at the same time all take effect", atOnce},
		{"another value onto the same balancer sees the states", reopened},
		{"an unknown server is not found and nothing is changed", unknown},
		{"a state that cannot be wished for is refused", unwishable},
		{"a cancelled context changes nothing", cancelled},
		{"draining lets a request end and then the server is drained", drainKeepsRequest},
		{"out lets a request end and then the server is drained", outKeepsRequest},
		{"a server in rotation is never drained", inIsNotDrained},
		{"preview touches nothing", previewed},
		{"cut ends what is under way", cut},
		{"proved servers wait out of rotation", proveWaits},
		{"proving a server in rotation leaves it in", proveSkipsIn},
		{"a dead server is not proved and stays out", proveDead},
		{"proving an unknown server is not found", proveUnknown},
		{"what is done is heard, in the words of the preview, and what came of it", heardChanging},
		{"looks are not heard, nor is what is refused", heardLooking},
		{"proofs and cuts are heard", heardProving},
		{"weights that are set are heard", heardWeighing},
		{"scripts go the way out and back", scripted},
		{"weights are told of every member", weightsTold},
		{"a weigh changes weights alone, and twice is once", weighTwice},
		{"weights that were found can be asked for again", weighBack},
		{"another value onto the same balancer sees the weights", weighReopened},
		{"an unknown member is not found and no weight is changed", weighUnknown},
		{"a weight that cannot be is refused and none is changed", weighImpossible},
		{"a server that is out is weighed and stays out", weighOut},
		{"weights outlive out and in", weighOutAndIn},
		{"a cancelled context changes no weight", weighCancelled},
		{"requests are counted", counted},
	} {
		t.Run(promise.name, func(t *testing.T) {
			subject := open(t)
			if subject.Settle == 0 {
				subject.Settle = 10 * time.Second
			}
			promise.try(trial{t, subject})
		})
	}
}

// trial is one promise being tried on one subject.
type trial struct {
	*testing.T
	Subject
}

func (t trial) set(b lb.Balancer, want ...lb.Change) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), t.Settle)
	defer cancel()
	if err := b.Set(ctx, want...); err != nil {
		t.Fatalf("set %v: %v", want, err)
	}
}

// look asks the balancer once.
func (t trial) look(b lb.Balancer) map[string]lb.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), t.Settle)
	defer cancel()
	list, err := b.Servers(ctx)
	if err != nil {
		t.Fatalf("servers: %v", err)
	}
	servers := map[string]lb.Server{}
	for _, s := range list {
		if _, double := servers[s.Name]; double {
			t.Fatalf("%s is listed twice: %+v", s.Name, list)
		}
		servers[s.Name] = s
	}
	return servers
}

// are asks once and expects each server, by name, in one of the states.
func (t trial) are(names string, states ...lb.State) {
	t.Helper()
	servers := t.look(t.Balancer)
	for _, name := range names {
		if got := servers[string(name)]; !slices.Contains(states, got.State) {
			t.Fatalf("%c is %v, want one of %v: %+v", name, got.State, states, got)
		}
	}
}

// become asks until the server is as it should be.
func (t trial) become(b lb.Balancer, name, what string, ok func(lb.Server) bool) {
	t.Helper()
	end := time.Now().Add(t.Settle)
	for {
		s := t.look(b)[name]
		if ok(s) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s is not %s after %v: %+v", name, what, t.Settle, s)
		}
		time.Sleep(30 * time.Millisecond)
	}
}

func (t trial) becomeOut(b lb.Balancer, names string) {
	t.Helper()
	for _, name := range names {
		t.become(b, string(name), "out", func(s lb.Server) bool { return s.State == lb.Out })
	}
}

func (t trial) becomeDrained(name string) {
	t.Helper()
	t.become(t.Balancer, name, "drained", func(s lb.Server) bool { return s.Drained && closed(s) })
}

// stays asks for a while, longer than any balancer's window, and expects the
// server to be as it should be every time.
func (t trial) stays(name, what string, ok func(lb.Server) bool) {
	t.Helper()
	for end := time.Now().Add(1200 * time.Millisecond); time.Now().Before(end); {
		if s := t.look(t.Balancer)[name]; !ok(s) {
			t.Fatalf("%s is not %s: %+v", name, what, s)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// closed tells whether the server was taken out of rotation.
func closed(s lb.Server) bool { return s.State == lb.Draining || s.State == lb.Out }
