package haproxy

import (
	"sync"
	"time"
)

// window is how long a server must have been still to count as drained.
const window = time.Second

// quiet remembers since when servers that were taken out have been still.
type quiet struct {
	mu    sync.Mutex
	pid   int       // of the worker whose counts these are
	asked time.Time // the newest report looked at
	since map[place]stillness
}

// stillness is a server's count of sessions, and since when it has not grown
// and no session was under way.
type stillness struct {
	stot  int64
	start time.Time // zero: it is not still
}

// look takes a report into account.
func (q *quiet) look(r report) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r.asked.Before(q.asked) { // overtaken by a later question
		return
	}
	q.asked = r.asked
	if q.pid != r.process.pid { // another worker counts from zero
		q.pid = r.process.pid
		clear(q.since)
	}
	for _, p := range r.pools {
		for _, row := range p.rows {
			was := q.since[row.place]
			now := stillness{stot: row.stot}
			if row.closed() && row.scur == 0 && row.qcur == 0 {
				now.start = r.told
				if !was.start.IsZero() && was.stot == row.stot {
					now.start = was.start
				}
			}
			q.since[row.place] = now
		}
	}
}

// long tells whether all these servers have been still for a window.
func (q *quiet) long(r report, rows []row) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, row := range rows {
		start := q.since[row.place].start
		if start.IsZero() || r.asked.Sub(start) < window {
			return false
		}
	}
	return true
}
