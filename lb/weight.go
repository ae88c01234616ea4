package lb

import (
	"context"
	"errors"
	"time"
)

// MostWeight is the greatest weight that every kind of balancer takes.
const MostWeight = 256

// Weight is how much of the traffic of a pool one of its members gets, beside
// the weights of the others.
type Weight struct {
	Pool   string `json:"pool"`
	Name   string `json:"name"`             // as the pool has it: HAProxy's name, nginx's address
	Server string `json:"server,omitempty"` // the inventory's name; "" for a member that it does not name
	Weight int    `json:"weight"`           // as it is set; a slow start may still be below it
}

// Weigher is a balancer whose weights can be changed while it runs.
type Weigher interface {
	// Weights tells the weights of all members of the pools that hold servers of
	// the inventory, of those too that it does not name, in the order of the
	// configuration. A weight of 0 is somebody's way of draining. An error that
	// wraps ErrStatic says that a pool's algorithm takes no weights while it
	// runs; where the balancer does not tell that beforehand, Weigh does.
	Weights(ctx context.Context) ([]Weight, error)

	// Weigh sets weights, all at once where the balancer can (nginx: one edit,
	// one reload), changes nothing else, and reads them back. Asking twice is
	// asking once. Up to MostWeight every weight is taken; 0 leaves the member
	// as it is, so that whatever Weights told can be asked for again. Server is
	// not looked at. A member that is out stays out. An unknown member is an
	// error that wraps ErrNotFound, a pool of fixed weights one that wraps
	// ErrStatic, and then nothing is changed.
	Weigh(ctx context.Context, want ...Weight) error
}

// WeighPreviewer tells how it asks for weights.
type WeighPreviewer interface {
	// PreviewWeigh returns the exact lines by which Weigh asks for these weights
	// of members that have others, and touches nothing.
	PreviewWeigh(want ...Weight) []string
}

// ErrStatic is wrapped by errors about pools whose algorithm has fixed weights.
var ErrStatic = errors.New("its algorithm takes no other weights while it runs")

// Count is what became of the requests to one server, over all its pools, since
// the balancer's process began to count. No request is in both Requests and
// Failed. A figure of -1 cannot be told.
type Count struct {
	Server   string        `json:"server"`
	Epoch    string        `json:"epoch"`    // names the process that counts: counts of two epochs cannot be compared
	Requests int64         `json:"requests"` // answered ones (in TCP mode: sessions)
	Server5  int64         `json:"5xx"`      // of those, answered with status 5xx by the server
	Failed   int64         `json:"failed"`   // connections that failed, and answers that did not come or broke off
	Time     time.Duration `json:"time"`     // mean time until the answer begins, of about the last 500 requests, older ones fading out; -1: cannot be told
}

// Counter is a balancer that counts.
type Counter interface {
	// Counts tells of every server of the inventory that the balancer has, in
	// the order of its configuration.
	Counts(ctx context.Context) ([]Count, error)
}
