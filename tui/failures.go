package tui

import (
	"fmt"
	"slices"

	"rota/rollout"
)

// failures are the servers that have failed together, and are asked about one
// after the other.
type failures struct {
	servers []string
	asked   int // about how many of them
}

// observe takes an event of the run. A server that is worked on again begins
// another round, as one does that fails when all have been asked about.
func (f *failures) observe(e rollout.Event) {
	failed := slices.Contains(f.servers, e.Server)
	switch phase := rollout.Phase(e.State); {
	case e.Kind == rollout.Asked && e.Question != nil && e.Question.Kind == rollout.AskFailure && failed:
		f.asked = min(f.asked+1, len(f.servers))
	case e.Kind != rollout.Moved:
	case phase == rollout.Failed && f.asked > 0 && f.asked == len(f.servers):
		*f = failures{servers: []string{e.Server}}
	case phase == rollout.Failed && !failed:
		f.servers = append(f.servers, e.Server)
	case failed && phase != rollout.Failed && phase != rollout.Skipped && phase != rollout.Serving:
		*f = failures{}
	}
}

// which tells which of several failures is asked about; "" where it is the only one.
func (f *failures) which() string {
	if len(f.servers) < 2 || f.asked == 0 {
		return ""
	}
	return fmt.Sprintf("failure %d of %d", f.asked, len(f.servers))
}
