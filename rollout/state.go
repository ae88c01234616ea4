package rollout

import (
	"maps"
	"slices"
	"strings"
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
	Reverse  *Plan         // the way back, once the run takes its changes back; else nil
	Question *Question     // open now, or nil
	Again    time.Time     // when a question that was put off is asked again; zero: none was
	Compared *Comparison   // the last one, or nil
	Probe    *Probe        // what the probe has sent and lost, where there is one
	Lost     []Lost        // the last few of the lost requests
	Seq      int
	steps    map[StepID]StepState
	timing   timing

	Weighings []Weighing // weights that the run has changed and not put back
	decided   int        // how many requests were lost when somebody last decided about them
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
	Rung      int // of the ladder that it climbs, from 1; else 0
	RungSince time.Time
	Done      bool          // nothing more to do for it in the current plan
	GoesBack  bool          // a person sent this one server back to its earlier version
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
	Boot    string // that the host had when the step was first to reboot it, until that is done

	ends   time.Time  // when it ended
	words  string     // what it does
	about  []string   // the servers it is about
	before *StepState // as it was before this attempt; nil: never begun
}

// Current is the plan that the run walks now: the way back, once it is on it.
func (s *State) Current() *Plan {
	if s.Reverse != nil {
		return s.Reverse
	}
	return &s.Plan
}

// GoingBack reports whether the run takes servers back to an earlier version.
func (s *State) GoingBack() bool { return s.Reverse != nil || s.Plan.Kind == "rollback" }

// MayGoBack reports whether the run could turn round from where it is: a job has
// no way back, and a rehearsal nothing to take back.
func (s *State) MayGoBack() bool {
	return !s.GoingBack() && s.Plan.Kind != "roll" && s.Plan.Kind != "rehearse"
}

// Target returns the target of a server in the plan that the run walks now; of
// one that stays as it is meanwhile, in the run's first plan; or nil.
func (s *State) Target(server string) *Target {
	if t := s.Current().Target(server); t != nil {
		return t
	}
	return s.Plan.Target(server)
}

// Actions lists what is to be done on a server: its steps, or its way back.
func (s *State) Actions(server string) []Action {
	t := s.Current().Target(server)
	switch sv := s.Server(server); {
	case t == nil || sv == nil:
		return nil
	case sv.GoesBack:
		return t.Back
	}
	return t.Steps
}

// Wanted is the version that a server shall run after its actions.
func (s *State) Wanted(server string) string {
	t := s.Current().Target(server)
	switch sv := s.Server(server); {
	case t == nil:
		return ""
	case sv != nil && sv.GoesBack:
		return t.From
	}
	return t.To
}

// Untouched reports whether a server that was taken out may go back as it is:
// it was in rotation, and no step of the way that the run goes has begun on it.
func (s *State) Untouched(server string) bool {
	sv, t := s.Server(server), s.Current().Target(server)
	switch {
	case sv == nil || t == nil || t.Out:
		return false
	case sv.Phase == Draining || sv.Phase == Out:
		return !slices.ContainsFunc(s.Actions(server), func(a Action) bool { _, begun := s.Step(a.ID); return begun })
	case sv.Phase == Held || sv.Phase == Deploying:
		return !sv.Touched
	case sv.Phase == Failed: // before its first step, and not by its check
		return !sv.Touched && !strings.HasSuffix(string(sv.Step), "/health")
	}
	return false
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

// Clone returns a copy that shares nothing that Apply changes.
func (s *State) Clone() State {
	c := *s
	c.Servers = slices.Clone(s.Servers)
	for i := range c.Servers {
		c.Servers[i].Observed = slices.Clone(s.Servers[i].Observed)
	}
	c.steps = maps.Clone(s.steps)
	return c
}
