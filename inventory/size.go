package inventory

import (
	"fmt"
	"strconv"
	"strings"
)

// Size is a number of servers, or a share of them.
type Size struct {
	N       int // the number, or the per cent
	Percent bool
}

// ParseSize reads a size as it is written, "2" or "25%". It may be zero; a
// share is at most 100%.
func ParseSize(s string) (Size, error) {
	const most = 1_000_000
	digits, percent := strings.CutSuffix(s, "%")
	n, err := strconv.Atoi(digits)
	switch {
	case err != nil || !made(digits, ""):
		return Size{}, fmt.Errorf("%q is not a size", s)
	case percent && n > 100:
		return Size{}, fmt.Errorf("%q is more than all", s)
	case n > most:
		return Size{}, fmt.Errorf("%q is too big", s)
	}
	return Size{n, percent}, nil
}

// ParseSizes reads the sizes of batches, separated by commas: "1,25%". None of
// them may be zero.
func ParseSizes(s string) ([]Size, error) {
	var all []Size
	for part := range strings.SplitSeq(s, ",") {
		size, err := ParseSize(strings.TrimSpace(part))
		switch {
		case err != nil:
			return nil, err
		case size.N == 0:
			return nil, fmt.Errorf("%q is no batch", part)
		}
		all = append(all, size)
	}
	return all, nil
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
