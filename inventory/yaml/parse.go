package yaml

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	goyaml "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// What a file may have at most. The library takes time that grows with the
// square of the words and of the depth, and recurses once a level.
const (
	MaxBytes = 256 << 10 // in the file
	maxWords = 40_000
	maxDepth = 60
)

// clean returns the text of a file with "\n" alone at its line ends, and
// without a byte order mark. After an error the text is still good to be
// shown.
func clean(src []byte) (string, *Error) {
	if len(src) > MaxBytes {
		return "", &Error{Position{1, 1}, "the file is too big", fmt.Sprintf("an inventory has at most %d KiB", MaxBytes>>10)}
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	text := strings.ReplaceAll(string(src), "\r\n", "\n")
	line, column := 1, 1
	for i, c := range text {
		switch {
		case c == '\n':
			line, column = line+1, 0
		case c == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			return harmless(text), &Error{Position{line, column}, "this is not UTF-8 text", "save the file as UTF-8"}
		case unicode.IsControl(c) && c != '\t':
			return harmless(text), &Error{Position{line, column}, fmt.Sprintf("a control character (%U) stands here", c), "remove it"}
		}
		column++
	}
	return text, nil
}

// harmless puts a mark in the place of whatever cannot be shown.
func harmless(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && c != '\n' && c != '\t' {
			return utf8.RuneError
		}
		return c
	}, strings.ToValidUTF8(text, string(utf8.RuneError)))
}

// parse returns the one value of a file, or nil where it has none.
func parse(text string) (body ast.Node, bad *Error) {
	tokens := lexer.Tokenize(text)
	if bad := tooMuch(tokens); bad != nil {
		return nil, bad
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntax(err)
	}
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.DirectiveType {
			continue
		}
		if body != nil {
			pos := place(doc.Body.GetToken())
			if doc.Start != nil {
				pos = place(doc.Start)
			}
			return nil, &Error{pos, "a second document begins here", "an inventory is one document: one file for each application"}
		}
		body = doc.Body
	}
	return body, nil
}

// tooMuch tells whether a file is too much for the parser. The depth that it
// counts is that of lines indented below each other and of open brackets.
func tooMuch(tokens token.Tokens) *Error {
	if len(tokens) > maxWords {
		return &Error{place(tokens[maxWords]), "the file is too big", fmt.Sprintf("an inventory has at most %d words", maxWords)}
	}
	open, line := 0, 0
	var columns []int
	for _, t := range tokens {
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			open++
		case token.MappingEndType, token.SequenceEndType:
			open--
		default:
		}
		at := place(t)
		nests := t.Type == token.SequenceEntryType || t.Type == token.MappingKeyType
		if open <= 0 && (nests || at.Line != line) {
			for len(columns) > 0 && columns[len(columns)-1] >= at.Column {
				columns = columns[:len(columns)-1]
			}
			columns = append(columns, at.Column)
		}
		line = at.Line
		if open+len(columns) > maxDepth {
			return &Error{at, "this is nested too deeply", fmt.Sprintf("an inventory has at most %d levels", maxDepth)}
		}
	}
	return nil
}

// syntax tells what the parser found wrong.
func syntax(err error) *Error {
	var e goyaml.Error
	if !errors.As(err, &e) {
		return &Error{Position{1, 1}, "this is not YAML: " + err.Error(), ""}
	}
	text := strings.ReplaceAll(e.GetMessage(), "\t", `\t`)
	return &Error{place(e.GetToken()), "this is not YAML: " + text, remedy(text)}
}

// remedy says what most often mends a syntax error.
func remedy(text string) string {
	for _, r := range [...]struct{ part, hint string }{
		{`\t`, "indent with spaces, not with tabs"},
		{"mapping value is not allowed", `put quotes around a value with ": " in it, and align keys that belong together`},
		{"reserved character", "put quotes around this value"},
		{"must be specified", `between { } and [ ], put quotes around a value with braces, brackets or "," in it`},
		{"non-map value", `a key is followed by ":", and a line that goes on is indented`},
		{"end character", "a closing quote is missing"},
		{"not found", "a closing bracket is missing"},
	} {
		if strings.Contains(text, r.part) {
			return r.hint
		}
	}
	return ""
}

// place returns where a word stands.
func place(t *token.Token) Position {
	if t == nil || t.Position == nil {
		return Position{}
	}
	return Position{t.Position.Line, t.Position.Column}
}
