// Package fleet makes what an inventory names real: the hosts that ssh reaches,
// the balancers on them, and the store on the balancers' hosts. It decides
// nothing: whoever uses it learns what is there by using it.
package fleet

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"

	"rota/inventory"
	"rota/lb"
	"rota/record"
	"rota/ssh"
)

// Config is what a Fleet needs beyond the inventory.
type Config struct {
	Asker   ssh.Asker           // nil: never ask
	Getenv  func(string) string // for the sudo password
	Without []string            // balancers that are left out
	Self    record.Identity     // this operator's process
}

// Fleet is everything that an inventory names. Nothing is dialled before it is
// used. Its fields are not changed after Open.
type Fleet struct {
	Hosts     map[string]*ssh.Client // by server
	Balancers []lb.Named             // in the inventory's order
	Store     *record.Set

	Here     Shell            // this machine, beside the inventory's file
	Machines map[string]Shell // by balancer: its host, or this machine where it has none

	inv   *inventory.Inventory
	pool  *ssh.Pool
	order []*ssh.Client // every machine once, the balancers' first
}

// Shell is a machine that runs scripts: a host that ssh reaches, or this one.
type Shell interface {
	// Run runs a script, see ssh.Client.Run.
	Run(ctx context.Context, script, sudo string, out io.Writer) error
}

// Open makes the handles of all that the inventory names.
func Open(inv *inventory.Inventory, c Config) (*Fleet, error) {
	for _, name := range c.Without {
		if !slices.ContainsFunc(inv.Balancers, func(b inventory.Balancer) bool { return b.Name == name }) {
			return nil, fmt.Errorf("balancer %q is not in the inventory", name)
		}
	}
	file, err := inHome(inv.SSH.Config)
	if err != nil {
		return nil, err
	}
	f := &Fleet{inv: inv, Hosts: map[string]*ssh.Client{}, Here: here{folder: filepath.Dir(inv.File)}, Machines: map[string]Shell{}}
	f.pool = ssh.NewPool(ssh.Config{
		User: inv.SSH.User, File: file, ConnectTimeout: inv.SSH.ConnectTimeout,
		Asker: c.Asker, SudoPassword: sudoPassword(inv.SSH.SudoPassword, c),
	})
	var sources []record.Source
	for _, b := range inv.Balancers {
		if slices.Contains(c.Without, b.Name) {
			continue
		}
		host := f.host(b.SSH)
		made, err := open(inv, b, host)
		if err != nil {
			return nil, err
		}
		f.Balancers = append(f.Balancers, lb.Named{Name: b.Name, Balancer: made})
		f.Machines[b.Name] = f.Here
		if host != nil {
			f.Machines[b.Name] = host
			// Not with the balancer's sudo: root would make a folder that the others
			// on this host, without it, could not share.
			sources = append(sources, record.Source{Balancer: b.Name, Host: b.SSH, Shell: shell{host, ""}})
		}
	}
	for _, s := range inv.Servers {
		f.Hosts[s.Name] = f.host(s.SSH)
	}
	// Where no balancer has a host, the first server's keeps the records.
	if first := inv.Servers[0]; len(sources) == 0 {
		sources = append(sources, record.Source{Balancer: first.Name, Host: first.SSH, Shell: shell{f.host(first.SSH), ""}})
	}
	f.Store = record.NewSet(c.Self, inv.Lock, inv.Record, sources).For(inv.Name())
	return f, nil
}

// host returns the handle of a machine, nil for none.
func (f *Fleet) host(target string) *ssh.Client {
	if target == "" {
		return nil
	}
	c := f.pool.Client(target)
	if !slices.Contains(f.order, c) {
		f.order = append(f.order, c)
	}
	return c
}

// Connect connects to every machine, side by side, and where a balancer needs a
// sudo that asks for its password lets a person give it, however long that
// takes. It saves the first use the time; it need not be called. What was
// refused before is asked for once more.
func (f *Fleet) Connect(ctx context.Context) {
	f.AskAgain()
	var wg sync.WaitGroup
	for _, c := range f.order {
		wg.Go(func() { _ = c.Connect(ctx) }) // whoever uses it gets the error again
	}
	if f.inv.SSH.SudoPassword == "ask" {
		wg.Go(func() { f.become(ctx) })
	}
	wg.Wait()
}

// become becomes whom the balancers need, one after the other: a wrong password
// counts once.
func (f *Fleet) become(ctx context.Context) {
	for _, b := range f.inv.Balancers {
		if host, ok := f.Machines[b.Name].(*ssh.Client); ok && b.Sudo != "" {
			_ = host.Run(ctx, "exit 0", b.Sudo, io.Discard)
		}
	}
}

// AskAgain lets a person be asked once more for what was refused: a host key
// that was not accepted, a secret that was not given.
func (f *Fleet) AskAgain() { f.pool.AskAgain() }

// Operator tells who acts: the operator's login and machine, and the key that
// ssh used where a machine has told it.
func (f *Fleet) Operator(self record.Identity) string {
	for _, c := range f.order {
		if id := c.Identity(); id != "" {
			return self.Owner + " as " + id
		}
	}
	return self.Owner
}

// Close ends all connections.
func (f *Fleet) Close() error { return f.pool.Close() }
