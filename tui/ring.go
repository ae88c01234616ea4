package tui

// keep is how many lines of a server's output, or of the run's events, can be
// scrolled back to.
const keep = 5000

// ring keeps the newest lines. Each has a number that it keeps while others
// come and go, so that a reader who has scrolled up stays where he is.
type ring[T any] struct {
	items []T
	gone  int // lines that were dropped: the number of the oldest one left
}

func (r *ring[T]) push(item T) {
	if len(r.items) < keep {
		r.items = append(r.items, item)
		return
	}
	r.items[r.gone%keep] = item
	r.gone++
}

// end is the number after the newest line.
func (r *ring[T]) end() int { return r.gone + len(r.items) }

// at returns line n, from r.gone to before r.end().
func (r *ring[T]) at(n int) T { return r.items[n%keep] }
