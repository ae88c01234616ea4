package rollout

import (
	"time"

	"rota/lb"
)

// Event is one thing that happened in a run: one line of the journal. The
// screen, plain output, JSON, history and resume all read this one stream.
// Texts in an event are harmless to print and hold no secret.
type Event struct {
	Seq       int       `json:"seq"` // 1, 2, 3 … without a gap
	Time      time.Time `json:"time"`
	Run       string    `json:"run"`
	Kind      Kind      `json:"event"`
	Operator  string    `json:"operator"` // login and machine, and the key that ssh used where it is known
	Server    string    `json:"server,omitempty"`
	Servers   []string  `json:"servers,omitempty"` // where one step is about several
	Balancer  string    `json:"balancer,omitempty"`
	Batch     int       `json:"batch,omitempty"` // from 1
	Step      StepID    `json:"step,omitempty"`
	State     string    `json:"state,omitempty"` // a phase, or what a balancer says
	Version   string    `json:"version,omitempty"`
	Attempt   int       `json:"attempt,omitempty"` // from 1
	Stream    string    `json:"stream,omitempty"`  // "out", "check", or "lb" for what Balancer was told, or said
	Said      bool      `json:"said,omitempty"`    // Balancer said Line; else it was told it
	Line      string    `json:"line,omitempty"`
	Colors    []Color   `json:"colors,omitempty"` // of Line
	ElapsedMS int64     `json:"elapsed_ms,omitempty"`
	Error     string    `json:"error,omitempty"`
	Text      string    `json:"text,omitempty"` // one sentence for a person
	Choices   []Choice  `json:"choices,omitempty"`
	Question  *Question `json:"question,omitempty"`
	Sample    *Sample   `json:"sample,omitempty"`
	Probe     *Probe    `json:"probe,omitempty"`
	Lost      *Lost     `json:"lost,omitempty"`
	Plan      *Plan     `json:"plan,omitempty"`
	Summary   *Summary  `json:"summary,omitempty"`

	Weights    []lb.Weight `json:"weights,omitempty"`
	Comparison *Comparison `json:"comparison,omitempty"`
}

// Color says that a line goes on in another colour from one of its bytes on, by
// the number that chooses it on a terminal: 0 plain, 1 bold, 2 faint, 30 to 37
// and 90 to 97 the sixteen colours.
type Color struct {
	At  int `json:"at"`
	SGR int `json:"sgr"`
}

// Kind says what an event tells.
type Kind string

// The kinds of events. `rota help events` is made from this list.
const (
	RunBegun  Kind = "run"       // the first event: Plan, Version
	Resumed   Kind = "resumed"   // another process goes on with the run
	StepBegun Kind = "begin"     // written before the deed: Step, Server or Servers, Attempt
	StepEnded Kind = "end"       // after it: Step, ElapsedMS, Error where it failed, State "unknown" where its outcome is not known, NotDone where it was not done after all, Text where a stop has cut it short
	Moved     Kind = "phase"     // Server is now in the phase State
	Observed  Kind = "observed"  // Balancer says that Server is in State
	Sampled   Kind = "sample"    // figures of Server at Balancer: Sample
	Output    Kind = "output"    // Server printed Line in Step, in these Colors; or Balancer was told or said Line, about Server or Servers
	Found     Kind = "version"   // Server runs Version
	Booted    Kind = "boot"      // the host of Server has the boot State, from which Step reboots it
	Disturbed Kind = "disturbed" // somebody changed Server at Balancer while it was worked on
	Weighed   Kind = "weights"   // the weights of the members of Balancer: Weights, and State says whether they are found, asked for or restored
	Compared  Kind = "compared"  // how the new version does beside the old one: Comparison
	Asked     Kind = "question"  // a person or a policy is asked: Question, Choices
	Answered  Kind = "answer"    // State is the choice, Text tells who chose
	Reversed  Kind = "rollback"  // from here on the run takes Servers back: Plan
	Noted     Kind = "note"      // Text
	Probed    Kind = "probe"     // what the probe has sent and lost since the run began: Probe; Text where some were lost that are not told one by one
	Missed    Kind = "lost"      // a request of the probe was lost: Lost, Balancer, Probe; Text tells all of it
	RunEnded  Kind = "finished"  // the last event: State is the outcome, Summary
)

// NotDone is the State of a StepEnded whose deed was not done, since its begin
// could not be written everywhere.
const NotDone = "not done"

// Sample is what a balancer measured. -1 means that it cannot tell.
type Sample struct {
	Weight   int   `json:"weight"`
	Sessions int   `json:"sessions"`
	Rate     int   `json:"rate"`
	Errors   int64 `json:"errors"`
}

// Phase is where a server stands in a run: what rota did, not what a balancer says.
type Phase string

// The phases of a server.
const (
	Waiting   Phase = "waiting"   // its turn has not come; untouched
	Draining  Phase = "draining"  // being taken out of every balancer
	Out       Phase = "out"       // out and drained on every balancer
	Deploying Phase = "deploying" // its steps run
	Checking  Phase = "checking"  // its health check runs, or it has passed and waits for its batch
	Returning Phase = "returning" // being put back
	Climbing  Phase = "climbing"  // in rotation with a share of its weight, which rises
	Serving   Phase = "serving"   // done: in rotation
	Idle      Phase = "idle"      // done: out of rotation and ready, as the plan wants it
	LeftOut   Phase = "left out"  // done, and left out where it was found out or is held
	Failed    Phase = "failed"    // a step or a check has failed; it is out
	Held      Phase = "held"      // its own work is done, it waits for a decision about another
	Skipped   Phase = "skipped"   // left out after a failure; stays out
	Uncertain Phase = "unknown"   // the outcome of its last step is not known
)

// Outcome is how a run ended.
type Outcome string

// The outcomes, with the exit status that the contract gives to each.
const (
	Done       Outcome = "done"        // 0
	LeftSome   Outcome = "incomplete"  // 1: done, but servers failed within max_failures
	Paused     Outcome = "paused"      // 1: stands where it stopped and can be resumed
	Aborted    Outcome = "aborted"     // 1 by policy, 4 by a person
	RolledBack Outcome = "rolled back" // 3
	Stopped    Outcome = "stopped"     // 4: by a person or at an unanswered gate
	LockLost   Outcome = "lock lost"   // 5
)

// Summary is what a run proved, at its end.
type Summary struct {
	Outcome  Outcome     `json:"outcome"`
	Updated  []string    `json:"updated"`             // servers that run the wanted version and were proved
	Failed   []string    `json:"failed,omitempty"`    // servers that failed and are out
	Back     []string    `json:"back,omitempty"`      // servers that a person sent back to their earlier version
	Idle     []string    `json:"idle,omitempty"`      // servers that are out of rotation and ready, as wanted
	Runs     []Running   `json:"runs,omitempty"`      // what runs where at the end, as far as it is known
	Left     []Where     `json:"left,omitempty"`      // every server that is not in rotation, and why
	TotalMS  int64       `json:"total_ms"`            // wall time
	AskedMS  int64       `json:"asked_ms"`            // of which waiting for a person
	WaitMS   int64       `json:"unavoidable_ms"`      // of which drains, steps, health passes, balancers' checks, soak
	OwnMS    int64       `json:"own_ms"`              // of which rota's own: the rest
	GoOn     []string    `json:"go_on,omitempty"`     // the commands that go on from here
	Compared *Comparison `json:"compared,omitempty"`  // the last one
	ByHand   []string    `json:"by_hand,omitempty"`   // hand commands from here to a safe state
	Person   bool        `json:"person,omitempty"`    // a person ended it, not a policy
	Timings  []Timing    `json:"timings,omitempty"`   // a rehearsal: how long the servers took
	LikelyMS int64       `json:"likely_ms,omitempty"` // a rehearsal: how long a deploy would take beside its steps
	Why      string      `json:"why,omitempty"`       // what ended it early
	Told     []string    `json:"told,omitempty"`      // what else went wrong at its end, beside the servers
	Probe    *Probe      `json:"probe,omitempty"`     // what the probe has sent and lost, where there was one
}

// Running lists the servers of a run that run one version.
type Running struct {
	Version string   `json:"version"`
	Servers []string `json:"servers"`
}

// Where says where a server stands that is not in rotation.
type Where struct {
	Server string `json:"server"`
	State  string `json:"state"`
	Why    string `json:"why"`
}

// ExitStatus is what the program ends with, by the contract.
func (s Summary) ExitStatus() int {
	switch s.Outcome {
	case Done:
		return 0
	case RolledBack:
		return 3
	case Stopped:
		return 4
	case LockLost:
		return 5
	case Aborted:
		if s.Person {
			return 4
		}
	case LeftSome, Paused:
	}
	return 1
}

// SampleOf makes a Sample of what a balancer says of a server.
func SampleOf(s lb.Server) *Sample {
	return &Sample{Weight: s.Weight, Sessions: s.Sessions, Rate: s.Rate, Errors: s.Errors}
}
