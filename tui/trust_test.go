package tui

import (
	"fmt"
	"strings"
	"testing"

	"rota/rollout"
)

// strangers is what is told of n machines that are not known.
func strangers(n int) string {
	lines := []string{"trust the host keys of these machines? they are not known yet"}
	for i := range n {
		lines = append(lines, fmt.Sprintf("web%d ([10.0.0.%d]:22) shows ED25519 SHA256:%043d", i+1, i+1, i+1))
	}
	return strings.Join(append(lines, "a yes is kept in /home/anna/.ssh/known_hosts"), "\n")
}

func TestHostKeyWantsAYes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		keys []string
		want string
		told string
	}{
		{[]string{"T", "y"}, trusted, "answered yes: trust the host keys"},
		{[]string{"N"}, string(rollout.No), "answered no: trust the host keys"},
		{[]string{"T", "enter"}, "(none)", ""},
		{[]string{"T", "n"}, "(none)", ""},
		{[]string{"y"}, "(none)", ""},
		{[]string{"esc", "y"}, "(none)", ""},
	} {
		st := newStory(t, 6, 80, 24)
		a := st.question(trustQuestion(strangers(1)))
		st.wait(quiet)
		st.shows(t, "trust the host keys", "web1 ([10.0.0.1]:22)", fmt.Sprintf("SHA256:%043d", 1), "known_hosts")
		st.press(tt.keys...)
		if got := answer(a); got != tt.want {
			t.Errorf("%v answered %q, want %q", tt.keys, got, tt.want)
		}
		if tt.told != "" {
			st.press("5")
			st.shows(t, tt.told)
		}
	}
}

// Nobody trusts a key that was not on the screen.
func TestHostKeysAreTrustedOnceAllWereShown(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 36}} {
		const n = 40
		st := newStory(t, 6, size[0], size[1])
		a := st.question(trustQuestion(strangers(n)))
		st.press("T")
		st.shows(t, "not all of it was shown yet", "e shows all")
		st.hides(t, "y yes")
		seen := st.screen()
		for range 2 * n {
			st.press("e")
			seen += st.screen()
		}
		for i := range n {
			if !strings.Contains(seen, fmt.Sprintf("SHA256:%043d", i+1)) {
				t.Errorf("%v: the key of web%d was never shown", size, i+1)
			}
		}
		st.press("T", "y")
		if got := answer(a); got != trusted {
			t.Errorf("%v: answered %q", size, got)
		}
	}
}

func TestHostKeysAreRefusedUnread(t *testing.T) {
	t.Parallel()
	st := newStory(t, 6, 80, 24)
	a := st.question(trustQuestion(strangers(12)))
	st.press("N")
	if got := answer(a); got != string(rollout.No) {
		t.Errorf("answered %q", got)
	}
	st.shows(t, "left unknown; r asks again")
}
