package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/internal/text"
)

// notices is how a terminal is asked to tell a person something when its window
// has not the focus.
type notices int

const (
	bellOnly notices = iota // every terminal knows that
	osc9                    // iTerm2's
	osc777                  // rxvt's
)

// noticesOf tells what a terminal understands, of those that are known for it.
// One that gets both would tell twice.
func noticesOf(getenv func(string) string) notices {
	term := getenv("TERM")
	switch program := getenv("TERM_PROGRAM"); {
	case program == "tmux" || strings.HasPrefix(term, "tmux") || strings.HasPrefix(term, "screen"):
		return bellOnly // it would keep the rest to itself
	case program == "iTerm.app", program == "WezTerm", program == "ghostty", strings.HasPrefix(term, "xterm-kitty"):
		return osc9
	case getenv("VTE_VERSION") != "", strings.HasPrefix(term, "rxvt"), strings.HasPrefix(term, "foot"):
		return osc777
	}
	return bellOnly
}

// notify calls a person who looks elsewhere.
func (m *model) notify(what string) tea.Cmd {
	if !m.blurred {
		return nil
	}
	what = text.Clean(what)
	switch m.notices {
	case osc9:
		return tea.Raw("\a\x1b]9;" + m.cfg.App + ": " + what + "\a")
	case osc777:
		return tea.Raw("\a\x1b]777;notify;" + strings.ReplaceAll(m.cfg.App, ";", ",") + ";" + what + "\a")
	case bellOnly:
	}
	return tea.Raw("\a")
}
