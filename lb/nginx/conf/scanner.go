package conf

import (
	"fmt"
	"strings"
)

const (
	// maxToken is NGX_CONF_BUFFER: nginx refuses a token, or a comment, that
	// does not fit its read buffer.
	maxToken = 4096
	// maxDepth keeps a hostile file from exhausting the stack.
	maxDepth = 1000
)

// scanner reads directives by nginx's rules.
type scanner struct {
	src  []byte
	pos  int
	line int // of src[pos]
}

// terminator is what ended a directive.
type terminator int

const (
	semicolon terminator = iota
	opening
	closing
	eof
)

func (s *scanner) errorf(format string, args ...any) error {
	return &SyntaxError{Line: s.line, Text: fmt.Sprintf(format, args...)}
}

// block reads directives up to the closing brace, at depth 0 up to the end.
func (s *scanner) block(depth int) ([]directive, error) {
	if depth > maxDepth {
		return nil, s.errorf("blocks are nested too deep")
	}
	var ds []directive
	for {
		words, end, err := s.directive()
		if err != nil {
			return nil, err
		}
		switch end {
		case closing:
			if depth == 0 {
				return nil, s.errorf(`unexpected "}"`)
			}
			return ds, nil
		case eof:
			if depth > 0 {
				return nil, s.errorf(`unexpected end of file, expecting "}"`)
			}
			return ds, nil
		case semicolon, opening:
		}
		d := directive{words: words, opens: end == opening}
		if d.opens {
			if strings.HasSuffix(d.name(), "_by_lua_block") {
				err = s.lua()
			} else {
				d.block, err = s.block(depth + 1)
			}
			if err != nil {
				return nil, err
			}
		}
		ds = append(ds, d)
	}
}

// directive reads words up to what ends them. A closing brace or the end of
// the file comes without words.
func (s *scanner) directive() ([]word, terminator, error) {
	var words []word
	for begin := s.pos; ; {
		// The limit counts from where nginx last set its start mark, and blanks set it.
		switch c, ok := s.peek(); {
		case s.pos-begin == maxToken && ok:
			return nil, 0, s.errorf("too long parameter")
		case !ok && len(words) > 0:
			return nil, 0, s.errorf(`unexpected end of file, expecting ";" or "}"`)
		case !ok:
			return nil, eof, nil
		case blank(c):
			begin = s.pos
			s.next()
		case c == '#':
			if err := s.comment(); err != nil {
				return nil, 0, err
			}
			begin = s.pos
		case c == '}' && len(words) > 0, (c == ';' || c == '{') && len(words) == 0:
			return nil, 0, s.errorf("unexpected %q", string(c))
		case c == '}':
			s.next()
			return nil, closing, nil
		case c == ';':
			s.next()
			return words, semicolon, nil
		case c == '{':
			s.next()
			return words, opening, nil
		default:
			w, err := s.word()
			if err != nil {
				return nil, 0, err
			}
			words = append(words, w)
			begin = w.start
			if c == '"' || c == '\'' {
				begin++
			}
			// The one blank after a word does not set the mark.
			if c, ok := s.peek(); ok && blank(c) && s.pos-begin < maxToken {
				s.next()
			}
		}
	}
}

// comment skips to the line feed that ends it; a carriage return does not.
func (s *scanner) comment() error {
	for begin := s.pos; ; {
		c, ok := s.peek()
		switch {
		case !ok:
			return nil
		case s.pos-begin == maxToken:
			return s.errorf("too long parameter: a comment of more than %d bytes", maxToken)
		case c == '\n':
			return nil
		}
		s.next()
	}
}

// word reads one token, with its quotes, and leaves what ended it unread.
func (s *scanner) word() (word, error) {
	w := word{start: s.pos, line: s.line}
	quote := byte(0)
	if c := s.src[s.pos]; c == '"' || c == '\'' {
		quote = c
		s.next()
	}
	begin := s.pos
	for dollar := false; ; {
		c, ok := s.peek()
		if !ok {
			return w, s.errorf(`unexpected end of file, expecting ";" or "}"`)
		}
		if s.pos-begin == maxToken {
			return w, s.tooLong(w, quote)
		}
		switch {
		case c == '{' && dollar: // as in ${name}; the flag stays, as nginx's does
			s.next()
			continue
		case c == '\\':
			s.next()
			if _, ok := s.peek(); ok && s.pos-begin < maxToken {
				s.next()
			}
		case c == '$':
			dollar = true
			s.next()
			continue
		case quote != 0 && c == quote:
			w.text = decode(s.src[begin:s.pos])
			s.next()
			w.end = s.pos
			return w, s.afterQuote()
		case quote == 0 && (blank(c) || c == ';' || c == '{'):
			w.text, w.end = decode(s.src[begin:s.pos]), s.pos
			return w, nil
		default:
			s.next()
		}
		dollar = false
	}
}

func (s *scanner) tooLong(w word, quote byte) error {
	text := "too long parameter"
	if quote != 0 {
		text += fmt.Sprintf(", probably missing terminating %q character", string(quote))
	}
	return &SyntaxError{Line: w.line, Text: text}
}

// afterQuote checks what follows a closing quote.
func (s *scanner) afterQuote() error {
	c, ok := s.peek()
	if !ok || blank(c) || c == ';' || c == '{' || c == ')' {
		return nil
	}
	return s.errorf("unexpected %q", string(c))
}

func (s *scanner) peek() (byte, bool) {
	if s.pos >= len(s.src) {
		return 0, false
	}
	return s.src[s.pos], true
}

func (s *scanner) next() {
	if s.src[s.pos] == '\n' {
		s.line++
	}
	s.pos++
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// decode undoes the escapes that nginx undoes in a word; others keep their
// backslash.
func decode(raw []byte) string {
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '\\' && i+1 < len(raw) {
			if at := strings.IndexByte(`"'\trn`, raw[i+1]); at >= 0 {
				c = "\"'\\\t\r\n"[at]
				i++
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}
