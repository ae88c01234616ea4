package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
)

// canaryQuestion is a gate with all that a gate can tell.
var canaryQuestion = rollout.Question{
	ID: "q4", Kind: rollout.AskGate, Batch: 2, Text: "batch 1 of 3 is done; go on with batch 2 (web3, web4)?",
	Facts: []string{
		"1 of 6 servers done, 0 failed, 24s so far; this batch took 23s, the other 3 will take about 25s",
		"web1: serving, runs 1.42.0, in on lb1 (L7OK)",
		"traffic: 1.42.0 16%, 1.41.0 84%",
		"lb1: errors since the run began: web1 3",
		"new 1.42.0: 117 requests, 2.5% errors, 37 ms; old 1.41.0: 1,639, 0.0% errors, 44 ms",
		"lb1 shop: 4 stay in rotation, floor 3; 4 sessions now, then about 1 on each (most seen on one 5)",
	},
	Choices: []rollout.Choice{
		{Key: "C", Word: rollout.Continue, Then: "take web3, web4 out next"},
		{Key: "A", Word: rollout.ContinueAll, Then: "go on to the end, ask no more gates"},
		{Key: "W", Word: rollout.Wait, Then: "watch for another minute, then ask again"},
		{Key: "P", Word: rollout.Pause, Then: "stop here for now; rota resume goes on"},
		{Key: "R", Word: rollout.RollBack, Then: "end: 5 servers back to the earlier version: web1, web2, web3 and 2 more of a long name"},
		{Key: "X", Word: rollout.Abort, Then: "end for good, with both versions in rotation", Wide: true},
	},
}

var sizes = [][2]int{{60, 16}, {60, 20}, {80, 24}, {100, 20}, {120, 36}, {200, 50}}

// Where a gate cannot show all of its evidence it shows the floor and the
// errors, and says that there is more.
func TestAGateShowsTheFloorAndTheErrors(t *testing.T) {
	t.Parallel()
	for _, size := range sizes {
		st := running(t, size[0], size[1])
		st.question(canaryQuestion)
		st.wait(quiet)
		st.shows(t, "C continue", "floor 3")
		if size[0] >= 80 {
			st.shows(t, "errors since the run began: web1 3", "2.5% errors")
		}
		if strings.Contains(st.screen(), "24s so far") == strings.Contains(st.screen(), "e shows all") {
			t.Errorf("%v: something is left out without a word, or nothing is:\n%s", size, st.screen())
		}
	}
}

// All that is asked can be read on any screen, to its last word.
func TestNothingOfAQuestionIsCut(t *testing.T) {
	t.Parallel()
	failure := failureQuestion
	failure.Text = "web3 has failed: GET http://127.0.0.1:38395/healthz: 503, want 200 (2ms) (tried 50 times in 15s)"
	for _, q := range []rollout.Question{canaryQuestion, failure, drainQuestion} {
		for _, size := range sizes {
			st := running(t, size[0], size[1])
			st.question(q)
			st.wait(quiet)
			seen := st.screen()
			for range 12 {
				st.press("e")
				seen += st.screen()
			}
			texts := append([]string{q.Text}, append(q.Facts, q.Output...)...)
			for _, c := range q.Choices {
				texts = append(texts, c.Word, c.Then)
			}
			for _, s := range texts {
				for word := range strings.FieldsSeq(s) {
					if !strings.Contains(seen, word) {
						t.Errorf("%v: %q of %q is never shown", size, word, s)
					}
				}
			}
		}
	}
}

func TestEvidenceIsReadLikeAPage(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	q := canaryQuestion
	q.Facts = nil
	for i := range 40 {
		q.Facts = append(q.Facts, "fact "+string(rune('A'+i%26))+strings.Repeat("!", i/26))
	}
	a := st.question(q)
	st.wait(quiet)
	st.shows(t, "fact N!", "C continue")
	st.hides(t, "fact A\n")
	at := st.table.cursor
	st.press("e")
	st.shows(t, "fact A\n", "lines 1-", "of 41", "C continue", "esc goes back")
	st.hides(t, "SERVER")
	st.press("j", "down", "k")
	st.shows(t, "lines 2-")
	st.press("G")
	st.shows(t, "fact N!", "-41 of 41")
	st.send(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
	st.hides(t, "fact N!")
	st.press("k", "home", "pgdown", "pgup")
	st.shows(t, "lines 1-")
	if st.table.cursor != at {
		t.Error("the cursor of the table has moved behind the page")
	}
	st.press("esc")
	st.shows(t, "SERVER", "C continue", "e shows all")
	st.press("e", "C", "y")
	if got := answer(a); got != rollout.Continue {
		t.Errorf("answered %q from the page", got)
	}
}

// A title that is too long stands in full below the edge, and what is beside it
// stays in sight.
func TestLongTitles(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	q := failureQuestion
	q.Text = "web3 has failed: GET http://127.0.0.1:38395/healthz: 503, want 200 (2ms) (tried 50 times in 15s)"
	st.question(q)
	st.wait(quiet)
	st.shows(t, "━━ web3 has failed ━━━", "503, want 200 (2ms)\n (tried 50 times in 15s)", " 1-5 of 6 ━━")
	st.press("tab")
	st.shows(t, "━━ web3 has failed ━━━", "tab or a choice's key opens")
	st.press("T")
	st.shows(t, "━━ web3 has failed ━━━", "retry")
	st = newStory(t, 6, 80, 24)
	st.press("a", "O")
	st.shows(t, "take web1, web2, web3, 주문서버-4.서울, web5, web6 out of rotation: why?")
}
