package ssh

import (
	"bytes"
	"testing"
)

// TestMarksAreTakenOutHoweverTheStreamIsCut writes it in all pairs of pieces, and
// byte by byte.
func TestMarksAreTakenOutHoweverTheStreamIsCut(t *testing.T) {
	const stream = "noise MAR MARMARK\nout MARK\nMAR"
	try := func(pieces ...string) {
		t.Helper()
		var before, after bytes.Buffer
		m := newMark("MARK")
		s := &sieve{marks: []*sifted{{mark: m, before: &before}}, newline: true, to: &after}
		for _, piece := range pieces {
			if n, err := s.Write([]byte(piece)); n != len(piece) || err != nil {
				t.Fatalf("%d, %v", n, err)
			}
		}
		if before.String() != "noise MAR MAR" || after.String() != "out MARK\nMAR" || !m.seen() {
			t.Errorf("%q: %q, %q", pieces, before.String(), after.String())
		}
	}
	var single []string
	for i := range len(stream) {
		try(stream[:i], stream[i:])
		single = append(single, stream[i:i+1])
	}
	try(single...)
}

func TestAMarkThatNeverCameIsNotMet(t *testing.T) {
	var before, after bytes.Buffer
	m := newMark("MARK")
	s := &sieve{marks: []*sifted{{mark: m, before: &before}}, newline: true, to: &after}
	_, _ = s.Write([]byte("This account is not available.\nMARK"))
	if m.seen() || after.Len() > 0 || before.String() != "This account is not available.\n" {
		t.Errorf("%q, %q", before.String(), after.String())
	}
}
