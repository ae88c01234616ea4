// Package probe asks URLs from here, through the balancers, as long as a run
// lasts, and counts what is lost. It takes the place of a loop around curl in a
// second window.
//
// A route is one URL by way of one address: each that the URL's host has, and
// each balancer that answers for the URL itself. Every route is asked with GET
// at a fixed rate, which a slow answer does not slow, half of the time on a
// connection that is kept and half on one of its own. Nothing is sent twice
// behind the reader's back: what a browser would send again unnoticed, because
// its kept connection was closed at the moment of sending, is sent again here
// too, but counted.
//
// It is one client among many, so what it does not lose others may: it sends no
// POST, speaks HTTP/1.1 alone, follows no redirect, uses no proxy, and asks the
// addresses that were found at the start until the end. And it stands where it
// runs: a network that fails here is counted as if the balancers had.
package probe

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"
)

// Config says what is asked, and how often.
type Config struct {
	URLs    []string   // http or https
	Rate    int        // requests a second on each route, 1 to 1000
	Through []Balancer // each is asked whether it answers the URLs itself

	Timeout  time.Duration // for one request, from connecting to the last byte; 0: 10 s
	InFlight int           // how many may be under way on one route, else the next is lost unsent; 0: 256

	TLS      *tls.Config // whom to trust (RootCAs); nil: as this machine does
	Dialer   Dialer      // nil: this machine
	Resolver Resolver    // nil: this machine's
}

// Balancer is a load balancer that may answer a URL at the URL's own port, when
// it is asked for the URL's host, in TLS too.
type Balancer struct {
	Name string // what the user calls it
	Host string // its name in DNS or its address
}

// Dialer connects to an address, as net.Dialer does. It is used concurrently.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Resolver finds the addresses of a host, as net.Resolver does. It is used
// concurrently.
type Resolver interface {
	LookupHost(ctx context.Context, host string) ([]string, error)
}

// grace is how long the end of a run waits for answers that are under way.
const grace = time.Second

// Probe asks its routes. Its methods may be called concurrently, but Run only
// once at a time.
type Probe struct {
	askers []*asker
	notes  []string
}

// New finds the routes and asks each of them once. A URL that nobody answers,
// or that one of its addresses answers with 5xx or not as it should, is an
// error, since nothing could be told from it later; so is what is wrong with
// the Config. The error's last line says what to do.
//
// New takes as long as the slowest answer does, Timeout at most, and three
// seconds more where a balancer is silent. When ctx ends it returns the cause.
func New(ctx context.Context, c Config) (*Probe, error) {
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.InFlight = cmp.Or(c.InFlight, 256)
	if c.Dialer == nil {
		c.Dialer = &net.Dialer{}
	}
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	if len(c.URLs) == 0 {
		return nil, errors.New("no URL to ask\nname one that the balancers answer")
	}
	if c.Rate < 1 || c.Rate > 1000 {
		return nil, fmt.Errorf("a rate of %d requests a second\nask 1 to 1000 times a second", c.Rate)
	}
	return find(ctx, c)
}

// Notes returns what New has found that the user should know: which balancers
// do not answer a URL themselves, which addresses are left out, where 4xx is
// the usual answer. A note may hold what the other side has sent.
func (p *Probe) Notes() []string { return slices.Clone(p.notes) }

// Counts returns what has become of the requests so far, by route: those of the
// first URL first, and always in the same order.
func (p *Probe) Counts() []Count {
	var all []Count
	for _, a := range p.askers {
		all = append(all, a.count())
	}
	return all
}

// Run asks all routes until ctx ends and tells lost (which may be nil) each
// request that was lost. Then it waits up to a second for the answers that are
// under way; a request whose answer does not come by then is not counted.
//
// It calls lost from one goroutine, its caller's; the request is in Counts by
// then. A slow call delays the next one and Run's return, not the requests.
func (p *Probe) Run(ctx context.Context, lost func(Lost)) {
	found := queue{news: make(chan struct{}, 1)}
	var asking sync.WaitGroup
	for i, a := range p.askers {
		// The routes take turns, so that they do not all ask in the same moment.
		turn := a.interval * time.Duration(i) / time.Duration(len(p.askers))
		asking.Go(func() { a.run(ctx, turn, found.add) })
	}
	ended := make(chan struct{})
	go func() {
		asking.Wait()
		close(ended)
	}()
	tell := func() {
		for _, l := range found.take() {
			if lost != nil {
				lost(l)
			}
		}
	}
	for {
		select {
		case <-found.news:
			tell()
		case <-ended:
			tell()
			return
		}
	}
}

// queue holds lost requests until they are told.
type queue struct {
	mu   sync.Mutex
	lost []Lost
	news chan struct{} // holds one element when something was added
}

func (q *queue) add(l Lost) {
	q.mu.Lock()
	q.lost = append(q.lost, l)
	q.mu.Unlock()
	select {
	case q.news <- struct{}{}:
	default:
	}
}

func (q *queue) take() []Lost {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.lost
	q.lost = nil
	return all
}
