package inventory

import (
	"fmt"
	"strings"

	"rota/inventory/yaml"
)

// Position is a place in the file, counted from one, columns in characters.
// The zero value is no place.
type Position = yaml.Position

// Problem is one thing that is wrong in an inventory.
type Problem struct {
	File string
	Pos  Position
	Text string // the fact, lower case, no full stop
	Hint string // what would be right; may be empty
	Line string // the line of the file, as it stands there
}

// Error returns "FILE:LINE:COLUMN: text", then the line and the hint, each on a
// line of its own. Of a very long line the beginning is shown.
func (p Problem) Error() string {
	const longest = 200
	s := fmt.Sprintf("%s:%d:%d: %s", p.File, p.Pos.Line, p.Pos.Column, p.Text)
	switch {
	case len(p.Line) > longest:
		s += "\n    " + strings.ToValidUTF8(p.Line[:longest], "") + "…"
	case p.Line != "":
		s += "\n    " + p.Line
	}
	if p.Hint != "" {
		s += "\n    " + p.Hint
	}
	return s
}

// Problems is all that is wrong in an inventory, in the order of the file.
type Problems []Problem

// Error returns the problems below each other.
func (p Problems) Error() string {
	all := make([]string, len(p))
	for i, one := range p {
		all[i] = one.Error()
	}
	return strings.Join(all, "\n")
}

// Unwrap returns the problems, so that errors.As finds a Problem.
func (p Problems) Unwrap() []error {
	all := make([]error, len(p))
	for i, one := range p {
		all[i] = one
	}
	return all
}
