// Package demo is a miniature data centre in one process: servers with real SSH
// and a real application, a balancer in front of them, and clients that never
// stop asking. Nothing has to be installed for it but /bin/sh, tar and the
// ordinary tools of a unix.
//
// Everything lives in one folder and on loopback ports. A run of rota against
// its inventory does what it would do to real machines, and a mistake costs what
// it would cost: the application starts slowly and dies at once with what it was
// answering, and no client asks twice.
//
// What the demo has started ends with it, also when its process is killed: the
// applications hang on a lifeline, and a keeper ends commands that still run and
// removes the folder. The program must call Main first thing, for both are
// the same program, started anew.
package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Options say what data centre to build.
type Options struct {
	Balancer string // "": the built-in one; "haproxy" or "nginx": the real one, which must be installed
	Strategy string // "" or "rolling", "canary", or "blue-green": then half of the servers are out at first
	Servers  int    // how many; 0 means 6
	Dir      string // the folder, missing or empty; "": a temporary one that Stop removes
}

// Site is a running data centre. Its methods may be called concurrently.
type Site struct {
	dir      string
	strategy string
	front    front
	machines []*machine // the servers; the balancer's host is not among them
	traffic  *traffic
	stop     func()

	ends []func() // what Stop does, in reverse
}

// Versions of the application that there are. The running one is what all
// servers run at first; Next is there to be deployed, Broken never becomes
// healthy.
const (
	Running = "1.0.1"
	Next    = "1.0.2"
	Broken  = "1.1.0-rc1"
)

// Start builds a data centre and returns when every server answers through the
// balancer; that takes less than a second. If it returns an error, nothing is
// left running.
func Start(ctx context.Context, o Options) (*Site, error) {
	s := &Site{}
	s.stop = sync.OnceFunc(func() {
		for len(s.ends) > 0 {
			last := len(s.ends) - 1
			s.ends[last]()
			s.ends = s.ends[:last]
		}
	})
	if err := s.build(ctx, o); err != nil {
		s.Stop()
		return nil, fmt.Errorf("demo: %w", err)
	}
	return s, nil
}

func (s *Site) build(ctx context.Context, o Options) error {
	if o.Servers == 0 {
		o.Servers = 6
	}
	s.strategy = o.Strategy
	if err := s.folder(o.Dir); err != nil {
		return err
	}
	keeper, err := startKeeper(s.dir, o.Dir == "")
	if err != nil {
		return err
	}
	s.ends = append(s.ends, keeper.end)
	life, err := newLifeline(s.path("alive"))
	if err != nil {
		return err
	}
	s.ends = append(s.ends, life.end)
	if err := writeReleases(s.path("dist")); err != nil {
		return err
	}

	user, err := newUser(s.path("id_ed25519"))
	if err != nil {
		return err
	}
	lb, err := s.machine("lb1", user, keeper)
	if err != nil {
		return err
	}
	for i := range o.Servers {
		m, err := s.machine(fmt.Sprintf("web%d", i+1), user, keeper)
		if err != nil {
			return err
		}
		m.idle = o.Strategy == "blue-green" && i >= o.Servers/2
		s.machines = append(s.machines, m)
	}
	if err := s.writeAccess(append([]*machine{lb}, s.machines...)); err != nil {
		return err
	}

	var boot errgroup.Group
	for _, m := range s.machines {
		boot.Go(func() error { return m.boot(ctx, s.path("dist"), life.path) })
	}
	if err := boot.Wait(); err != nil {
		return err
	}
	if s.front, err = s.startFront(ctx, o.Balancer, lb, keeper); err != nil {
		return err
	}
	if err := s.writeInventory(); err != nil {
		return err
	}
	s.traffic = startTraffic(context.WithoutCancel(ctx), s.front.address, s.front.reloads)
	s.ends = append(s.ends, s.traffic.end)
	return nil
}

// folder makes the site's folder.
func (s *Site) folder(dir string) (err error) {
	if dir == "" {
		s.dir, err = os.MkdirTemp("", "rota-demo-")
	} else {
		s.dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return err
	}
	if strings.ContainsAny(s.dir, " \t\"'\\%$#") {
		return fmt.Errorf("folder: %q: choose one without blanks, quotes and $%%#\\ in its path: ssh_config cannot name it plainly", s.dir)
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("folder: %s: it is not empty", s.dir)
	}
	return os.MkdirAll(s.path("record"), 0o700)
}

func (s *Site) path(name string) string { return filepath.Join(s.dir, name) }

// Inventory returns the path of the inventory of this data centre.
func (s *Site) Inventory() string { return s.path("inventory.yaml") }

// URL returns where the application answers through the balancer.
func (s *Site) URL() string { return "http://" + s.front.address + "/" }

// Traffic returns what the clients have seen up to now.
func (s *Site) Traffic() Traffic { return s.traffic.now() }

// Stop ends all that the demo started, and waits until it is gone. Twice is once.
func (s *Site) Stop() { s.stop() }
