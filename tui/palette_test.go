package tui

import (
	"slices"
	"strings"
	"testing"
)

func TestPaletteDoesWhatTheKeyWouldDo(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 120, 40).withHistory(t)
	st.press(strings.Split(": e v e n t s enter", " ")...)
	if st.view != eventsView || st.front != nil {
		t.Errorf("the view is %v, a panel is open: %v", st.view, st.front != nil)
	}
	st.press(strings.Split(": r o l l space b a c k enter", " ")...)
	st.carryOut()
	if st.calls != nil {
		t.Fatalf("enter in the palette acted: %v", st.calls)
	}
	st.wait(quiet)
	st.shows(t, "take the servers that it changed back", "y yes")
	st.press("enter", "enter")
	st.carryOut()
	if st.calls != nil {
		t.Fatalf("enter acted: %v", st.calls)
	}
	st.press("y")
	st.carryOut()
	if want := []string{"start rollback []"}; !slices.Equal(st.calls, want) {
		t.Errorf("did %v, want %v", st.calls, want)
	}
}

func TestPaletteSaysWhyNot(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40)
	st.press(strings.Split(": d e p l o y", " ")...)
	st.shows(t, "(not now: a run is under way)")
	st.press("enter")
	st.shows(t, "D deploy: not now, a run is under way")
	st.press(":", "z", "z", "z")
	st.shows(t, "nothing is called so")
	st.press("enter", "down", "up", "esc")
	if st.front != nil || st.calls != nil {
		t.Error("the palette is still open, or has done something")
	}
}

// Each command can be found by its key, and by its words.
func TestPaletteListsAll(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 120, 40)
	p := &palette{}
	all := p.shown(st.model)
	for _, o := range all {
		p.input.set(o.key + " " + o.does)
		if found := p.shown(st.model); !slices.ContainsFunc(found, func(f offer) bool { return f.does == o.does }) {
			t.Errorf("%s is not found by its words", o.key)
		}
	}
	for _, c := range st.commands {
		if c.group == acting && !slices.ContainsFunc(all, func(o offer) bool { return o.does == c.Help().Desc }) {
			t.Errorf("%s is not listed", c.Help().Key)
		}
	}
}

// What the open question offers is found, and asks for its yes as by its key.
func TestPaletteHasTheChoicesOfTheQuestion(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	a := st.question(canaryQuestion)
	st.press(strings.Split("tab : r o l l", " ")...)
	st.shows(t, "▸ R        rollback: end", "roll back: what the last run changed (not now: it is a choice")
	st.press("enter")
	st.shows(t, "rollback: end")
	st.wait(quiet)
	st.shows(t, "y yes")
	if got := answer(a); got != "(none)" {
		t.Fatalf("answered %q without a yes", got)
	}
	st.press("n")
	st.wait(quiet)
	st.shows(t, "C continue")
	st.press(strings.Split(": u n d o enter y", " ")...)
	if got := answer(a); got != "rollback" {
		t.Errorf("answered %q", got)
	}
}

func TestPaletteGivesKeysToAPanel(t *testing.T) {
	t.Parallel()
	st := running(t, 60, 20)
	q := canaryQuestion
	q.ByHand = []string{"rota restore web1"}
	st.question(q)
	st.hides(t, "rota restore web1")
	st.press(strings.Split(": b y space h a n d enter", " ")...)
	st.shows(t, "rota restore web1")
	st.press("b")
	st.hides(t, "rota restore web1", "24s so far")
	st.press(strings.Split(": e v e r y enter", " ")...)
	st.shows(t, "24s so far")
	st.press("esc")
	st.press(strings.Split(": f o l d enter", " ")...)
	st.hides(t, "C continue")
	st.press(strings.Split(": f o l d enter", " ")...)
	st.wait(quiet)
	st.shows(t, "C continue")
}

func TestPaletteKnowsOtherWords(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 120, 40)
	for word, key := range map[string]string{
		"drain": "O", "undrain": "I", "restore": "I", "quit": "q", "exit": "q", "logs": "3", "describe": "i",
		"ssh": "E", "undo": "R", "rollback": "R", "lock": "L", "unlock": "L", "q": "q", "deploy": "D",
	} {
		p := &palette{}
		p.input.set(word)
		if found := p.shown(st.model); len(found) == 0 || found[0].key != key {
			t.Errorf("%s finds %v first, want %s", word, found, key)
		}
	}
}

func TestPaletteFindsServers(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 80, 24)
	st.press(strings.Split(": w e b 5", " ")...)
	if got := st.table.selected().Name; got != "web5" {
		t.Errorf("the cursor is on %s", got)
	}
	st.press("esc")
	if got := st.table.selected().Name; got != "web5" || st.view != serversView {
		t.Errorf("the cursor is on %s in %v", got, st.view)
	}
	st.press(strings.Split("/ w e b 1 enter : w e b 6 enter", " ")...)
	if got := st.table.selected().Name; got != "web6" || st.view != outputView {
		t.Errorf("%v of %s is open", st.view, got)
	}
}
