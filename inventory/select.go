package inventory

import (
	"fmt"
	"path"
	"slices"
)

// Select returns the servers that are meant by names, groups and globs, less
// the excluded ones, in the inventory's order. No name at all means all of
// them. It is an error when a name means no server, and when none is left.
func (inv *Inventory) Select(only, exclude []string) ([]Server, error) {
	in, err := inv.matching(only)
	if err != nil {
		return nil, err
	}
	out, err := inv.matching(exclude)
	if err != nil {
		return nil, err
	}
	var chosen []Server
	for i, s := range inv.Servers {
		if (len(only) == 0 || in[i]) && !out[i] {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no server is left of those that were chosen")
	}
	return chosen, nil
}

// matching tells of each server whether one of the names means it.
func (inv *Inventory) matching(names []string) ([]bool, error) {
	all := make([]bool, len(inv.Servers))
	for _, name := range names {
		found := false
		for i, s := range inv.Servers {
			means, err := s.means(name)
			if err != nil {
				return nil, fmt.Errorf("%q is not a pattern: %w", name, err)
			}
			if means {
				all[i], found = true, true
			}
		}
		if !found {
			err := fmt.Errorf("no server or group is called %q", name)
			if hint := didYouMean(name, inv.names()); hint != "" {
				err = fmt.Errorf("%w\n%s", err, hint)
			}
			return nil, err
		}
	}
	return all, nil
}

// means tells whether a name or glob is that of the server or of a group of it.
func (s Server) means(name string) (bool, error) {
	for _, own := range slices.Concat([]string{s.Name}, s.Groups) {
		if ok, err := path.Match(name, own); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}
