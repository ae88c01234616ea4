package rollout

import (
	"time"

	"rota/lb"
)

// State is what the events of a run add up to.
type State struct {
	Run      string
	Operator string
	Plan     Plan
	Begun    time.Time
	Last     time.Time // of the newest event
	Ended    bool
	Outcome  Outcome
	Summary  *Summary
	Servers  []ServerState // in the order of the plan
	Batch    int           // the batch in work, from 1; 0 before the first
	Back     bool          // the run takes its changes back
	Question *Question     // open now, or nil
	Seq      int
	steps    map[StepID]StepState
}

// ServerState is where one server stands in a run.
type ServerState struct {
	Name      string
	Phase     Phase
	Since     time.Time // of the phase
	Batch     int
	Version   string // what it is known to run
	Step      StepID // the step that runs, or the one that failed
	Doing     string // that step in words
	Attempt   int
	Error     string
	StepsDone int // of its steps, ended well
	Steps     int
	Touched   bool          // a step of its own has begun: it is no more what it was
	Observed  []Observation // what each balancer says, in the order of the plan
}

// Observation is what one balancer said of a server, and when.
type Observation struct {
	Balancer string
	State    lb.State
	Sample   Sample
	At       time.Time
}

// StepState is where one step stands.
type StepState struct {
	Attempt int
	Begun   time.Time
	Ended   bool
	Unknown bool   // ended, but its outcome is not known
	Error   string // of the last attempt
}

// Step returns where a step stands, and whether it was ever begun.
func (s *State) Step(id StepID) (StepState, bool) {
	st, ok := s.steps[id]
	return st, ok
}

// Server returns the state of a server, or nil. It points into s.
func (s *State) Server(name string) *ServerState {
	for i := range s.Servers {
		if s.Servers[i].Name == name {
			return &s.Servers[i]
		}
	}
	return nil
}
