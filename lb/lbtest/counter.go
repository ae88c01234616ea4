package lbtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rota/lb"
)

// counts is what a member has counted, and how its application answers.
type counts struct {
	answered, server5, failed int64

	share float64       // of its answers that are errors
	owed  float64       // errors that are due
	slow  time.Duration // until an answer begins
}

// answer counts one answer.
func (c *counts) answer() {
	c.answered++
	if c.owed += c.share; c.owed >= 1-1e-9 { // ten times a tenth is a little less than one
		c.owed--
		c.server5++
	}
}

// Counts implements lb.Counter. The mean time is that of a server as it is now.
func (m *Memory) Counts(ctx context.Context) ([]lb.Count, error) {
	fault, err := m.begin(ctx, Call{Method: "Counts"})
	if err := errors.Join(err, fault.Err); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []lb.Count
	for _, s := range m.members {
		if s.stranger || s.state == lb.Absent {
			continue
		}
		c := lb.Count{
			Server: s.name, Epoch: fmt.Sprint("epoch ", m.epoch),
			Requests: s.answered, Server5: s.server5, Failed: s.failed, Time: -1,
		}
		if s.answered > 0 {
			c.Time = s.slow
		}
		list = append(list, c)
	}
	return list, nil
}

// Fail makes a share of a server's answers errors from now on: of 0.1 every
// tenth has status 500.
func (m *Memory) Fail(server string, share float64) {
	s := m.server(server)
	m.mu.Lock()
	defer m.mu.Unlock()
	s.share, s.owed = share, 0
}

// Slow says how long a server takes until its answers begin.
func (m *Memory) Slow(server string, d time.Duration) {
	s := m.server(server)
	m.mu.Lock()
	defer m.mu.Unlock()
	s.slow = d
}

// Serve sends n requests, which are answered at once, to the members that are
// in rotation and healthy, spread by their weights as round robin does. Those
// that no member can take are lost; it returns how many.
func (m *Memory) Serve(n int) (lost int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for range n {
		var next *member
		sum := 0
		for _, s := range m.members {
			if s.state != lb.In || s.sick || s.weight == 0 {
				continue
			}
			s.turn += s.weight
			sum += s.weight
			if next == nil || s.turn > next.turn {
				next = s
			}
		}
		if next == nil {
			lost++
			continue
		}
		next.turn -= sum
		next.answer()
	}
	return lost
}
