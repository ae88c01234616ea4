package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

func TestInput(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		keys string // names with a space between them
		want string
	}{
		{"letters are put in", "a b c", "abc"},
		{"backspace removes the one before", "a b backspace c", "ac"},
		{"one can go back and put in", "a c left b", "abc"},
		{"and to both ends", "b home a end c", "abc"},
		{"ctrl+w removes a word", "a space b c ctrl+w d", "a d"},
		{"ctrl+u removes all before", "a b left ctrl+u", "b"},
		{"wide characters are characters", "주 문 backspace", "주"},
		{"keys without a text put nothing in", "a up enter", "a"},
		{"nothing can be removed of nothing", "backspace left ctrl+w ctrl+u a", "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var in input
			for k := range strings.FieldsSeq(tt.keys) {
				in.key(keyOf(k))
			}
			if got := in.value(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTypedTextTakesThePlaceOfASelectedOne(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]string{
		"x y": "xy", "backspace": "", "ctrl+w x": "x", "ctrl+u": "", "left x": "olxd", "end x": "oldx", "up": "old", "up x": "oldx", "": "old",
	} {
		in := newSelected("old")
		for k := range strings.FieldsSeq(keys) {
			in.key(keyOf(k))
		}
		if got := in.value(); got != want {
			t.Errorf("%q makes %q of it, want %q", keys, got, want)
		}
	}
	in := newSelected("old")
	in.insert("new\n")
	if got := in.value(); got != "new" {
		t.Errorf("a paste makes %q of it", got)
	}
}

func TestPasteIsHarmlessAndBounded(t *testing.T) {
	t.Parallel()
	in := newInput("\x1b[31m1.4\t2\r")
	if got := in.value(); got != "1.4     2" {
		t.Errorf("got %q", got)
	}
	in.insert(strings.Repeat("x", 5000))
	if got := len(in.value()); got != longestInput {
		t.Errorf("%d bytes were taken", got)
	}
}

func TestPressed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		key  tea.KeyPressMsg
		want press
	}{
		{"a Latin letter is itself", tea.KeyPressMsg{Code: 'j', Text: "j"}, "j"},
		{"a key by its name", tea.KeyPressMsg{Code: tea.KeyPgUp}, "pgup"},
		{"a Hangul letter is the Latin one on its key", tea.KeyPressMsg{Code: 'ㅓ', Text: "ㅓ"}, "j"},
		{"a doubled one is upper case", tea.KeyPressMsg{Code: 'ㅆ', Text: "ㅆ"}, "T"},
		{"where the terminal tells the key, any of them is", tea.KeyPressMsg{Code: 'ㅊ', Text: "ㅊ", BaseCode: 'c', Mod: tea.ModShift}, "C"},
		{"another script stays as it is", tea.KeyPressMsg{Code: 'ж', Text: "ж"}, "ж"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := pressed(tt.key); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Every key of the list does one thing in a view. Upper-case keys act, and only
// they, but for the three whose lower-case sisters look the other way.
func TestKeysAreNotTakenTwice(t *testing.T) {
	t.Parallel()
	st := newStory(t, 2, 80, 24)
	for st.view = range views {
		taken := map[string]string{}
		for _, c := range st.commands {
			if c.on != nil && !c.on(st.model) && c.group != acting {
				continue
			}
			for _, k := range c.Keys() {
				if other, ok := taken[k]; ok {
					t.Errorf("%v: %q is for %q and for %q", st.view, k, other, c.Help().Desc)
				}
				taken[k] = c.Help().Desc
				upper := k != strings.ToLower(k) && len(k) == 1
				if (c.group == acting) != upper && !strings.Contains("GNY", k) {
					t.Errorf("%q: upper-case keys act, and only they", k)
				}
			}
		}
	}
}

func TestHangulModeSaysWhatItCannotTell(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 120, 40)
	st.press("ㅇ") // d, or D
	st.shows(t, "Hangul mode cannot tell upper-case keys")
	st.press("ㅓ")
	st.hides(t, "Hangul mode")
	if got := st.table.selected().Name; got != "web3" {
		t.Errorf("j chose %s", got)
	}
}
