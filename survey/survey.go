// Package survey asks the servers when no run is under way: what they run,
// whether they are healthy, who holds them, and what the balancers say, in one
// snapshot for the screen, `rota status` and the plan. It changes nothing.
//
// Everything is asked side by side and has five seconds; what does not answer
// is shown as such and keeps nobody waiting. Texts of the servers in a snapshot
// are as they came, but for versions: whoever prints them makes them harmless.
package survey

import (
	"time"

	"rota/lb"
	"rota/record"
)

// Snapshot is how everything stood at one time.
type Snapshot struct {
	App         string
	Environment string
	At          time.Time
	Servers     []Server // in the inventory's order
	Balancers   []lb.View
	Versions    []Share // by traffic, the largest first
	Mixed       error   // blue-green: why it is not clear which group is in rotation
	Lock        *record.Held
	Records     error // why the lock, holds or deployed versions could not all be read
}

// Server is one server of a snapshot.
type Server struct {
	Name      string
	Groups    []string
	Balanced  bool
	Version   string    // "" where nobody can tell
	Asked     bool      // false: it has not answered yet, and Reachable, Healthy and Error tell nothing
	Since     time.Time // when it was asked: what it told is of then or later
	Reachable bool
	Healthy   bool
	Error     string   // why it is not reachable or not healthy, or its version cannot be told
	Rotation  lb.State // summed over the balancers that it stands behind; Absent for a server in no balancer
	At        []At     // by balancer that it stands behind, in the inventory's order
	Hold      *record.Hold
	Idle      bool // blue-green: it is out of rotation because the other group is in, as wanted
}

// At is where a server stands at one balancer: Unknown while or where that
// could not be asked.
type At struct {
	Balancer string
	lb.Server
}

// Share is the part of the traffic that one version gets.
type Share struct {
	Version string  // "" for servers of which nobody can tell
	Servers int     // that run it, in rotation or not
	Share   float64 // 0 to 1
}
