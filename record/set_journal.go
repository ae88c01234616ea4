package record

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// Append makes data the bytes from offset on of a run's journal on every host;
// what stood there is cut first, so that asking twice is asking once. A copy
// that is too short, because its host was not there for a while, is filled up
// from the others. While this Set holds the lock, ErrLost says that it is no
// more ours, and then nothing was written. ErrFull says that a disk is full.
func (s *Set) Append(ctx context.Context, run string, offset int64, data []byte) error {
	token := s.held()
	return s.each(func(m member) error {
		err := m.folder.Append(ctx, run, m.Balancer, token, offset, data)
		if !errors.As(err, new(*gapError)) {
			return err
		}
		// Who does not answer meanwhile matters only if no other copy is long enough.
		before, _ := s.Journal(ctx, run)
		if int64(len(before)) < offset {
			return err
		}
		return m.folder.Append(ctx, run, m.Balancer, token, 0, append(before[:offset:offset], data...))
	})
}

// Runs lists the runs that any host knows, the newest first, with the size of
// their longest copy.
func (s *Set) Runs(ctx context.Context) ([]Run, error) {
	answers, err := gather(s, func(m member) ([]Run, error) { return m.folder.Runs(ctx) })
	size := make(map[string]int64)
	for _, r := range slices.Concat(answers...) {
		size[r.ID] = max(size[r.ID], r.Size)
	}
	runs := make([]Run, 0, len(size))
	for id, n := range size {
		runs = append(runs, Run{id, n})
	}
	slices.SortFunc(runs, func(a, b Run) int { return strings.Compare(b.ID, a.ID) })
	return runs, err
}

// Journal returns the longest copy of a run's journal that is not damaged,
// without a torn last line. A run that nobody knows is an fs.ErrNotExist.
func (s *Set) Journal(ctx context.Context, run string) ([]byte, error) {
	answers, err := gather(s, func(m member) ([][]byte, error) { return m.folder.Copies(ctx, run) })
	journal, missing := longest(run, slices.Concat(answers...))
	if err != nil { // whoever did not answer may have it
		return journal, err
	}
	return journal, missing
}
