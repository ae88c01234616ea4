// Package haproxy is an lb.Balancer over HAProxy's runtime API, the admin
// socket of its "stats socket" line. It holds for HAProxy 2.0 and later.
//
// It never changes a file and never reloads: what it sets lives until the next
// reload or restart, which puts every server back as the configuration has it.
// Every command has a connection of its own, because a connection that is kept
// open stays with the old worker after a reload. What was set is read back, and
// an answer that never came means unknown, not failed.
//
// A server is taken out by its administrative state: "drain" is lb.Draining,
// "maint" is lb.Out, and weight 0, which lets sticky sessions through as drain
// does, is lb.Draining too. A server that HAProxy itself finds dead is lb.Down
// unless somebody also took it out. A backup server is lb.Out as long as others
// serve. Agents are paused while their server is out, because an agent could
// put it back.
package haproxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"rota/lb"
)

// Dialer opens connections on the machine that HAProxy runs on, such as an
// ssh.Client, or from here (net.Dialer). Closing a connection must end a Read
// that is under way.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Runner gives a script to sh on the machine that HAProxy runs on and returns
// what it prints on standard output. It may run it as another user.
type Runner interface {
	Output(ctx context.Context, script string, stdin []byte) ([]byte, error)
}

// Config says where an HAProxy is and which of its servers are meant.
type Config struct {
	Network, Address string      // "unix" and a path, or "tcp" and host:port
	Members          []lb.Member // Pool is the backend, Name the server's name there (default: Server)
	Dialer           Dialer      // nil: a unix socket is reached by the Runner alone
	Runner           Runner      // nil: old workers cannot be seen, and a refused Dialer has no substitute
}

// Balancer is one HAProxy. Its methods may be called concurrently.
type Balancer struct {
	members []lb.Member
	pools   []string // in the order of members
	wire    *wire
	runner  Runner
	quiet   quiet
	alone   atomic.Int64 // the worker that is known to have no older one beside it
}

var (
	_ lb.Balancer  = (*Balancer)(nil)
	_ lb.Prover    = (*Balancer)(nil)
	_ lb.Previewer = (*Balancer)(nil)
	_ lb.Cutter    = (*Balancer)(nil)
	_ lb.Checker   = (*Balancer)(nil)
	_ lb.Informer  = (*Balancer)(nil)
	_ lb.Weigher   = (*Balancer)(nil)
	_ lb.Counter   = (*Balancer)(nil)
)

// New returns a balancer. It opens nothing yet.
func New(c Config) *Balancer {
	b := &Balancer{
		members: slices.Clone(c.Members),
		wire:    newWire(c),
		runner:  c.Runner,
		quiet:   quiet{since: map[place]stillness{}},
	}
	for i := range b.members {
		m := &b.members[i]
		if m.Name == "" {
			m.Name = m.Server
		}
		if !slices.Contains(b.pools, m.Pool) {
			b.pools = append(b.pools, m.Pool)
		}
	}
	return b
}

// Servers implements lb.Balancer.
//
// A server is Drained when it was taken out (drain, maint or weight 0), and in
// every look at it over a second or more it had no session and no
// queue, and its count of sessions stood still: clients that stick to it come
// and go between two looks. Older workers, which a
// reload leaves behind, must hold no connection to it either; where nobody can
// tell, it is not drained in the first minute after a reload.
func (b *Balancer) Servers(ctx context.Context) ([]lb.Server, error) {
	r, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	old := b.oldWorkers(ctx, r)
	var servers, absent []lb.Server
	for _, name := range b.order(r) {
		rows := b.rows(r, name)
		if len(rows) == 0 {
			absent = append(absent, lb.Server{Name: name, State: lb.Absent, Weight: -1, Sessions: -1, Rate: -1, Errors: -1})
			continue
		}
		s := sum(name, rows)
		s.Drained = s.Drained && b.quiet.long(r, rows)
		if note := old.hold(rows); note != "" && s.Drained {
			s.Drained = false
			s.Note = strings.TrimPrefix(s.Note+"; "+note, "; ")
		}
		servers = append(servers, s)
	}
	return append(servers, absent...), nil
}

// Info implements lb.Informer.
func (b *Balancer) Info(ctx context.Context) (lb.Info, error) {
	answer, err := b.wire.ask(ctx, "show info", 1)
	if err != nil {
		return lb.Info{}, fmt.Errorf("%s: %w", b.wire, err)
	}
	p, err := parseInfo(answer)
	if err != nil {
		return lb.Info{}, fmt.Errorf("%s: %w", b.wire, err)
	}
	return lb.Info{Kind: "haproxy", Version: p.version}, nil
}

// Cut implements lb.Cutter: it ends the sessions of these servers at once,
// whatever is under way in them.
func (b *Balancer) Cut(ctx context.Context, servers ...string) error {
	r, err := b.read(ctx)
	if err != nil {
		return err
	}
	var commands []command
	for _, name := range servers {
		rows, err := b.find(r, name)
		if err != nil {
			return err
		}
		for _, row := range rows {
			commands = append(commands, row.command("shutdown sessions server %v"))
		}
	}
	return b.send(ctx, commands)
}

// read asks for everything that is known of the pools, in one line, so that one
// worker tells all of it at one moment.
func (b *Balancer) read(ctx context.Context) (report, error) {
	if err := b.speakable(); err != nil {
		return report{}, err
	}
	for try := 0; ; try++ {
		r, err := b.readOnce(ctx)
		if err != nil {
			return report{}, fmt.Errorf("%s: %w", b.wire, err)
		}
		if !r.process.stopping {
			b.quiet.look(r)
			return r, nil
		}
		if try == 2 {
			return report{}, fmt.Errorf("%s: haproxy is stopping", b.wire)
		}
	}
}

func (b *Balancer) readOnce(ctx context.Context) (report, error) {
	commands := []string{"show info"}
	for _, pool := range b.pools {
		commands = append(commands, "show servers state "+pool, "show stat "+pool+" 6 -1") // 6: a backend and its servers
	}
	r := report{asked: time.Now(), pools: map[string]pool{}}
	answer, err := b.wire.ask(ctx, strings.Join(commands, "; "), len(commands))
	if err != nil {
		return r, err
	}
	r.told = time.Now()
	parts := strings.SplitAfter(answer, "\n\n")
	if len(parts) < len(commands) {
		return r, fmt.Errorf("the answer is cut short: %d parts instead of %d", len(parts), len(commands))
	}
	if r.process, err = parseInfo(parts[0]); err != nil {
		return r, err
	}
	for i, name := range b.pools {
		if err := r.add(name, parts[1+2*i], parts[2+2*i]); err != nil {
			return r, err
		}
	}
	if r.incomplete() {
		// A frontend of the same name hides the backend from `show stat NAME`.
		all, err := b.wire.ask(ctx, "show stat -1 6 -1", 1)
		if err != nil {
			return r, err
		}
		if err := r.addStat(all); err != nil {
			return r, err
		}
		if r.incomplete() {
			return r, errors.New("show stat does not tell all servers")
		}
	}
	return r, nil
}

// word is what may stand in a command: a blank or ";" would begin another one.
var word = regexp.MustCompile(`^[A-Za-z0-9_.:-]+$`)

// speakable refuses names that would change the meaning of a command.
func (b *Balancer) speakable() error {
	for _, m := range b.members {
		for _, name := range []string{m.Pool, m.Name} {
			if !word.MatchString(name) {
				return fmt.Errorf("%q cannot be the name of a backend or server of haproxy: letters, digits and _.:- only", name)
			}
		}
	}
	return nil
}

// order returns the names of all servers, those first that r has, in its order.
func (b *Balancer) order(r report) []string {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, pool := range b.pools {
		for _, row := range r.pools[pool].rows {
			for _, m := range b.members {
				if m.Pool == pool && m.Name == row.name {
					add(m.Server)
				}
			}
		}
	}
	for _, m := range b.members {
		add(m.Server)
	}
	return names
}

// rows returns where r has a server.
func (b *Balancer) rows(r report, server string) []row {
	var rows []row
	for _, m := range b.members {
		if row, ok := r.row(place{m.Pool, m.Name}); ok && m.Server == server {
			rows = append(rows, row)
		}
	}
	return rows
}

// find returns where r has a server, which must be somewhere.
func (b *Balancer) find(r report, server string) ([]row, error) {
	rows := b.rows(r, server)
	if len(rows) == 0 {
		return nil, b.notFound(r, server)
	}
	return rows, nil
}
