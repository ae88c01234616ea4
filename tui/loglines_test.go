package tui

import (
	"strings"
	"testing"

	"rota/rollout"
)

func TestLongLinesAreWrapped(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	long := strings.Repeat("0123456789", 20) + "서울서울서울 the end"
	say := func(lines ...string) {
		for _, l := range lines {
			st.event(rollout.Event{Kind: rollout.Output, Server: "web3", Stream: "out", Line: l})
		}
	}
	say(long, "after it")
	st.press("enter")
	st.hides(t, "the end")
	st.press("w")
	st.shows(t, "서울 the end", "after it", "following")
	if err := st.check(); err != nil {
		t.Error(err)
	}
	for i := range 30 {
		say("line "+strings.Repeat("x", i*9), "", long)
	}
	st.shows(t, "the end", "following")
	for range 200 {
		st.press("up")
		st.hides(t, "following")
		if err := st.check(); err != nil {
			t.Fatal(err)
		}
	}
	st.shows(t, "take out of rotation") // the first line
	for range 200 {
		st.press("down")
	}
	st.shows(t, "the end", "following")
	st.press("w")
	st.hides(t, "the end")
}

func TestWrapOnAnyWidth(t *testing.T) {
	t.Parallel()
	st := newStory(t, 1, 80, 24)
	for _, text := range []string{"", "x", strings.Repeat("서", 40), strings.Repeat("ab ", 40)} {
		for width := range 60 {
			rows := st.wrapped(line{at: noon, source: "out", text: text}, 0, width)
			all := ""
			for _, r := range rows {
				all += strings.TrimPrefix(strings.TrimPrefix(plainText(r), " 12:00:00 out   "), strings.Repeat(" ", beforeWords))
			}
			if width > beforeWords+2 && strings.TrimRight(all, " ") != strings.TrimRight(text, " ") {
				t.Errorf("width %d: %q became %q", width, text, all)
			}
		}
	}
}

func TestFromServerToServer(t *testing.T) {
	t.Parallel()
	st := printed(t, 5, 80, 24)
	st.shows(t, " web3 ", "line 5")
	st.press("right", "right")
	st.shows(t, " web5 ", "batch 3")
	st.hides(t, "line 5", "batch 3  1.41.0 → 1.42.0  batch 3")
	st.press("left", "left", "left")
	st.shows(t, " web3 ", "line 5", "following")
}

func TestWhatABalancerWasToldAndSaidIsToldApart(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	for _, e := range []rollout.Event{
		{Server: "web3", Line: "set server shop/web3 state maint"},
		{Server: "web5", Line: "set server shop/web5 state maint"},
		{Servers: []string{"web3", "web5"}, Said: true, Line: "Permission denied"},
	} {
		e.Kind, e.Balancer, e.Stream = rollout.Output, "lb1", "lb"
		st.event(e)
	}
	st.press("enter", "o", "o")
	st.shows(t, " web3 ", "lb1 > set server shop/web3 state maint", "lb1 < Permission denied", "lb1 says out")
	st.hides(t, "web5 state", "rota  ")
	st.press("right", "right")
	st.shows(t, " web5 ", "lb1 > set server shop/web5 state maint", "lb1 < Permission denied")
	st.hides(t, "web3 state")
}
