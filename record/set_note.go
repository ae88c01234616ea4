package record

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// Holds lists the servers that are held out of rotation, by name.
func (s *Set) Holds(ctx context.Context) ([]Hold, error) {
	newest, err := s.newest(ctx, holds)
	var all []Hold
	for _, n := range newest {
		if n.Hold != nil {
			all = append(all, *n.Hold)
		}
	}
	slices.SortFunc(all, func(a, b Hold) int { return strings.Compare(a.Server, b.Server) })
	return all, err
}

// Hold keeps a server out of rotation until it is released. What h does not
// tell of the operator and the time is filled in.
func (s *Set) Hold(ctx context.Context, h Hold) error {
	h.By = cmp.Or(h.By, s.self.Owner)
	if h.Since.IsZero() {
		h.Since = time.Now().Truncate(time.Second)
	}
	return s.write(ctx, holds, note{Server: h.Server, Hold: &h})
}

// Release ends the hold of a server, also on a host that missed the release of
// an earlier hold.
func (s *Set) Release(ctx context.Context, server string) error {
	return s.write(ctx, holds, note{Server: server})
}

// Versions tells what rota itself deployed last on each server, by name.
func (s *Set) Versions(ctx context.Context) (map[string]string, error) {
	newest, err := s.newest(ctx, versions)
	all := make(map[string]string, len(newest))
	for server, n := range newest {
		if n.Version != "" {
			all[server] = n.Version
		}
	}
	return all, err
}

// Deployed notes what was deployed on a server; "" makes it unknown.
func (s *Set) Deployed(ctx context.Context, server, version string) error {
	return s.write(ctx, versions, note{Server: server, Version: version})
}

// newest returns the note that counts of each server. Of two with the same
// stamp, the one that keeps a server out counts.
func (s *Set) newest(ctx context.Context, kind string) (map[string]note, error) {
	answers, err := gather(s, func(m member) ([]note, error) { return m.folder.notes(ctx, kind) })
	newest := make(map[string]note)
	for _, n := range slices.Concat(answers...) {
		old, ok := newest[n.Server]
		if !ok || n.Stamp > old.Stamp || n.Stamp == old.Stamp && old.Hold == nil {
			newest[n.Server] = n
		}
	}
	return newest, err
}

// write writes a note on every host, newer than all that any of them has,
// whatever the operators' clocks say.
func (s *Set) write(ctx context.Context, kind string, n note) error {
	newest, err := s.newest(ctx, kind)
	if err != nil {
		return err
	}
	n.Stamp = max(time.Now().UnixMilli(), newest[n.Server].Stamp+1)
	return s.each(func(m member) error { return m.folder.note(ctx, kind, n) })
}
