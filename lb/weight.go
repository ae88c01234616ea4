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
	// configuration. An error that wraps ErrStatic says that a pool's algorithm
	// takes no weights while it runs.
	Weights(ctx context.Context) ([]Weight, error)

	// Weigh sets weights from 1 to MostWeight, all at once where the balancer can
	// (nginx: one edit, one reload), changes nothing else, and reads them back.
	// Asking twice is asking once. A member that is out stays out. An unknown
	// member is an error that wraps ErrNotFound, and then nothing is changed.
	Weigh(ctx context.Context, want ...Weight) error
}

// ErrStatic is wrapped by errors about pools whose algorithm has fixed weights.
var ErrStatic = errors.New("its algorithm takes no other weights while it runs")

// Count is what became of the requests to one server, over all its pools, since
// the balancer's process began to count. A figure of -1 cannot be told.
type Count struct {
	Server   string        `json:"server"`
	Epoch    string        `json:"epoch"`    // names the process that counts: counts of two epochs cannot be compared
	Requests int64         `json:"requests"` // answered ones (in TCP mode: sessions)
	Server5  int64         `json:"5xx"`      // of those, answered with status 5xx by the server
	Failed   int64         `json:"failed"`   // connections that failed and answers that broke off
	Time     time.Duration `json:"time"`     // mean time to the whole answer, of about the last thousand requests; -1: cannot be told
}

// Counter is a balancer that counts.
type Counter interface {
	// Counts tells of every server of the inventory that the balancer has, in
	// the order of its configuration.
	Counts(ctx context.Context) ([]Count, error)
}
