package tui

import (
	"fmt"
	"slices"
	"testing"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
)

// rung returns what the last messages write to the terminal beside the frame.
func (st *story) rung() []string {
	var raw []string
	var look func(tea.Msg)
	look = func(msg tea.Msg) {
		switch msg := msg.(type) {
		case tea.BatchMsg:
			for _, c := range msg {
				if c != nil {
					look(c())
				}
			}
		case tea.RawMsg:
			raw = append(raw, fmt.Sprint(msg.Msg))
		}
	}
	cmds := st.cmds
	st.cmds = nil
	for _, c := range cmds {
		look(c())
	}
	return raw
}

func TestNotices(t *testing.T) {
	t.Parallel()
	tests := []struct {
		env  tea.EnvMsg
		want string
	}{
		{tea.EnvMsg{"TERM=xterm-256color"}, "\a"},
		{tea.EnvMsg{"TERM=xterm-256color", "TERM_PROGRAM=WezTerm"}, "\a\x1b]9;shop: web3 has gone ; away\a"},
		{tea.EnvMsg{"TERM=xterm-kitty"}, "\a\x1b]9;shop: web3 has gone ; away\a"},
		{tea.EnvMsg{"TERM=foot"}, "\a\x1b]777;notify;shop;web3 has gone ; away\a"},
		{tea.EnvMsg{"TERM=xterm-256color", "VTE_VERSION=7200"}, "\a\x1b]777;notify;shop;web3 has gone ; away\a"},
		{tea.EnvMsg{"TERM=tmux-256color", "TERM_PROGRAM=tmux", "VTE_VERSION=7200"}, "\a"},
	}
	for _, tt := range tests {
		st := running(t, 80, 24)
		st.send(tt.env)
		q := failureQuestion
		q.Text = "web3 has gone\x1b]0;owned\a ; away"
		st.rung()
		st.question(q)
		if got := st.rung(); got != nil {
			t.Errorf("%v: somebody who looks is told %q", tt.env, got)
		}
		st.send(tea.BlurMsg{})
		st.question(q)
		if got := st.rung(); !slices.Equal(got, []string{tt.want}) {
			t.Errorf("%v: told %q, want %q", tt.env, got, tt.want)
		}
	}
}

func TestTheEndIsTold(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	st.send(tea.EnvMsg{"TERM=foot"})
	st.send(tea.BlurMsg{})
	st.rung()
	st.event(rollout.Event{Kind: rollout.RunEnded, State: string(rollout.Paused), Summary: &rollout.Summary{Outcome: rollout.Paused}})
	st.watched()
	if got, want := st.rung(), []string{"\a\x1b]777;notify;shop;the run has ended: paused\a"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}
