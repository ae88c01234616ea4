package lb

import "context"

// Deed is one thing that is done with servers on their way out and back.
type Deed int

// The deeds, in the order of the way.
const (
	TakeOut  Deed = iota // they get nothing new, and a reload or an answer proves it
	AwaitEnd             // nothing under way can reach them any more
	Shut                 // closed for sticky sessions too
	Recheck              // the balancer's own check has passed afresh, with no traffic
	PutIn                // in rotation, read back
)

// NotInTime is the exit status of a script that has waited in vain for the
// connections of a server to end; any other than 0 is a failure.
const NotInTime = 75

// Script is some commands. Words are what they are made of: functions and
// variables that are the same in all scripts of one balancer.
type Script struct{ Words, Text string }

// Scripter writes down what it does, for a person to do it by hand.
type Scripter interface {
	// Script returns commands for sh on the balancer's machine that do a deed
	// with servers, and fail where it does not come about; none where there is
	// nothing to do. The caller says set -eu and sets $limit, the
	// seconds that a wait may take. It
	// looks at the balancer as it is now and touches nothing: it must be right
	// however often servers went out and came back by such scripts before.
	Script(ctx context.Context, d Deed, servers ...string) (Script, error)
}
