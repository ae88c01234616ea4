package rollout

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Plan is what a run will do, as data: `rota plan` prints it, the engine walks
// it, the journal keeps it. It holds no clock and no map, so that two plans
// can be compared.
type Plan struct {
	Kind        string     `json:"kind"` // "deploy", "rollback", "switch", "roll", "rehearse", "drain" or "restore"
	App         string     `json:"app"`
	Environment string     `json:"environment,omitempty"`
	Protected   bool       `json:"protected,omitempty"`
	Version     string     `json:"version,omitempty"`
	Job         string     `json:"job,omitempty"` // of a roll
	Strategy    string     `json:"strategy"`
	Targets     []Target   `json:"targets"` // in rollout order
	Batches     []Batch    `json:"batches"` // are gone through in this order
	Prepare     []Action   `json:"prepare,omitempty"`
	Finish      []Action   `json:"finish,omitempty"`
	Health      string     `json:"health"`          // in words
	Probe       string     `json:"probe,omitempty"` // in words
	Floors      []Floor    `json:"floors,omitempty"`
	Skipped     []Where    `json:"skipped,omitempty"` // servers that the run leaves alone, and why
	Policy      Policy     `json:"policy"`
	Hooks       Hooks      `json:"hooks,omitzero"`
	Around      []Around   `json:"around,omitempty"`    // in the inventory's order
	Live        string     `json:"live,omitempty"`      // blue-green: the group that was in rotation when the plan was made
	Idle        string     `json:"idle,omitempty"`      // and the other one
	Source      string     `json:"source,omitempty"`    // a rollback: the run that it takes back
	Without     []string   `json:"without,omitempty"`   // balancers left out by --without-balancer
	Beside      []Runs     `json:"beside,omitempty"`    // what the servers run that are not targets, where new and old are compared
	Weighings   []Weighing `json:"weighings,omitempty"` // weights that an earlier run has not put back
}

// Target is one server of a plan.
type Target struct {
	Server    string   `json:"server"`
	Host      string   `json:"host"` // servers of one host are worked on one after the other
	Group     string   `json:"group,omitempty"`
	Batch     int      `json:"batch"`          // from 1
	From      string   `json:"from,omitempty"` // what it runs now; "" where nobody can tell
	To        string   `json:"to,omitempty"`
	Balancers []string `json:"balancers,omitempty"` // it is taken out of these and put back
	LeftOut   []string `json:"left_out,omitempty"`  // it was found out in these and stays so
	Out       bool     `json:"out,omitempty"`       // it was out when the plan was made: it comes back proved or not at all
	Comes     bool     `json:"comes,omitempty"`     // blue-green: it comes into rotation in the place of those that leave
	Leaves    bool     `json:"leaves,omitempty"`    // blue-green: it is taken out, and stays ready and as it is
	Held      string   `json:"held,omitempty"`      // why it is held; it then stays out everywhere
	Steps     []Action `json:"steps"`
	Back      []Action `json:"back,omitempty"`        // the steps that bring the earlier version
	NoWayBack string   `json:"no_way_back,omitempty"` // why there is none
}

// Action is one command, upload or reboot of a plan.
type Action struct {
	ID      StepID        `json:"id"`
	Server  string        `json:"server"`
	Run     string        `json:"run,omitempty"`
	Upload  string        `json:"upload,omitempty"` // a local path, names expanded
	To      string        `json:"to,omitempty"`     // names expanded
	Reboot  time.Duration `json:"reboot,omitempty"` // how long the host may take to come back
	Sudo    string        `json:"sudo,omitempty"`
	Timeout time.Duration `json:"timeout,omitempty"`
	Retry   int           `json:"retry,omitempty"`
	Once    bool          `json:"once,omitempty"`
}

// Words tells the action in a few words: the command, the upload, or the reboot.
func (a Action) Words() string {
	switch {
	case a.Upload != "":
		return "upload " + a.Upload + " to " + a.To
	case a.Reboot > 0:
		return "reboot"
	}
	return a.Run
}

// Floor is how few servers may stay in rotation in one pool of one balancer.
type Floor struct {
	Balancer string `json:"balancer"`
	Pool     string `json:"pool"`
	Meant    int    `json:"meant"` // servers meant to be in rotation there
	Least    int    `json:"least"`
}

// Policy is how a run decides where nobody is asked, and how long it waits.
type Policy struct {
	Confirm        string        `json:"confirm"`
	MaxFailures    int           `json:"max_failures"`
	DrainTimeout   time.Duration `json:"drain_timeout"`
	OnDrainTimeout string        `json:"on_drain_timeout"`
	Soak           time.Duration `json:"soak"`
	OnFailure      string        `json:"on_failure"`
	MaxErrors      *MaxErrors    `json:"max_errors,omitempty"`
	Warm           *Ladder       `json:"warm,omitempty"` // by which servers come back, but for the first of a canary
}

// Title tells in few words what a plan is: "deploy 1.4.2", "roll patch".
func (p *Plan) Title() string {
	return strings.TrimSpace(p.Kind + " " + cmp.Or(p.Job, p.Version))
}

// Target returns the target of a server, or nil.
func (p *Plan) Target(server string) *Target {
	for i := range p.Targets {
		if p.Targets[i].Server == server {
			return &p.Targets[i]
		}
	}
	return nil
}

// Everywhere lists all balancers that the server stands behind: those that it
// goes back into, then those that it is left out of.
func (t Target) Everywhere() []string {
	return append(slices.Clone(t.Balancers), t.LeftOut...)
}

// Digest is the same for two plans that would do the same.
func (p Plan) Digest() string {
	b, err := json.Marshal(p)
	if err != nil { // a Plan has nothing that cannot be marshalled
		panic(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}
