package ssh

import (
	"bytes"
	"errors"
	"io"
)

// sifted is a mark in a stream, and where that goes which comes before it.
type sifted struct {
	mark
	before io.Writer
}

// sieve passes a stream on and takes marks out of it, one after the other.
type sieve struct {
	marks   []*sifted
	newline bool // follows each mark
	to      io.Writer
	held    []byte // may be the start of a mark
}

func (s *sieve) Write(b []byte) (int, error) {
	data := append(s.held, b...)
	s.held = nil
	var problems []error
	pass := func(w io.Writer, b []byte) {
		if len(b) > 0 {
			_, err := w.Write(b)
			problems = append(problems, err)
		}
	}
	for len(s.marks) > 0 {
		next := s.marks[0]
		word := []byte(next.word)
		if s.newline {
			word = append(word, '\n')
		}
		i := bytes.Index(data, word)
		if i < 0 {
			keep := startOf(data, word)
			pass(next.before, data[:len(data)-keep])
			s.held = append([]byte(nil), data[len(data)-keep:]...)
			return len(b), errors.Join(problems...)
		}
		pass(next.before, data[:i])
		data = data[i+len(word):]
		s.marks = s.marks[1:]
		close(next.met)
	}
	pass(s.to, data)
	return len(b), errors.Join(problems...)
}

// startOf returns how many of the last bytes of data could be the start of word.
func startOf(data, word []byte) int {
	for n := min(len(data), len(word)-1); n > 0; n-- {
		if bytes.HasSuffix(data, word[:n]) {
			return n
		}
	}
	return 0
}
