// Package command is an lb.Balancer by three commands of the user's: state
// tells how a server stands, out takes it out of rotation, in puts it back. It
// is for whatever has no package of its own, from a big vendor's box to a
// health file.
//
// The commands are given to sh with -eu, one server at a time, and are told by
// their environment which one is meant. State prints a word, and may add
// figures, as in "draining sessions=3 weight=10":
//
//	in        new requests are sent to it
//	draining  no new ones are, but some may be under way
//	out       nothing new can reach it
//	down      the balancer's own check of it fails
//
// Only what state prints is believed. There is one way out, so lb.Draining and
// lb.Out are the same wish, and out is run only where state says neither
// draining nor out, as in is run only where it does not say in. A server that
// was taken out must be told as such even while its check fails too.
//
// A server is drained when every look over a second or more has found it still.
// Where state tells sessions, that is out or draining with none of them. With
// some it is lb.Draining whatever the word, and a draining one that is drained
// is lb.Out: clients that stick to it must be shut out by the out command
// itself, as between two looks nobody sees them come and go. Where state tells
// no sessions, draining is never still, and out is the user's promise that
// nothing is under way either.
//
// One look is one script, whose commands run side by side. Those that change
// something run one after the other, because they may well edit one file, and
// only for one Set at a time.
package command

import (
	"context"
	"slices"
	"time"

	"rota/lb"
)

// Runner gives a script to sh, on the machine where the commands are to run,
// and returns what it prints on standard output, as far as it came. It may run
// it as another user, and may be called concurrently.
type Runner interface {
	Output(ctx context.Context, script string, stdin []byte) ([]byte, error)
}

// Config says what the commands are, and for which servers.
type Config struct {
	State, Out, In string // for sh
	Members        []Member
	Unset          []string // variables that no command shall find, unless its server has them
	Runner         Runner
}

// Member is a server behind the balancer.
type Member struct {
	Server string   // the inventory's name
	Pool   string   // what its pool is called; the balancer knows of none
	Env    []string // the variables of its commands, as "NAME=value"
}

// Balancer is one balancer. Its methods may be called concurrently.
type Balancer struct {
	members        []Member
	state, out, in command
	unset          []string
	runner         Runner
	quiet          quiet
	turn           chan struct{} // holds one token while a Set is under way
}

var (
	_ lb.Balancer  = (*Balancer)(nil)
	_ lb.Previewer = (*Balancer)(nil)
	_ lb.Checker   = (*Balancer)(nil)
	_ lb.Informer  = (*Balancer)(nil)
)

// New returns a balancer. It runs nothing yet.
func New(c Config) *Balancer {
	return &Balancer{
		members: slices.Clone(c.Members),
		state:   command{"state", c.State},
		out:     command{"out", c.Out},
		in:      command{"in", c.In},
		unset:   slices.Clone(c.Unset),
		runner:  c.Runner,
		quiet:   quiet{servers: map[string]stretch{}},
		turn:    make(chan struct{}, 1),
	}
}

// Servers implements lb.Balancer. The order is that of the members, and none is
// ever lb.Absent: a server that the balancer does not have is an error of its
// state command. If one of these fails, nothing is known.
func (b *Balancer) Servers(ctx context.Context) ([]lb.Server, error) {
	reports, err := b.look(ctx, b.members)
	if err != nil {
		return nil, err
	}
	servers := make([]lb.Server, len(reports))
	for i, m := range b.members {
		servers[i] = reports[i].server(m)
	}
	return servers, nil
}

// Check implements lb.Checker: it tries the state command of every server.
// Whether out and in would work cannot be known without a change.
func (b *Balancer) Check(ctx context.Context) error {
	_, err := b.look(ctx, b.members)
	return err
}

// Info implements lb.Informer. Nobody can tell a version.
func (b *Balancer) Info(context.Context) (lb.Info, error) { return lb.Info{Kind: "exec"}, nil }

// look runs the state commands of some servers, and takes what they say into
// account.
func (b *Balancer) look(ctx context.Context, members []Member) ([]report, error) {
	asked := time.Now()
	answers, err := b.run(ctx, b.state, members)
	if err != nil {
		return nil, err
	}
	told := time.Now()
	reports, errs := make([]report, len(members)), make([]error, len(members))
	for i, a := range answers {
		if reports[i], errs[i] = a.report(); errs[i] == nil {
			reports[i].drained = b.quiet.long(members[i].Server, reports[i], asked, told)
		}
	}
	return reports, b.state.joined(members, errs)
}
