package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"rota/fleet"
	"rota/inventory"
	"rota/lb"
	"rota/record"
	"rota/rollout"
	"rota/ssh"
	"rota/survey"
)

// session is an inventory made real, for one command.
type session struct {
	*program
	inv   *inventory.Inventory
	self  record.Identity
	fleet *fleet.Fleet
	site  *survey.Site
	hosts map[string]rollout.Host
}

// load reads the inventory and puts the flags over it.
func (p *program) load() (*inventory.Inventory, error) {
	file, err := os.Open(p.flags.inventory)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, usagef("%s: there is no such file\n    write one (see inventory.example.yaml), or name another with -i FILE", p.flags.inventory)
		}
		return nil, usage(err)
	}
	defer func() { _ = file.Close() }()
	inv, err := inventory.Load(file, p.flags.inventory)
	if err != nil {
		return nil, usage(err)
	}
	return inv, p.flags.override(inv)
}

// open makes the inventory real. asker may be nil.
func (p *program) open(ctx context.Context, asker ssh.Asker) (*session, error) {
	inv, err := p.load()
	if err != nil {
		return nil, err
	}
	return p.openWith(ctx, inv, asker)
}

func (p *program) openWith(_ context.Context, inv *inventory.Inventory, asker ssh.Asker) (*session, error) {
	self, err := record.Self()
	if err != nil {
		return nil, failed(err)
	}
	f, err := fleet.Open(inv, fleet.Config{Asker: asker, Getenv: os.Getenv, Without: p.flags.withoutBalancer, Self: self})
	if err != nil {
		return nil, usage(err)
	}
	s := &session{program: p, inv: inv, self: self, fleet: f, hosts: map[string]rollout.Host{}}
	hosts := map[string]survey.Host{}
	for name, client := range f.Hosts {
		s.hosts[name], hosts[name] = client, client
	}
	s.site = &survey.Site{Inventory: inv, Balancers: f.Balancers, Hosts: hosts, Store: f.Store, Now: time.Now}
	for _, name := range inv.Deploy.Secrets { // one that is missing matters when something acts
		if value, ok := os.LookupEnv(name); ok {
			s.site.Env = append(s.site.Env, inventory.Var{Name: name, Value: value})
		}
	}
	return s, nil
}

func (s *session) close() { _ = s.fleet.Close() }

// machines are those that run what the balancers want around a run.
func (s *session) machines() map[string]rollout.Shell {
	all := map[string]rollout.Shell{}
	for name, m := range s.fleet.Machines {
		all[name] = m
	}
	return all
}

// folder is what relative upload paths are relative to.
func (s *session) folder() string { return filepath.Dir(s.inv.File) }

// facts turns a snapshot into what a plan is made of.
func facts(snap survey.Snapshot) rollout.Facts {
	f := rollout.Facts{
		Views: snap.Balancers, Versions: map[string]string{},
		Healthy: map[string]bool{}, Unreachable: map[string]string{},
	}
	for _, sv := range snap.Servers {
		if sv.Version != "" {
			f.Versions[sv.Name] = sv.Version
		}
		f.Healthy[sv.Name] = sv.Healthy
		if !sv.Reachable {
			f.Unreachable[sv.Name] = sv.Error
		}
		if sv.Hold != nil {
			f.Holds = append(f.Holds, *sv.Hold)
		}
	}
	return f
}

// secrets reads the variables that the inventory names from the environment.
func (s *session) secrets() ([]inventory.Var, []string, error) {
	var vars []inventory.Var
	var values []string
	for _, name := range s.inv.Deploy.Secrets {
		value, ok := os.LookupEnv(name)
		if !ok {
			return nil, nil, usagef("deploy.secrets: the variable %s is not set here", name)
		}
		vars = append(vars, inventory.Var{Name: name, Value: value})
		values = append(values, value)
	}
	return vars, values, nil
}

// world sorts an error about the world: what the inventory names wrongly is
// wrong usage, everything else a failure.
func world(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*exit](err); ok {
		return err
	}
	if _, ok := errors.AsType[*record.HeldError](err); ok {
		return &exit{status: statusLocked, err: err}
	}
	if errors.Is(err, lb.ErrNotFound) {
		return usage(err)
	}
	return failed(err)
}

// planned sorts an error of making a plan: a floor that cannot be kept now is
// the world's, a wrong name is the user's.
func planned(err error) error {
	if _, ok := errors.AsType[*exit](err); ok {
		return err
	}
	if _, ok := errors.AsType[*rollout.Short](err); ok {
		return failed(err)
	}
	if _, ok := errors.AsType[*rollout.Refused](err); ok {
		return failed(err)
	}
	return usage(err)
}
