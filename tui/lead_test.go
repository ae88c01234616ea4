package tui

import (
	"testing"

	"rota/rollout"
)

// The server that is asked about is in sight, with its question.
func TestAQuestionShowsItsServer(t *testing.T) {
	t.Parallel()
	about := func(server string, batch int) rollout.Question {
		q := failureQuestion
		q.Server, q.Batch = server, batch
		return q
	}
	on := func(st *story, want string) {
		t.Helper()
		if got := st.table.selected().Name; got != want {
			t.Errorf("the cursor is on %s, want %s", got, want)
		}
		st.shows(t, "▸ "+want)
	}
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 40}} {
		st := running(t, size[0], size[1])
		st.press("s") // by name
		first := st.question(about("web6", 3))
		on(st, "web6")
		st.press("S", "y")
		answer(first)
		on(st, "web1") // nobody has moved it: the first line again
		next := st.question(about("", 3))
		on(st, "web5")
		st.press("j", "j", "S", "y") // a person looks at another one
		answer(next)
		on(st, "주문서버-4.서울")
		next = st.question(about("web6", 3))
		on(st, "주문서버-4.서울")
		st.press("S", "y")
		answer(next)
		next = st.question(about("web6", 3)) // nobody has moved it since
		on(st, "web6")
		st.press("S", "y")
		answer(next)
		on(st, "web6")
	}
}

// The server stays in sight where a person looks at another one, or filters it out.
func TestTheServerOfAQuestionStaysInSight(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 36}} {
		st := newStory(t, 40, size[0], size[1])
		st.press("G") // before the run
		st.begin()
		st.deployed("web1", rollout.Failed)
		q := canaryQuestion
		q.Kind, q.Server = rollout.AskFailure, "web1"
		a := st.question(q)
		st.wait(quiet)
		st.shows(t, "▸ web1 ")
		st.press("G")
		st.shows(t, "\n  web1 ", "✗ FAILED")
		st.shows(t, "▸ web40")
		st.press("/", "w", "e", "b", "3", "9", "enter")
		st.shows(t, "\n  web1 ", "▸ web39")
		st.press("esc", "G", "k") // esc takes the filter away
		st.clickOn(t, "web39 ")
		if got := st.table.selected().Name; got != "web39" {
			t.Errorf("%v: a click chose %s", size, got)
		}
		st.send(news{withdrawn: []*ask{a}})
		st.hides(t, "\n  web1 ")
	}
}

// Who reads the output of a server goes on reading it.
func TestAQuestionLeavesWhoReadsAlone(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	st.press("j", "enter")
	st.question(failureQuestion)
	st.shows(t, "주문서버-4.서울  ◐ draining")
	st.press("S", "y")
	st.shows(t, "주문서버-4.서울  ◐ draining")
}
