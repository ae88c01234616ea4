package inventory

import "fmt"

// Size is a number of servers, or a share of them.
type Size struct {
	N       int // the number, or the per cent
	Percent bool
}

// Batch returns how many of n servers a batch of this size has: a share is
// rounded down, but a batch is never less than one server nor more than n.
func (s Size) Batch(n int) int {
	k := s.N
	if s.Percent {
		k = n * s.N / 100
	}
	return min(max(k, 1), n)
}

// Floor returns how many of n servers a floor of this size keeps: a share is
// rounded up.
func (s Size) Floor(n int) int {
	if s.Percent {
		return (n*s.N + 99) / 100
	}
	return s.N
}

// String returns the size as it is written: "2" or "25%".
func (s Size) String() string {
	if s.Percent {
		return fmt.Sprintf("%d%%", s.N)
	}
	return fmt.Sprint(s.N)
}
