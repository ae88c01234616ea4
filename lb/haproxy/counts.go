package haproxy

import (
	"context"
	"strconv"
	"time"

	"rota/lb"
)

// Counts implements lb.Counter. What HAProxy answered in a server's stead, 502
// to 504, is no answer of the server: it is counted as failed alone. A connection
// that failed and was tried again with success, there or at another server, is
// not counted, nor is an answer that was cut by a timeout. Where an answer
// with status 5xx breaks off, it is in both figures.
func (b *Balancer) Counts(ctx context.Context) ([]lb.Count, error) {
	r, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	var counts []lb.Count
	for _, name := range b.order(r) {
		if rows := b.rows(r, name); len(rows) > 0 {
			counts = append(counts, count(name, r.process.epoch(), rows))
		}
	}
	return counts, nil
}

// epoch names the worker. A pid alone can come again, in a container even at
// every start.
func (p process) epoch() string {
	epoch := strconv.Itoa(p.pid)
	if p.start != "" {
		epoch += "@" + p.start
	}
	return epoch
}

// tally is what HAProxy counted of one server in one backend.
type tally struct {
	requests, server5, failed int64
	rtime                     time.Duration // mean; -1 where it means nothing
}

// newTally reads a row of `show stat`. As measured with HAProxy 2.6, the classes
// of status count what the server began to answer; eresp counts answers that did
// not come, and those that broke off, which srv_abrt counts too; stot counts
// every try of a connection, of which wretr and wredis were followed by another.
func newTally(get func(string) string) tally {
	figure := func(name string) int64 { return max(number[int64](get(name)), 0) }
	t := tally{server5: figure("hrsp_5xx"), failed: figure("econ") + figure("eresp"), rtime: -1}
	if get("hrsp_2xx") == "" { // TCP mode, where no request is told from another
		t.server5 = -1
		t.requests = max(figure("stot")-figure("wretr")-figure("wredis")-t.failed, 0)
		return t
	}
	for _, class := range []string{"hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other"} {
		t.requests += figure(class)
	}
	// Not ttime: that has in it how slowly the client sent and read.
	if mean := number[int64](get("rtime")); mean >= 0 && t.requests > 0 {
		t.rtime = time.Duration(mean) * time.Millisecond
	}
	t.requests = max(t.requests-min(figure("srv_abrt"), figure("eresp")), 0)
	return t
}

// count sums up one server over its backends.
func count(name, epoch string, rows []row) lb.Count {
	c := lb.Count{Server: name, Epoch: epoch, Server5: -1, Time: -1}
	var all, timed int64
	for _, row := range rows {
		t := row.tally
		c.Requests += t.requests
		c.Failed += t.failed
		if t.server5 >= 0 {
			c.Server5 = max(c.Server5, 0) + t.server5
		}
		if t.rtime >= 0 {
			n := min(max(t.requests, 1), samples)
			all += n * int64(t.rtime)
			timed += n
		}
	}
	if timed > 0 {
		c.Time = time.Duration(all / timed)
	}
	return c
}

// samples is of how many requests HAProxy's means are: TIME_STATS_SAMPLES of
// include/haproxy/defaults.h, though its manual says 1024.
const samples = 512
