package lbtest

import (
	"fmt"
	"slices"

	"rota/lb"
)

// What follows is the world around a Memory: its clients, its servers'
// applications, and other people's hands.

// Request opens a request to a server, which must be in rotation (or sticky
// and draining). It is under way until end is called; end returns an error if
// the request was cut, or if the application died under it.
func (m *Memory) Request(server string) (end func() error, err error) {
	s := m.server(server)
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.sick || s.state != lb.In && (s.state != lb.Draining || !s.sticky) {
		return nil, fmt.Errorf("%s takes no request: %+v", server, s.seen(m.Window))
	}
	r := &request{}
	s.requests[r] = true
	return func() error {
		m.mu.Lock()
		defer m.mu.Unlock()
		if r.cut {
			return errCut
		}
		if s.requests[r] {
			s.answer()
			s.end(r)
		}
		return nil
	}, nil
}

// Health makes a server's application die or live. Requests to a dead one are
// cut.
func (m *Memory) Health(server string, healthy bool) {
	s := m.server(server)
	m.mu.Lock()
	defer m.mu.Unlock()
	s.sick = !healthy
	for r := range s.requests {
		if s.sick {
			s.cut(r)
		}
	}
}

// Stick says whether clients come back to a server that drains: it is then
// never drained until it is out.
func (m *Memory) Stick(server string, sticky bool) {
	s := m.server(server)
	m.mu.Lock()
	defer m.mu.Unlock()
	s.sticky = sticky
}

// Put is another's hand: it changes a server's state without a Set. Any state
// is possible.
func (m *Memory) Put(server string, state lb.State) {
	s := m.server(server)
	m.mu.Lock()
	defer m.mu.Unlock()
	s.state = state
}

// Reload is what a restart does: every server is in again with the weight that
// it is configured with, and the counts begin anew.
func (m *Memory) Reload() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.epoch++
	for _, s := range m.members {
		s.state, s.weight = lb.In, s.configured
		s.counts = counts{share: s.share, slow: s.slow}
	}
}

// State returns a server's state without a call that can fail.
func (m *Memory) State(server string) lb.State {
	s := m.server(server)
	m.mu.Lock()
	defer m.mu.Unlock()
	return s.seen(m.Window).State
}

// Log returns the calls so far, in their order, without those that only look.
func (m *Memory) Log() []Call {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.log), func(c Call) bool {
		return slices.Contains([]string{"Servers", "Weights", "Counts"}, c.Method)
	})
}

// server returns a server that the test knows to be there.
func (m *Memory) server(name string) *member {
	found, err := m.find([]string{name})
	if err != nil {
		panic(err)
	}
	return found[0]
}
