package lb

import (
	"fmt"
	"slices"
	"strings"
)

// Side is one of two sets of servers that take turns in rotation.
type Side struct {
	Name    string
	Servers []string
}

// MixedError says that of two sides not just one is in rotation.
type MixedError struct{ text string }

func (e *MixedError) Error() string { return e.text }

// Live tells which of two sides is in rotation, on every balancer that has
// them, and which one is out. A server that its balancer finds down counts as
// in rotation: it comes back by itself. What cannot be asked, or is absent,
// counts for neither. A *MixedError says where it is otherwise.
func Live(views []View, a, b Side) (live, idle string, err error) {
	inA, outA := standing(views, a)
	inB, outB := standing(views, b)
	switch {
	case len(outA) == 0 && len(inB) == 0 && len(inA) > 0:
		return a.Name, b.Name, nil
	case len(inA) == 0 && len(outB) == 0 && len(inB) > 0:
		return b.Name, a.Name, nil
	case len(inA) == 0 && len(inB) == 0:
		return "", "", &MixedError{fmt.Sprintf("neither %s nor %s is in rotation", a.Name, b.Name)}
	case len(outA) == 0 && len(outB) == 0:
		return "", "", &MixedError{fmt.Sprintf("%s and %s are both in rotation", a.Name, b.Name)}
	}
	var odd []string
	for _, side := range []struct {
		name    string
		in, out []string
	}{{a.Name, inA, outA}, {b.Name, inB, outB}} {
		what, where := "in rotation", side.in
		if len(side.out) < len(side.in) {
			what, where = "out", side.out
		}
		if len(where) > 0 && (len(side.in) > 0 && len(side.out) > 0) {
			odd = append(odd, fmt.Sprintf("of %s %s: %s", side.name, what, strings.Join(where, ", ")))
		}
	}
	return "", "", &MixedError{fmt.Sprintf("it is not clear which of %s and %s is in rotation: %s", a.Name, b.Name, strings.Join(odd, "; "))}
}

// standing lists where the servers of a side are in rotation, and where out.
func standing(views []View, side Side) (in, out []string) {
	for _, v := range views {
		for _, s := range v.Servers {
			if !slices.Contains(side.Servers, s.Name) {
				continue
			}
			at := s.Name + " on " + v.Name
			switch {
			case s.Ready() || s.State == Down || s.State == Mixed:
				in = append(in, at)
				if s.State == Mixed {
					out = append(out, at)
				}
			case s.State == Out || s.State == Draining:
				out = append(out, at)
			}
		}
	}
	return in, out
}
