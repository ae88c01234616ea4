// Package conf finds and changes bytes in an nginx configuration file, and
// loses none.
//
// A file is bytes in and bytes out. [Parse] cuts it into directives by the
// rules of nginx's own tokenizer (ngx_conf_read_token, release 1.22.1), each
// word with the place where it stands. [File.Items] tells what matters for a
// rotation: upstream blocks, their server lines, and the includes that may hold
// more of both. An [Edit] then writes or cuts the word `down`, or a weight, in
// the original bytes; nothing is ever printed anew, so comments, blanks, line
// ends and bytes that are no text stay as they were.
//
// Limits: variables and host names are not resolved, included files are the
// caller's to read, and whether a directive means anything is for nginx to say
// (`nginx -t`). Any file that nginx accepts can be parsed; not the other way.
package conf

import "fmt"

// File is one parsed file. It is never changed.
type File struct {
	src        []byte
	directives []directive
}

// directive is one directive with its words; a block has opens set.
type directive struct {
	words []word
	opens bool
	block []directive
}

// word is one token: text is what nginx makes of src[start:end].
type word struct {
	text       string
	start, end int
	line       int
}

// SyntaxError is a place where nginx's tokenizer would give up.
type SyntaxError struct {
	Line int // counted from 1
	Text string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// Parse reads one file: a whole nginx.conf or any part that nginx could
// include. The error is a *SyntaxError, and then the file is nil. The file
// keeps src, which must not be changed afterwards.
func Parse(src []byte) (*File, error) {
	s := scanner{src: src, line: 1}
	ds, err := s.block(0)
	if err != nil {
		return nil, err
	}
	return &File{src: src, directives: ds}, nil
}

// Main tells whether this is a whole configuration, not a part of one.
func (f *File) Main() bool {
	for _, d := range f.directives {
		if d.opens && (d.name() == "http" || d.name() == "stream" || d.name() == "events") {
			return true
		}
	}
	return false
}

// Setting returns the first argument of a directive that stands outside of any
// block.
func (f *File) Setting(name string) (value string, ok bool) {
	for _, d := range f.directives {
		if !d.opens && d.name() == name {
			return d.arg(0), true
		}
	}
	return "", false
}

func (d directive) name() string { return d.words[0].text }

// arg returns the i-th word after the name, or "".
func (d directive) arg(i int) string {
	if i+1 >= len(d.words) {
		return ""
	}
	return d.words[i+1].text
}
