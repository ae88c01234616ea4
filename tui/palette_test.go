package tui

import (
	"slices"
	"strings"
	"testing"
)

func TestPaletteDoesWhatTheKeyWouldDo(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 120, 40)
	st.press(strings.Split(": e v e n t s enter", " ")...)
	if st.view != eventsView || st.front != nil {
		t.Errorf("the view is %v, a panel is open: %v", st.view, st.front != nil)
	}
	st.press(strings.Split(": r o l l space b a c k enter", " ")...)
	st.carryOut()
	if st.calls != nil {
		t.Fatalf("enter in the palette acted: %v", st.calls)
	}
	st.shows(t, "take the servers that it changed back")
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
	st.shows(t, "no command is called so")
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
	for _, c := range p.shown(st.model) {
		p.input.set(c.Help().Key + " " + c.Help().Desc)
		if found := p.shown(st.model); !slices.ContainsFunc(found, func(f command) bool { return f.Help() == c.Help() }) {
			t.Errorf("%s is not found by its words", c.Help().Key)
		}
		p.input.set("")
	}
	acts := 0
	for _, c := range p.shown(st.model) {
		if c.group == acting {
			acts++
		}
	}
	if acts < 10 {
		t.Errorf("%d acts are listed", acts)
	}
}
