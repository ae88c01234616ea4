package rollout

import "context"

// Operator is whoever watches a run and decides: a person at a screen, a
// policy in CI, a script in a test.
type Operator interface {
	// Observe is told every event, in order, by one goroutine at a time. It
	// must return soon and never block the run.
	Observe(Event)

	// Decide blocks until the question is answered or ctx ends. An error means
	// that there is no answer: the run then stops safely.
	Decide(ctx context.Context, q Question) (Answer, error)
}

// Question is put to an operator. Nothing happens until it is answered.
type Question struct {
	ID       string       `json:"id"`
	Kind     QuestionKind `json:"kind"`
	Server   string       `json:"server,omitempty"` // whom it is about, where it is one
	Batch    int          `json:"batch,omitempty"`
	Text     string       `json:"text"`              // one sentence: "batch 1 of 4 is done; go on with batch 2?"
	Facts    []string     `json:"facts,omitempty"`   // the evidence, a line each
	ByHand   []string     `json:"by_hand,omitempty"` // hand commands from here to a safe state
	Output   []string     `json:"output,omitempty"`  // the last lines that a failed step printed
	Choices  []Choice     `json:"choices"`
	TypeName string       `json:"type_name,omitempty"` // the app's name, where a choice with Wide set asks for it
	WaitMS   int64        `json:"wait_ms,omitempty"`   // how long Wait puts it off before it is asked again, where that is fixed
}

// QuestionKind says what is asked.
type QuestionKind string

// The kinds of questions.
const (
	AskPlan    QuestionKind = "plan"    // shall this plan be carried out?
	AskGate    QuestionKind = "gate"    // go on with the next batch or server?
	AskFailure QuestionKind = "failure" // a server has failed
	AskDrain   QuestionKind = "drain"   // connections did not end in time
	AskChanged QuestionKind = "changed" // resume: the inventory makes another plan now
	AskOnce    QuestionKind = "once"    // resume: a once-step whose outcome is unknown
	AskFloor   QuestionKind = "floor"   // drain by hand below min_in_rotation
	AskHold    QuestionKind = "hold"    // the balancers disturb the run again and again
	AskProbe   QuestionKind = "probe"   // the probe has lost more requests than it may
)

// Choice is one answer that can be given.
type Choice struct {
	Key  string `json:"key"`            // one upper-case letter
	Word string `json:"word"`           // "continue", "retry", …
	Then string `json:"then"`           // what will then be true, in few words
	Wide bool   `json:"wide,omitempty"` // touches everything at once: a protected app asks for its name
}

// The words of choices.
const (
	Continue    = "continue"
	ContinueAll = "all"      // continue, and ask no more gates
	RollBack    = "rollback" // all that this run changed
	Pause       = "pause"    // stop where it stands, can be resumed
	Abort       = "abort"    // end: untouched servers go back in, the others stay out
	Retry       = "retry"
	Skip        = "skip"  // leave the server out and go on
	Back        = "back"  // the earlier version on this server, then go on
	BackBatch   = "batch" // the earlier version on all servers of this batch, then go on
	Wait        = "wait"  // drain: as long again
	PutBack     = "fail"  // drain: put it back, it is untouched
	Move        = "move"  // drain: close it for sticky sessions too
	Cut         = "cut"   // drain: end what is left
	No          = "no"    // do nothing
	Unanswered  = "none"  // of an Answered: nobody has chosen
)

// Answer is a choice and who made it.
type Answer struct {
	Choice string `json:"choice"`
	By     string `json:"by"` // "a person", "policy on_failure", "standard input", …
}
