package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rota/rollout"
	"rota/tui/paint"
)

// printed is a run in which web3 prints lines 1 to n, on its output.
func printed(t testing.TB, n, width, height int, c ...func(*Config)) *story {
	st := running(t, width, height, c...)
	st.together(func() {
		for i := range n {
			line := fmt.Sprintf("line %d: all is well", i+1)
			if i%50 == 9 {
				line = fmt.Sprintf("line %d: an ERROR of some kind", i+1)
			}
			st.event(rollout.Event{Kind: rollout.Output, Server: "web3", Stream: "out", Line: line})
		}
	})
	st.press("enter")
	return st
}

func TestSearch(t *testing.T) {
	t.Parallel()
	st := printed(t, 200, 80, 24)
	at := func(line string) {
		t.Helper()
		for l := range strings.SplitSeq(st.screen(), "\n") {
			if strings.HasPrefix(l, "▸") && strings.Contains(l, " "+line+": ") {
				return
			}
		}
		t.Errorf("%s is not found in\n%s", line, st.screen())
	}
	st.press("n")
	st.shows(t, "n next: not now, nothing is looked for: / asks what")
	st.press("/", "e", "r", "r", "o", "r")
	at("line 160")
	if !strings.Contains(st.View().Content, "\x1b[7mERROR\x1b[m") {
		t.Error("the hit is not marked")
	}
	st.press("up")
	at("line 110")
	st.press("enter", "N")
	at("line 60")
	st.press("N", "N")
	at("line 160")
	st.press("n")
	at("line 10")
	st.press("/", "x", "y")
	st.shows(t, "no line has xy")
	st.press("esc", "5", "/", "w", "e", "b", "1")
	st.shows(t, "search: web1")
	st.press("enter", "esc")
	if st.view != eventsView || st.search.text != "" {
		t.Error("esc does not end the search first")
	}
	st.press("esc")
	if st.view != serversView {
		t.Error("esc does not go back then")
	}
}

// What is typed to search is no key of a panel that opens meanwhile.
func TestSearchKeepsItsKeys(t *testing.T) {
	t.Parallel()
	st := printed(t, 20, 80, 24)
	st.press("/", "a")
	q := st.question(gateQuestion)
	st.press("C", "y")
	if got := answer(q); got != "(none)" || st.search.text != "acy" {
		t.Errorf("answered %s, looks for %q", got, st.search.text)
	}
}

func TestOutputKeepsItsColours(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24, func(c *Config) { c.Color = true })
	st.event(rollout.Event{
		Kind: rollout.Output, Server: "web3", Stream: "out", Line: "an error here",
		Colors: []rollout.Color{{At: 3, SGR: 31}, {At: 8, SGR: 0}},
	})
	st.event(rollout.Event{ // what no gate would let through
		Kind: rollout.Output, Server: "web3", Stream: "out", Line: "다른 줄", Colors: []rollout.Color{{At: 900, SGR: 31}, {At: -1, SGR: 32}},
	})
	st.press("enter")
	st.shows(t, "an error here", "다른 줄")
	bad := st.pen.Begin(9).Put(paint.Bad, "error").End()
	if !strings.Contains(st.View().Content, "an "+bad+" here") {
		t.Errorf("the colours are lost: %q", st.View().Content)
	}
	if err := st.check(); err != nil {
		t.Error(err)
	}
}

func TestHitsAreCounted(t *testing.T) {
	t.Parallel()
	st := printed(t, 200, 80, 24)
	counted := func(want string) {
		t.Helper()
		if got := st.hitsWords(); got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
		st.shows(t, " "+want)
	}
	st.press("/", "e", "r", "r", "o", "r")
	counted("4 of 4")
	st.press("enter", "N", "N")
	counted("2 of 4")
	st.event(rollout.Event{Kind: rollout.Output, Server: "web3", Stream: "out", Line: "one more Error"})
	counted("2 of 5")
	st.press("o") // others have their numbers now
	counted("5 lines")
	st.press("n")
	counted("1 of 5")
	st.press("o", "o", "5")
	counted("no line")
	st.press("3")
	counted("5 lines")
	st.press("right")
	counted("no line")
	st.press("left", "/", "z")
	counted("no line")
	if err := st.check(); err != nil {
		t.Error(err)
	}
}

// What has been scrolled away for good is no hit any more.
func TestHitsGoWithTheirLines(t *testing.T) {
	t.Parallel()
	st := printed(t, keep-50, 80, 24) // with those of before, fewer than are kept
	st.press("/", "e", "r", "r", "o", "r", "enter")
	check := func() {
		t.Helper()
		first, end, at := st.textOf(st.view)
		var want []int
		for i := first; i < end; i++ {
			if _, words := at(i); strings.Contains(strings.ToLower(words), "error") {
				want = append(want, i)
			}
		}
		if got := st.hits(); !slices.Equal(got, want) {
			t.Errorf("the hits are %v, want %v", got, want)
		}
	}
	for range 3 {
		check()
		st.together(func() {
			for i := range 120 {
				st.event(rollout.Event{Kind: rollout.Output, Server: "web3", Stream: []string{"out", "lb"}[i%2], Line: fmt.Sprintf("error %d", i%3)})
			}
		})
	}
	st.press("o")
	for range 3 {
		check()
		st.event(rollout.Event{Kind: rollout.Output, Server: "web3", Stream: "out", Line: "error"})
	}
}
