package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"sync"
	"time"
)

// Route is one URL by way of one address. Two can be compared.
type Route struct {
	URL      string // without a password
	Address  string // "192.0.2.1:443"
	Balancer string // whose address it is: "lb1", "lb1 or lb2" for two on one host, "" when it is not known
}

// String tells the route: "https://shop.example.com/ping through lb1 (192.0.2.1:443)".
func (r Route) String() string {
	if r.Balancer == "" {
		return fmt.Sprintf("%s through %s", r.URL, r.Address)
	}
	return fmt.Sprintf("%s through %s (%s)", r.URL, r.Balancer, r.Address)
}

// asker asks one route and counts.
type asker struct {
	route    Route
	bad      int // an answer with this status or a greater one is lost
	interval time.Duration
	timeout  time.Duration // for one request

	dialer Dialer
	secure *tls.Config // nil: plain HTTP

	once, more []byte     // the request as it is sent, for a fresh connection and for one that is kept
	idle       chan *conn // kept connections, used in turn; there are never more than requests under way
	slots      chan struct{}

	tally
}

// run asks from its turn on until ctx ends, and then waits for what is under
// way.
func (a *asker) run(ctx context.Context, turn time.Duration, lost func(Lost)) {
	asking, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var under sync.WaitGroup
	kept := false
	a.tick(ctx, turn, func() {
		kept = !kept
		request := Lost{At: time.Now(), Route: a.route, Kept: kept}
		select {
		case a.slots <- struct{}{}:
			under.Go(func() {
				a.one(asking, request, lost)
				<-a.slots
			})
		default:
			request.Reason = fmt.Sprintf("not sent: %d requests are under way", cap(a.slots))
			a.missed(false)
			lost(request)
		}
	})
	limit := time.AfterFunc(grace, cut)
	defer limit.Stop()
	under.Wait()
	for len(a.idle) > 0 {
		(<-a.idle).close()
	}
}

// tick calls do at its turn and then every interval, until ctx ends.
func (a *asker) tick(ctx context.Context, turn time.Duration, do func()) {
	first := time.NewTimer(turn)
	defer first.Stop()
	select {
	case <-first.C:
	case <-ctx.Done():
		return
	}
	ticks := time.NewTicker(a.interval)
	defer ticks.Stop()
	for ctx.Err() == nil {
		do()
		select {
		case <-ticks.C:
		case <-ctx.Done():
		}
	}
}

// one sends one request and counts what becomes of it.
func (a *asker) one(ctx context.Context, request Lost, lost func(Lost)) {
	status, resent, err := a.ask(ctx, request.Kept)
	if err != nil && ctx.Err() != nil { // it failed by our own end
		return
	}
	switch {
	case err != nil:
		request.Reason = err.Error()
	case status >= a.bad:
		request.Reason = answered(status)
	default:
		a.answered(time.Since(request.At), resent)
		return
	}
	if resent {
		request.Reason = "sent again, for its kept connection had been closed: " + request.Reason
	}
	a.missed(resent)
	lost(request)
}

// ask sends one request, on a connection that is kept if there is one that is
// still open, and reports whether it had to be sent again.
func (a *asker) ask(ctx context.Context, kept bool) (status int, resent bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	if kept {
		if c := a.open(); c != nil {
			status, err = a.send(ctx, c, kept)
			if ctx.Err() != nil || !lacks(err, noAnswer) {
				return status, false, inTime(ctx, err, a.timeout)
			}
			resent = true
		}
	}
	c, err := dial(ctx, a.dialer, a.route.Address, a.secure)
	if err == nil {
		status, err = a.send(ctx, c, kept)
	}
	return status, resent, inTime(ctx, err, a.timeout)
}

// open returns a kept connection on which nothing has come while it was idle,
// or nil.
func (a *asker) open() *conn {
	for {
		select {
		case c := <-a.idle:
			if c.quiet() {
				return c
			}
			c.close()
		default:
			return nil
		}
	}
}

// send sends one request over c, which it then keeps or closes.
func (a *asker) send(ctx context.Context, c *conn, keep bool) (int, error) {
	request := a.once
	if keep {
		request = a.more
	}
	status, again, err := c.ask(ctx, request)
	if keep && again {
		a.idle <- c
	} else {
		c.close()
	}
	return status, err
}

// count returns the figures of now.
func (a *asker) count() Count {
	c := a.tally.count()
	c.Route = a.route
	return c
}
