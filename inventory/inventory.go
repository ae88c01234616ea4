// Package inventory holds what the user wrote: the servers of one application,
// the load balancers in front of them, and how it is deployed.
//
// Load reads one YAML file and checks all of it, so that a value of this
// package can be relied on. It resolves no name and touches no machine. Every
// problem is found at once and knows its place in the file.
package inventory

import "time"

// Inventory is one application. It is not changed after Load.
type Inventory struct {
	File        string // as it was named to Load
	App         string
	Environment string
	Protected   bool
	SSH         SSH
	Servers     []Server // in the order of the file, brace ranges expanded: the rollout order
	Balancers   []Balancer
	Deploy      Deploy
	Jobs        []Job
	Health      Health
	Probe       *Probe
	Rollout     Rollout
	Hooks       Hooks
	Lock        string // the lock's name: as given, else App, with "-"+Environment where there is one
	Record      string // "" for the default place

	unsupported []Problem
}

// SSH is what the hosts below have in common.
type SSH struct {
	User           string
	Config         string // path of an ssh_config file; "" for the user's own; ~ is not expanded yet
	ConnectTimeout time.Duration
	SudoPassword   string // "never", "ask" or "env:NAME"
}

// Var is one environment variable or header, in the order of the file.
type Var struct{ Name, Value string }

// Server is one server of the application.
type Server struct {
	Name     string
	SSH      string // [user@]host[:port] or a Host alias
	Address  string // host:port, how the balancers reach it; "" where it is in no balancer
	Groups   []string
	Env      []Var
	Pools    []PoolName
	Balanced bool
	Pos      Position
}

// PoolName is another name or address that a server has in one pool.
type PoolName struct{ Pool, Name, Address string }

// Member returns the name and the address that the server has in a pool.
func (s Server) Member(pool string) (name, address string) {
	name, address = s.Name, s.Address
	for _, p := range s.Pools {
		if p.Pool != pool {
			continue
		}
		if p.Name != "" {
			name = p.Name
		}
		if p.Address != "" {
			address = p.Address
		}
	}
	return name, address
}

// Balancer is one load balancer: exactly one of HAProxy, Nginx and Exec is set.
type Balancer struct {
	Name    string
	SSH     string // "": none (exec here, or HAProxy over TCP from here)
	HAProxy *HAProxy
	Nginx   *Nginx
	Exec    *Exec
	Sudo    string   // "": no; else the user to become, "root" for true
	Servers []string // the names of the servers behind it, in the inventory's order
	Before  string
	After   string
	Pos     Position
}

// HAProxy is reached by its runtime API.
type HAProxy struct {
	Socket   string // an absolute path, or tcp://host:port
	Backends []string
}

// Nginx is changed by an edit of its files and a reload.
type Nginx struct {
	Config    string
	Upstreams []string
	Test      string
	Reload    string
	PID       string
	Drained   string // "workers" or "connections"
}

// Exec is any other balancer, driven by commands.
type Exec struct{ State, Out, In string }

// Deploy is how a version gets onto a server.
type Deploy struct {
	Prepare  []Step
	Steps    []Step
	Finish   []Step
	Rollback []Step // nil: not given, then Steps without the once-steps
	Version  VersionCheck
	Versions string
	Env      []Var
	Secrets  []string // names of variables in the operator's environment
}

// VersionCheck asks a server what it runs. The zero value is none.
type VersionCheck struct {
	Run  string
	HTTP string // a URL, names unexpanded
}

// Given reports whether the inventory says how to ask.
func (v VersionCheck) Given() bool { return v.Run != "" || v.HTTP != "" }

// Step is one command, upload or reboot: exactly one of Run, Upload and Reboot is set.
type Step struct {
	Run     string
	Upload  string // path relative to the inventory file, names unexpanded
	To      string
	Reboot  time.Duration
	Timeout time.Duration // 0: none
	Sudo    string        // "": no; else the user to become
	Retry   int           // further tries
	Only    []string      // servers and groups; empty: all
	Once    bool
	On      string // once: the server to run on; "": the first that has the step
	Pos     Position
}

// Job is other work done by the same way.
type Job struct {
	Name  string
	Steps []Step
	Pos   Position
}

// Health is how a server shows that it works; exactly one of None, HTTP, TCP and Run is set.
type Health struct {
	None     bool
	HTTP     string // names unexpanded
	TCP      string
	Run      string
	Expect   []StatusRange
	Headers  []Var
	Body     string // must be contained; "" for any
	Insecure bool
	Interval time.Duration
	Passes   int
	Timeout  time.Duration
}

// StatusRange is a range of HTTP statuses, both ends included.
type StatusRange struct{ From, To int }

// Probe asks from here, through the balancers, as long as a run lasts.
type Probe struct {
	URLs    []string
	Rate    int
	MaxLost int
	Pos     Position
}

// Rollout is how a run goes through the servers.
type Rollout struct {
	Strategy       string // "rolling", "blue-green" or "canary"
	BlueGreen      []string
	Batches        []Size
	Confirm        string // "never", "first", "batch" or "server"
	MinInRotation  *Size  // nil: all but the largest batch, never under 1
	MaxFailures    int
	DrainTimeout   time.Duration
	OnDrainTimeout string // "ask", "continue", "fail", "move" or "cut"
	Soak           time.Duration
	OnFailure      string // "ask", "pause", "rollback" or "abort"
	MaxErrors      *MaxErrors
	Canary         *Climb
	Warm           *Climb
}

// MaxErrors is how many more errors the new version may make than the old one.
type MaxErrors struct {
	OverOld     Size
	MinRequests int
}

// Climb is a ladder of weights, each held for a while.
type Climb struct {
	Weights []Size
	Hold    time.Duration
}

// Hooks are commands that run here.
type Hooks struct{ Before, AfterBatch, After, OnFailure string }

// Unsupported returns the keys of the file that this version of rota checks
// but does not carry out yet, each with its place.
func (inv *Inventory) Unsupported() []Problem { return inv.unsupported }
