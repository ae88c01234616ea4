package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// copied returns what the last command gives to the clipboard.
func (st *story) copied(t *testing.T) string {
	t.Helper()
	if len(st.cmds) == 0 {
		return ""
	}
	last := st.cmds[len(st.cmds)-1]
	return fmt.Sprint(last())
}

func TestCopy(t *testing.T) {
	t.Parallel()
	st := printed(t, 200, 80, 24)
	st.press("y")
	got := strings.Split(st.copied(t), "\n")
	if len(got) != 13 || !strings.HasSuffix(got[12], " out   line 200: all is well") {
		t.Errorf("copied %q", got)
	}
	st.shows(t, "13 lines sent to the terminal's clipboard")
	st.press("Y")
	if all := strings.Split(st.copied(t), "\n"); len(all) < 200 || !strings.Contains(all[0], "take out of rotation") {
		t.Errorf("copied %d lines, the first is %q", len(all), all[0])
	}
	st.press("1", "y")
	if got := st.copied(t); got != "web3" {
		t.Errorf("copied %q", got)
	}
	st.press("6", "y")
	if got := st.copied(t); got != "web3" {
		t.Errorf("copied %q", got)
	}
	for _, view := range []string{"2", "4", "5", "6", "?"} {
		st.press(view, "Y")
		if got := st.copied(t); got == "" || strings.ContainsRune(got, 0x1b) {
			t.Errorf("in view %s copied %q", view, got)
		}
	}
}

func TestCopyIsNeverTooLong(t *testing.T) {
	t.Parallel()
	st := printed(t, keep, 80, 24)
	st.press("Y")
	if got := st.copied(t); len(got) > longestCopy || !strings.HasSuffix(got, fmt.Sprintf("line %d: all is well", keep)) {
		t.Errorf("%d bytes were copied, they end in %q", len(got), got[max(len(got)-80, 0):])
	}
	st.shows(t, "the last ")
}

func TestSave(t *testing.T) {
	t.Parallel()
	st := printed(t, 20, 80, 24)
	st.cmds = nil
	st.wait(quiet)
	st.send(tea.KeyPressMsg{Code: 's', Mod: tea.ModCtrl})
	st.carryOut()
	st.shows(t, "saved to /home/anna/web3.log")
	st.press("5")
	st.shows(t, "saved to /home/anna/web3.log")
	if len(st.calls) != 1 || st.calls[0] != "save 32 lines of web3" {
		t.Errorf("did %q", st.calls)
	}
}
