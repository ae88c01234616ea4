package rollout

import (
	"slices"
	"strings"
)

// Batch is servers that a run takes the same way together.
type Batch struct {
	Servers []string `json:"servers"`
	Verbs   []Verb   `json:"verbs"`            // in this order
	Ladder  *Ladder  `json:"ladder,omitempty"` // by which they come back; nil: at once
	Asks    Asks     `json:"asks,omitempty"`   // what is asked after it, where the policy says so
}

// Verb is one thing that is done with the servers of a batch. All strategies
// are lists of these: there is no other way to go through servers.
type Verb string

// The verbs.
const (
	TakeOut Verb = "out"   // out of every balancer, drained, closed, and watched from then on
	Work    Verb = "work"  // their steps and their own health check
	PutIn   Verb = "in"    // the balancers' fresh checks, then into rotation, and read back
	Climb   Verb = "climb" // up the ladder, watched in rotation
	Soak    Verb = "soak"  // watched in rotation
	Keep    Verb = "keep"  // left out of rotation, as the plan wants them
)

// Asks says which gate follows a batch.
type Asks string

// The gates.
const (
	AsksNext     Asks = "next"     // go on with the next batch?
	AsksSwitch   Asks = "switch"   // move all traffic to the other group?
	AsksSwitched Asks = "switched" // keep it so?
)

// asked reports whether a policy wants the gate after the n-th batch, from 1.
func (a Asks) asked(confirm string, n int) bool {
	switch {
	case a == "" || confirm == "never":
		return false
	case a == AsksSwitch:
		return true
	case confirm == "first":
		return a == AsksNext && n == 1
	}
	return true
}

// Gate reports whether a gate follows the n-th batch, from 1, of the plan that
// the run walks now.
func (s *State) Gate(n int) bool {
	p := s.Current()
	return p.Batches[n-1].Asks.asked(p.Policy.Confirm, n)
}

// Roll is the batch of servers that leave rotation, are worked on and come back.
func Roll(servers ...string) Batch {
	return Batch{Servers: servers, Verbs: []Verb{TakeOut, Work, PutIn, Soak}, Asks: AsksNext}
}

// Has reports whether a verb is done with the batch.
func (b Batch) Has(v Verb) bool { return slices.Contains(b.Verbs, v) }

// Words tells what is done with a batch: its servers and, unless they leave
// rotation and come back as usual, what else.
func (p *Plan) Words(b Batch) string {
	servers := strings.Join(b.Servers, ", ")
	var t *Target
	if len(b.Servers) > 0 {
		t = p.Target(b.Servers[0])
	}
	switch {
	case b.Has(Work) && b.Has(Keep):
		return servers + ", kept out of rotation"
	case b.Has(PutIn) && t != nil && t.Comes:
		return servers + " come in, all at once"
	case b.Has(Keep):
		return servers + " leave, all at once, and stay ready"
	case b.Ladder != nil:
		return servers + ", " + b.Ladder.String()
	}
	return servers
}

// Again reports whether a server of the n-th batch, from 1, was in an earlier one.
func (p *Plan) Again(n int, server string) bool {
	return slices.ContainsFunc(p.Batches[:n-1], func(b Batch) bool { return slices.Contains(b.Servers, server) })
}

// reached reports whether a server in a phase is where the batch leads to.
func (b Batch) reached(p Phase) bool {
	if p == Skipped || p == LeftOut {
		return true
	}
	if b.Has(Keep) {
		return p == Idle
	}
	return p == Serving
}

// Pending lists the servers of the n-th batch, from 1, of the plan that the run
// walks now for which something is left to do there.
func (s *State) Pending(n int) []string {
	p := s.Current()
	return slices.DeleteFunc(slices.Clone(p.Batches[n-1].Servers), func(name string) bool {
		for i, later := range p.Batches[n:] { // the run is further with it
			if s.Batch > n+i && slices.Contains(later.Servers, name) {
				return true
			}
		}
		sv := s.Server(name)
		return sv.Done && p.Batches[n-1].reached(sv.Phase)
	})
}

// NextBatch returns the first batch, from 1, with something left to do, or 0.
func (s *State) NextBatch() int {
	for i := range s.Current().Batches {
		if len(s.Pending(i+1)) > 0 {
			return i + 1
		}
	}
	return 0
}
