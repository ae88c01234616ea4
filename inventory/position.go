package inventory

import "fmt"

// Position is a place in the file, counted from one, columns in characters.
// The zero value is no place.
type Position struct{ Line, Column int }

// Problem is one thing that is wrong in an inventory.
type Problem struct {
	File string
	Pos  Position
	Text string // the fact, lower case, no full stop
	Hint string // what would be right; may be empty
	Line string // the line of the file, as it stands there
}

// Error returns "FILE:LINE:COLUMN: text", then the line and the hint, each on a line of its own.
func (p Problem) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s", p.File, p.Pos.Line, p.Pos.Column, p.Text)
	if p.Line != "" {
		s += "\n    " + p.Line
	}
	if p.Hint != "" {
		s += "\n    " + p.Hint
	}
	return s
}
