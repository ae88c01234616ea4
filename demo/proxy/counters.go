package proxy

import "time"

// counters are the figures of a server or of the whole pool.
type counters struct {
	now, most int    // requests under way
	total     int64  // requests ever
	classes   [6]int // responses by the first digit of their status; 0 for others
	connect   int    // connections to the server that failed
	response  int    // answers that did not come, or not whole
	broken    int    // of those, begun and broken off by the server
	clients   int    // clients that went away
	lastUsed  time.Time
	rate      meter
	begun     mean // how long answers took to begin
	ended     mean // and requests to end
}

// begin counts a request that starts.
func (c *counters) begin(now time.Time) {
	c.now++
	c.most = max(c.most, c.now)
	c.total++
	c.lastUsed = now
	c.rate.add(now)
}

// answer counts a response that begins.
func (c *counters) answer(status int, took time.Duration) {
	c.begun.add(took)
	class := status / 100
	if class < 1 || class > 5 {
		class = 0
	}
	c.classes[class]++
}

// samples is of how many requests a mean is, as in HAProxy (TIME_STATS_SAMPLES).
const samples = 512

// mean is of the first times as they are, and then one that older times fade
// out of, as HAProxy's is (swrate_add_dynamic).
type mean struct {
	sum time.Duration
	n   int
}

func (m *mean) add(d time.Duration) {
	if m.n < samples {
		m.n++
	} else {
		m.sum -= m.sum / samples
	}
	m.sum += d
}

// milliseconds rounds up, as HAProxy does.
func (m *mean) milliseconds() int64 {
	if m.n == 0 {
		return 0
	}
	return int64((m.sum/time.Duration(m.n) + time.Millisecond - 1) / time.Millisecond)
}

// meter tells how many events there were in the last second, as HAProxy does:
// those of this second, and of the last one as much as is still within reach.
type meter struct {
	second     int64
	this, last int
	most       int
}

func (m *meter) add(now time.Time) {
	m.turn(now)
	m.this++
	m.most = max(m.most, m.rate(now))
}

func (m *meter) rate(now time.Time) int {
	m.turn(now)
	left := time.Second - time.Duration(now.Nanosecond())
	return m.this + int(int64(m.last)*int64(left)/int64(time.Second))
}

func (m *meter) turn(now time.Time) {
	switch now.Unix() - m.second {
	case 0:
		return
	case 1:
		m.last = m.this
	default:
		m.last = 0
	}
	m.this, m.second = 0, now.Unix()
}
