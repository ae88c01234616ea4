package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// given is the secret that was given, "(refused)" or "(none)" as yet.
func given(a *ask) string {
	select {
	case word, ok := <-a.reply:
		if !ok {
			return "(refused)"
		}
		return word
	default:
		return "(none)"
	}
}

func letters(s string) []string { return strings.Split(s, "") }

func TestSecretIsNeverShown(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40)
	a := st.secretAsked("passphrase of id_ed25519")
	at := st.table.cursor
	st.send(keyOf("j")) // too soon: it moves the cursor
	st.send(tea.PasteMsg{Content: "too soon"})
	if st.table.cursor != at+1 {
		t.Error("the panel took a key that nobody meant for it")
	}
	st.press(letters("hunter2")...)
	st.send(tea.PasteMsg{Content: "-pasted\r"})
	st.hides(t, "hunter2", "pasted")
	st.shows(t, "passphrase of id_ed25519", " type it: **************\n", "WAITING FOR YOU")
	st.press("enter")
	if got := given(a); got != "hunter2-pasted" {
		t.Errorf("got %q", got)
	}
	st.hides(t, "passphrase", "*****")
}

// A passphrase is what its owner typed: nothing of it is made harmless.
func TestSecretIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"pässword 길", " two  spaces ", "a\tb", "zero\u200bwidth", "e\u0301 in two parts", "☃"} {
		st := newStory(t, 6, 60, 16)
		a := st.secretAsked("a passphrase")
		st.wait(quiet)
		st.send(tea.PasteMsg{Content: secret + "\nthe next line"})
		st.hides(t, secret, "next line")
		st.press("enter")
		if got := given(a); got != secret {
			t.Errorf("got %q, want %q", got, secret)
		}
	}
}

func TestSecretPanel(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		keys []string
		want string
	}{
		{"enter gives what was typed", []string{"x", "enter"}, "x"},
		{"enter alone gives nothing", []string{"enter"}, "(none)"},
		{"esc asks once more", []string{"x", "esc", "enter"}, "(none)"},
		{"a yes gives it up", []string{"x", "esc", "y"}, "(refused)"},
		{"a no goes on", []string{"x", "esc", "n", "y", "enter"}, "xy"},
		{"the line can be edited", []string{"a", "b", "backspace", "left", "c", "enter"}, "ca"},
		{"keys that act are letters of it", []string{"X", "D", "q", "enter"}, "XDq"},
		{"folded it takes no key", []string{"x", "tab", "D", "enter", "esc"}, "(none)"},
		{"and goes on where it was", []string{"x", "tab", "j", "tab", "y", "enter"}, "xy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := running(t, 80, 24)
			a := st.secretAsked("sudo password of deploy on web1")
			st.press(tt.keys...)
			if got := given(a); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSecretThatWasWrongIsToldSo(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{60, 16}, {80, 24}} {
		st := newStory(t, 6, size[0], size[1])
		st.secretAsked("that passphrase was wrong: 2 of 3 tries left\npassphrase of /home/anna/.ssh/keys of the company/id_ed25519\x1b[2J")
		st.wait(quiet)
		st.shows(t, "that passphrase was wrong: 2 of 3 tries left", "id_ed25519", "type it:", "esc gives it up")
		st.hides(t, "\x1b", "[2J")
	}
}

func TestSecretThatIsGivenUpIsTold(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	st.secretAsked("passphrase of id_ed25519")
	st.press("esc")
	st.wait(quiet)
	st.shows(t, "whatever needs it fails", "y yes")
	st.press("y")
	st.shows(t, "r asks for it again", "RUNNING")
	st.press("5")
	st.shows(t, "not given: passphrase of id_ed25519")
	st.cmds = nil
	st.press("r")
	st.carryOut()
	if len(st.calls) != 1 || st.calls[0] != "refresh" {
		t.Errorf("it did %v", st.calls)
	}
}

// Who reaches a host is asked before what the run asks, but not in the middle of
// an answer.
func TestSecretGoesBeforeAGate(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	gate := st.question(gateQuestion)
	secret := st.secretAsked("passphrase of id_ed25519")
	st.press("a")
	st.shows(t, "type it: *", "1 more question waits")
	st.press("enter")
	if got := given(secret); got != "a" {
		t.Errorf("got %q", got)
	}
	st.wait(quiet)
	st.shows(t, "C continue")
	st.press("C")
	second := st.secretAsked("sudo password")
	st.press("y")
	if got := answer(gate); got != "continue" {
		t.Errorf("the gate got %q", got)
	}
	st.press("b", "enter")
	if got := given(second); got != "b" {
		t.Errorf("got %q", got)
	}
}

// A person who presses ctrl+c wants to stop, whatever is asked.
func TestSecretLetsStop(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	st.secretAsked("sudo password")
	st.press("s", "ctrl+c", "ctrl+c")
	st.carryOut()
	if len(st.calls) != 1 || st.calls[0] != "stop" {
		t.Errorf("it did %v", st.calls)
	}
}

// A server may have much to say before it asks: what has no room is counted.
func TestSecretWithLongNotes(t *testing.T) {
	t.Parallel()
	notes := make([]string, 12)
	for i := range notes {
		notes[i] = "note " + string(rune('A'+i))
	}
	for size, hides := range map[[2]int]bool{{60, 16}: true, {120, 36}: false} {
		st := newStory(t, 6, size[0], size[1])
		st.secretAsked(strings.Join(notes, "\n") + "\none-time code of deploy on web1")
		st.press("1", "2")
		st.shows(t, "one-time code of deploy on web1", "note A", "type it: **")
		if strings.Contains(st.screen(), "more lines: a larger screen shows them") != hides || strings.Contains(st.screen(), "note L") == hides {
			t.Errorf("%v: notes are hidden without a word, or none had to be:\n%s", size, st.screen())
		}
	}
}
