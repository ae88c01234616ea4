package tui

// keep is how many lines of a server's output, or of the run's events, can be
// scrolled back to. Where there are very many servers it is fewer for each of
// them, but at least keepLeast: all of them share keepAll. The journal has all.
const (
	keep      = 5000
	keepLeast = 500
	keepAll   = 500_000
)

// ring keeps the newest lines. Each has a number that it keeps while others
// come and go, so that a reader who has scrolled up stays where he is.
type ring[T any] struct {
	most  int // lines that are kept; 0: keep
	items []T
	gone  int // lines that were dropped: the number of the oldest one left
}

// ringFor makes the ring for one of n servers.
func ringFor(n int) ring[line] {
	return ring[line]{most: min(keep, max(keepLeast, keepAll/max(n, 1)))}
}

func (r *ring[T]) size() int {
	if r.most == 0 {
		return keep
	}
	return r.most
}

func (r *ring[T]) push(item T) {
	if len(r.items) < r.size() {
		r.items = append(r.items, item)
		return
	}
	r.items[r.gone%r.size()] = item
	r.gone++
}

// end is the number after the newest line.
func (r *ring[T]) end() int { return r.gone + len(r.items) }

// at returns line n, from r.gone to before r.end().
func (r *ring[T]) at(n int) T { return r.items[n%r.size()] }
