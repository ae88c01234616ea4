package rollout

import "slices"

// next lists the phases that may follow p. A journal that tells of another
// move is damaged. Wherever a server stands that is not in rotation, a plan may want
// it left out from there on.
func (p Phase) next() []Phase {
	switch p {
	case Waiting:
		return []Phase{Draining, Out, Deploying, Checking, Serving, Skipped}
	case Draining:
		return []Phase{Out, Waiting, LeftOut, Idle, Failed}
	case Out:
		return []Phase{Deploying, Checking, Draining, Waiting, LeftOut, Idle, Held, Failed}
	case Deploying:
		return []Phase{Checking, Held, Failed, Uncertain, Waiting, Idle, LeftOut}
	case Uncertain:
		return []Phase{Deploying, Checking, Idle, LeftOut, Failed, Skipped}
	case Checking:
		return []Phase{Returning, Serving, LeftOut, Idle, Deploying, Held, Failed}
	case Held:
		return []Phase{Deploying, Checking, Returning, Serving, LeftOut, Idle, Skipped, Failed, Waiting}
	case Returning:
		return []Phase{Serving, Climbing, Checking, Deploying, Failed, Draining, Idle, LeftOut}
	case Climbing:
		return []Phase{Serving, Returning, Checking, Deploying, Failed, Draining, Idle, LeftOut}
	case Serving:
		return []Phase{Draining, Deploying, Checking, Failed}
	case Idle:
		return []Phase{Idle, Draining, Deploying, Checking, Returning, Failed, LeftOut}
	case LeftOut:
		return []Phase{LeftOut, Draining, Deploying, Checking, Failed, Idle}
	case Failed:
		return []Phase{Draining, Deploying, Checking, Returning, Skipped, Serving, Idle, LeftOut, Waiting}
	case Skipped:
		return []Phase{Draining, Deploying, Checking, Idle, LeftOut, Failed}
	}
	return nil
}

// May reports whether a server may go from p to q.
func (p Phase) May(q Phase) bool { return slices.Contains(p.next(), q) }

// Settled reports whether a run has nothing more to do for a server in p.
func (p Phase) Settled() bool {
	return p == Serving || p == Idle || p == LeftOut || p == Skipped
}

// comes reports whether a server in p may be on its way back into rotation.
func (p Phase) comes() bool {
	return p == Checking || p == Held || p == Returning || p == Climbing
}

// OutOfRotation reports whether a server in p must get no traffic: rota has
// taken it out and has not begun to put it back.
func (p Phase) OutOfRotation() bool {
	switch p {
	case Draining, Out, Deploying, Uncertain, Checking, Held, Idle, Failed, Skipped:
		return true
	default:
		return false
	}
}
