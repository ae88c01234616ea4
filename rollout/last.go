package rollout

import "fmt"

// Rolls reports whether a run went through servers by a strategy: drains and
// restores by hand are no such runs.
func Rolls(s State) bool { return s.Plan.Kind != "drain" && s.Plan.Kind != "restore" }

// Changes reports whether a run could have changed what servers run.
func Changes(s State) bool { return Rolls(s) && s.Plan.Kind != "rehearse" }

// NoWayBack tells why a run cannot be taken back, whatever its servers say now
// ("has changed nothing that could be taken back"); "" where it may be.
func (s *State) NoWayBack() string {
	switch {
	case s.Plan.Kind == "roll":
		return fmt.Sprintf("is the job %s, and a job has no way back", s.Plan.Job)
	case len(s.Changed()) == 0 && len(s.LeftBehind()) == 0:
		return "has changed nothing that could be taken back"
	}
	return ""
}
