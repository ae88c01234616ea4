package conf

import "bytes"

// lua skips the body of a *_by_lua_block, up to its closing brace. It is not
// nginx's grammar: the Lua module reads it with a lexer of its own (nested
// braces, short and long strings, short and long comments).
func (s *scanner) lua() error {
	start := s.line
	for depth := 1; ; {
		rest := s.src[s.pos:]
		if len(rest) == 0 {
			return &SyntaxError{Line: start, Text: `unexpected end of file, expecting "}" of a Lua block`}
		}
		skip := 1
		switch c := rest[0]; c {
		case '{':
			depth++
		case '}':
			depth--
		case '"', '\'':
			skip = luaString(rest)
		case '[':
			skip = max(1, luaLong(rest))
		case '-':
			skip = luaComment(rest)
		}
		for range skip {
			s.next()
		}
		if depth == 0 {
			return nil
		}
	}
}

// luaString returns the length of a short string; 1 where it is not ended on
// its line, so that the quote is an ordinary byte.
func luaString(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '\n':
			return 1
		case b[0]:
			return i + 1
		}
	}
	return 1
}

// luaLong returns the length of a long string, [[…]] or [=[…]=]; 0 where b does
// not begin with a whole one.
func luaLong(b []byte) int {
	level := 1
	for level < len(b) && b[level] == '=' {
		level++
	}
	if level >= len(b) || b[level] != '[' {
		return 0
	}
	end := append(append([]byte{']'}, b[1:level]...), ']')
	at := bytes.Index(b[level+1:], end)
	if at < 0 {
		return 0
	}
	return level + 1 + at + len(end)
}

// luaComment returns the length of a comment, or 1 where b is but a minus.
func luaComment(b []byte) int {
	if !bytes.HasPrefix(b, []byte("--")) {
		return 1
	}
	if n := luaLong(b[2:]); n > 0 {
		return 2 + n
	}
	if at := bytes.IndexByte(b, '\n'); at >= 0 {
		return at
	}
	return len(b)
}
