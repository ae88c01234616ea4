package proxy

import "time"

// counters are the figures of a server or of the whole pool.
type counters struct {
	now, most int    // requests under way
	total     int64  // requests ever
	classes   [6]int // responses by the first digit of their status; 0 for others
	connect   int    // connections to the server that failed
	response  int    // answers that did not come, or not whole
	clients   int    // clients that went away
	lastUsed  time.Time
	rate      meter
}

// begin counts a request that starts.
func (c *counters) begin(now time.Time) {
	c.now++
	c.most = max(c.most, c.now)
	c.total++
	c.lastUsed = now
	c.rate.add(now)
}

// answer counts a response.
func (c *counters) answer(status int) {
	class := status / 100
	if class < 1 || class > 5 {
		class = 0
	}
	c.classes[class]++
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
