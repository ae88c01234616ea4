package survey

import (
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"rota/inventory"
	"rota/lb"
	"rota/record"
)

// patience is how long everything that is asked has for its answer.
const patience = 5 * time.Second

// Host is the machine of a server. Its methods end when their context does.
type Host interface {
	// Run gives script to sh on the host and copies what it prints to out. An
	// error with a method ExitStatus() int is the command's own failure.
	Run(ctx context.Context, script, sudo string, out io.Writer) error

	// DialContext connects from the host to an address that it can reach.
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Store tells what is kept on the balancers' hosts. Values are good as far as
// they go even where there is an error too.
type Store interface {
	Holder(ctx context.Context) (*record.Held, error)
	Holds(ctx context.Context) ([]record.Hold, error)
	Versions(ctx context.Context) (map[string]string, error)
}

// Site is what is looked at. Its fields are not changed while it is in use; its
// methods may be called concurrently.
type Site struct {
	Inventory *inventory.Inventory
	Balancers []lb.Named       // in the inventory's order; some may be left out
	Hosts     map[string]Host  // by server
	Store     Store            // nil: nothing is kept
	Env       []inventory.Var  // more variables for the commands, such as secrets
	Now       func() time.Time // nil: time.Now
}

// Look asks everything and returns when all have answered or had their time.
func (s *Site) Look(ctx context.Context) Snapshot {
	found := s.nothing()
	var mu sync.Mutex
	s.ask(ctx, func(learn func(*findings)) {
		mu.Lock()
		defer mu.Unlock()
		learn(found)
	})
	return s.snapshot(found)
}

// Watch looks again and again until ctx ends, with a pause of every between
// two looks, and calls see, from its caller's goroutine, after each. At the
// first look it calls see at once, when nothing is known yet, and then as
// answers arrive.
func (s *Site) Watch(ctx context.Context, every time.Duration, see func(Snapshot)) {
	found := s.nothing()
	see(s.snapshot(found))
	for first := true; ; first = false {
		s.follow(ctx, found, func() {
			if first {
				see(s.snapshot(found))
			}
		})
		if ctx.Err() != nil {
			return
		}
		if !first {
			see(s.snapshot(found))
		}
		pause := time.NewTimer(every)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return
		}
	}
}

// follow asks everything once and calls news after some answers have arrived,
// the last ones included.
func (s *Site) follow(ctx context.Context, found *findings, news func()) {
	answers := make(chan func(*findings), s.questions()) // nobody waits to give one
	var asking sync.WaitGroup
	asking.Go(func() {
		s.ask(ctx, func(learn func(*findings)) { answers <- learn })
		close(answers)
	})
	defer asking.Wait()
	for learn := range answers {
		learn(found)
		for range len(answers) {
			if more, ok := <-answers; ok {
				more(found)
			}
		}
		if ctx.Err() == nil { // else the answers tell only that they were cut short
			news()
		}
	}
}

// findings is what is known so far.
type findings struct {
	views    []*lb.View // by balancer; nil: not asked yet
	servers  []finding
	lock     *record.Held
	holds    []record.Hold
	deployed map[string]string
	records  [3]error // of the three above
}

// finding is what one server has told.
type finding struct {
	asked, reachable, healthy bool
	since                     time.Time // when it was asked
	version, fault            string
}

func (s *Site) nothing() *findings {
	return &findings{
		views:   make([]*lb.View, len(s.Balancers)),
		servers: make([]finding, len(s.Inventory.Servers)),
	}
}

// questions is how often ask calls put.
func (s *Site) questions() int { return len(s.Balancers) + len(s.Inventory.Servers) + 3 }

// ask asks everything side by side and gives every answer to put, which may be
// called from many goroutines at once. It returns when all have answered.
func (s *Site) ask(ctx context.Context, put func(func(*findings))) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var all sync.WaitGroup
	for i := range s.Balancers {
		all.Go(func() {
			view := lb.Look(ctx, s.Balancers[i:i+1]).Balancers[0]
			put(func(f *findings) { f.views[i] = &view })
		})
	}
	for i, server := range s.Inventory.Servers {
		all.Go(func() {
			since := s.now()
			answer := s.server(ctx, server)
			answer.since = since
			put(func(f *findings) { f.servers[i] = answer })
		})
	}
	if s.Store != nil {
		all.Go(func() {
			lock, err := s.Store.Holder(ctx)
			put(func(f *findings) { f.lock, f.records[0] = lock, err })
		})
		all.Go(func() {
			holds, err := s.Store.Holds(ctx)
			put(func(f *findings) { f.holds, f.records[1] = holds, err })
		})
		all.Go(func() {
			deployed, err := s.Store.Versions(ctx)
			put(func(f *findings) { f.deployed, f.records[2] = deployed, err })
		})
	}
	all.Wait()
}

// behind reports whether a server stands behind a balancer.
func (s *Site) behind(server, balancer string) bool {
	return slices.ContainsFunc(s.Inventory.Balancers, func(b inventory.Balancer) bool {
		return b.Name == balancer && slices.Contains(b.Servers, server)
	})
}
