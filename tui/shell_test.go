package tui

import (
	"errors"
	"slices"
	"testing"
)

func TestInfo(t *testing.T) {
	t.Parallel()
	st := newStory(t, 2, 80, 24, func(c *Config) {
		c.Servers[0].Address, c.Servers[0].Host = "10.0.0.11:8080", "deploy@web1"
	})
	st.press("i")
	st.shows(t, "address 10.0.0.11:8080, groups blue, host deploy@web1", "asking the host")
	st.carryOut()
	st.shows(t, "logged in as deploy@web1", "its host key: ED25519 SHA256:abc", "esc closes")
	st.hides(t, "asking the host")
	st.press("esc")
	st.hides(t, "its host key")
}

func TestShell(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	st.press("E", "enter")
	st.carryOut()
	if st.calls != nil {
		t.Fatalf("did %v without a yes", st.calls)
	}
	st.shows(t, "a run is under way: it goes on, and its questions wait until the shell ends", "it has web3 in work now: deploying")
	st.press("y")
	st.carryOut()
	if want := []string{"shell on web3"}; !slices.Equal(st.calls, want) {
		t.Errorf("did %v, want %v", st.calls, want)
	}
	st.send(shellEnded{"web3", errors.New("exit status 255")})
	st.shows(t, "the shell on web3 has ended: exit status 255")
	st.send(news{signals: []string{"SIGINT", "SIGINT"}}) // typed in the shell
	st.carryOut()
	st.hides(t, "stop the run?")
	if len(st.calls) != 1 {
		t.Errorf("did %v", st.calls)
	}
	st.fails = errors.New("there is no ssh here")
	st.press("E", "y")
	st.carryOut()
	st.shows(t, "no shell on web3", "there is no ssh here")
}

func TestNoShellOnAReadOnlyScreen(t *testing.T) {
	t.Parallel()
	st := newStory(t, 2, 100, 24, func(c *Config) { c.ReadOnly = true })
	st.press("E")
	st.shows(t, "E shell on the server's host, by ssh: not now, this screen is read-only")
}
