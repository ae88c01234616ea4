package tui

import (
	"slices"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"rota/internal/text"
	"rota/tui/paint"
)

// input is a line that a person types. It draws nothing: whoever owns it shows
// its text, or for a secret does not.
type input struct {
	runes []rune
	at    int  // where the next character goes
	raw   bool // every character counts

	selected bool // all of it: what is typed next takes its place
}

// longestInput is far more than any version, reason or passphrase has.
const longestInput = 1024

func newInput(s string) input {
	in := input{}
	in.insert(s)
	return in
}

// newSelected makes a line whose text what is typed next takes the place of.
func newSelected(s string) input {
	in := newInput(s)
	in.selected = s != ""
	return in
}

func (in *input) value() string { return string(in.runes) }

// before is the text to the left of the cursor.
func (in *input) before() string { return string(in.runes[:in.at]) }

func (in *input) set(s string) { *in = newInput(s) }

// insert puts a text in, as a paste does: as one harmless line, or where every
// character counts the first line as it is.
func (in *input) insert(s string) {
	if in.raw {
		s, _, _ = strings.Cut(strings.ReplaceAll(s, "\r", "\n"), "\n")
	} else {
		s = text.Clean(s)
	}
	if s != "" && in.selected {
		in.clear()
	}
	add := []rune(s)
	add = add[:min(len(add), longestInput-len(in.runes))]
	in.runes = slices.Insert(in.runes, in.at, add...)
	in.at += len(add)
}

// role is how its text is shown.
func (in *input) role() paint.Role {
	if in.selected {
		return paint.Chosen
	}
	return paint.Plain
}

// erases reports whether a key removes something.
func erases(key string) bool {
	switch key {
	case "backspace", "ctrl+h", "delete", "ctrl+d", "ctrl+w", "alt+backspace", "ctrl+u", "ctrl+k":
		return true
	}
	return false
}

func (in *input) clear() { in.runes, in.at, in.selected = nil, 0, false }

// key edits the line by the keys that a shell has.
func (in *input) key(k tea.KeyPressMsg) {
	if in.selected && k.Text == "" {
		in.selected = false
		if erases(k.String()) {
			in.clear()
			return
		}
	}
	switch k.String() {
	case "left", "ctrl+b":
		in.at = max(in.at-1, 0)
	case "right", "ctrl+f":
		in.at = min(in.at+1, len(in.runes))
	case "home", "ctrl+a":
		in.at = 0
	case "end", "ctrl+e":
		in.at = len(in.runes)
	case "backspace", "ctrl+h":
		in.remove(in.at - 1)
	case "delete", "ctrl+d":
		if in.at < len(in.runes) {
			in.runes = slices.Delete(in.runes, in.at, in.at+1)
		}
	case "ctrl+w", "alt+backspace":
		in.remove(in.word())
	case "ctrl+u":
		in.remove(0)
	case "ctrl+k":
		in.runes = in.runes[:in.at]
	default:
		in.insert(k.Text)
	}
}

// remove removes what stands between i and the cursor.
func (in *input) remove(i int) {
	i = max(i, 0)
	in.runes = slices.Delete(in.runes, i, in.at)
	in.at = i
}

// word is where the word to the left of the cursor begins.
func (in *input) word() int {
	i := in.at
	for i > 0 && unicode.IsSpace(in.runes[i-1]) {
		i--
	}
	for i > 0 && !unicode.IsSpace(in.runes[i-1]) {
		i--
	}
	return i
}
