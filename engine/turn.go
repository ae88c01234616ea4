package engine

// turn is a lock that may be held while something slow is waited for. It is a
// channel and no sync.Mutex so that a test in a bubble of testing/synctest sees
// its waiters as blocked.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// take waits for the turn and returns what gives it back.
func (t turn) take() func() {
	t <- struct{}{}
	return func() { <-t }
}
