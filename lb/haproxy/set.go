package haproxy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rota/lb"
)

const (
	confirmFor   = 5 * time.Second // how long a change may take to show
	confirmEvery = 50 * time.Millisecond
)

// errReloaded says that another worker answers than the one that was told.
var errReloaded = errors.New("haproxy was reloaded meanwhile")

// Set implements lb.Balancer. All changes go in one line. A server in maint
// stays there when it is asked to drain; one with weight 0 gets its configured
// weight back when it is asked in. If HAProxy is reloaded meanwhile, the new
// worker is told too.
func (b *Balancer) Set(ctx context.Context, want ...lb.Change) error {
	return again(func() error {
		commands, pid, err := b.plan(ctx, want)
		if err != nil {
			return err
		}
		return b.enact(ctx, pid, func(r report) error { return b.missing(r, want) }, commands)
	})
}

// again tells another worker what was told to one that a reload has replaced.
func again(tell func() error) error {
	for try := 1; ; try++ {
		err := tell()
		if !errors.Is(err, errReloaded) || try == 3 {
			return err
		}
	}
}

// enact sends commands made for a worker, some after others if none of those is
// refused, and reads until missing finds nothing that is not as wished for.
func (b *Balancer) enact(ctx context.Context, pid int, missing func(report) error, commands ...[]command) error {
	var sent error
	for _, some := range commands {
		sent = errors.Join(sent, b.send(ctx, some))
		if err := ctx.Err(); err != nil || errors.As(sent, new(refusal)) {
			return errors.Join(sent, err)
		}
	}
	return b.confirm(ctx, missing, pid, sent)
}

// Preview implements lb.Previewer: it returns the commands that Set would send
// now.
func (b *Balancer) Preview(ctx context.Context, want ...lb.Change) ([]string, error) {
	commands, _, err := b.plan(ctx, want)
	return texts(commands), err
}

// plan returns the commands that bring what is wanted about, and the worker
// that they were made for.
func (b *Balancer) plan(ctx context.Context, want []lb.Change) (commands []command, pid int, err error) {
	for _, c := range want {
		if c.To != lb.Draining && c.To != lb.Out && c.To != lb.In {
			return nil, 0, fmt.Errorf("server %s: %v cannot be asked for", c.Server, c.To)
		}
	}
	r, err := b.read(ctx)
	if err != nil {
		return nil, 0, err
	}
	changed := map[place]lb.State{}
	for _, c := range want {
		rows, err := b.find(r, c.Server)
		if err != nil {
			return nil, 0, err
		}
		for _, row := range rows {
			changed[row.place] = c.To
		}
	}
	for _, c := range want {
		for _, row := range b.rows(r, c.Server) {
			if row.tracked == "" {
				commands = append(commands, row.commands(c.To)...)
			} else if err := r.follows(row, changed); err != nil {
				return nil, 0, err
			}
		}
	}
	return commands, r.process.pid, nil
}

// commands asks for a state of a server that follows no other.
func (r row) commands(to lb.State) []command {
	var commands []command
	say := func(when bool, format string) {
		if when {
			commands = append(commands, r.command(format))
		}
	}
	say(r.agented() && to != lb.In, "disable agent %v")
	switch to {
	case lb.Draining:
		say(r.admin&forcedMaint == 0, "set server %v state drain")
	case lb.Out:
		say(true, "set server %v state maint")
	case lb.In:
		// 100% is the configured weight, and the one value that algorithms
		// with fixed weights accept.
		say(r.uweight == 0, "set server %v weight 100%%")
		say(true, "set server %v state ready")
	default:
		panic("a state that Preview refuses: " + to.String())
	}
	say(r.agented() && to == lb.In, "enable agent %v")
	return commands
}

// follows refuses a server that tracks another one which is not changed with
// it: HAProxy would accept the command and do nothing, or only half of it.
func (r report) follows(at row, changed map[place]lb.State) error {
	to := changed[at.place]
	for seen := []string{}; at.tracked != "" && !slices.Contains(seen, at.tracked); {
		seen = append(seen, at.tracked)
		pool, name, _ := strings.Cut(at.tracked, "/")
		leader := place{pool, name}
		if state, ok := changed[leader]; !ok || state != to {
			return fmt.Errorf("%v follows %v (track): it can only be changed together with that one\n"+
				"list the backend %s in the inventory too", at.place, leader, pool)
		}
		at, _ = r.row(leader)
	}
	return nil
}

// confirm reads until every change has been taken, or for a while. Pid is the
// worker that was told, sent what went wrong then, if anything did.
func (b *Balancer) confirm(ctx context.Context, missing func(report) error, pid int, sent error) error {
	end := time.Now().Add(confirmFor)
	for {
		r, err := b.read(ctx)
		if err != nil {
			return errors.Join(sent, err)
		}
		lacks := missing(r)
		if lacks == nil {
			return nil
		}
		if r.process.pid != pid {
			return fmt.Errorf("%s: %w", b.wire, errReloaded)
		}
		if time.Now().After(end) {
			return errors.Join(sent, fmt.Errorf("%s: after %v %w", b.wire, confirmFor, lacks))
		}
		if err := wait(ctx, confirmEvery); err != nil {
			return errors.Join(sent, fmt.Errorf("%s: %w: %w", b.wire, lacks, err))
		}
	}
}

// missing tells of a server that is not yet as it was wished for.
func (b *Balancer) missing(r report, want []lb.Change) error {
	for _, c := range want {
		for _, row := range b.rows(r, c.Server) {
			if !row.is(c.To) {
				return fmt.Errorf("%v is not %v: it is %s", row.place, c.To, row.words())
			}
		}
	}
	return nil
}

// is tells whether a wish has been taken.
func (r row) is(to lb.State) bool {
	switch to {
	case lb.Draining:
		return r.admin&(maint|drain) != 0
	case lb.Out:
		return r.admin&maint != 0
	default:
		return r.ready()
	}
}

// words tells the state in HAProxy's own words.
func (r row) words() string {
	words := r.status
	if r.checkStatus != "" {
		words += ", check " + strings.TrimSpace(r.checkStatus+" "+r.checkCode)
	}
	if r.uweight == 0 {
		words += ", weight 0"
	}
	if r.agented() {
		words += ", agent " + r.agentStatus
	}
	return words
}

// wait waits for d to pass or ctx to end.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
