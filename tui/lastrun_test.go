package tui

import (
	"errors"
	"slices"
	"testing"

	"rota/rollout"
)

// Whoever is asked whether to go on with the last run, or to take it back, is
// told which one that is.
func TestTheLastRunIsTold(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{"U": "start resume []", "R": "start rollback []"} {
		st := newStory(t, 3, 120, 40).withHistory(t)
		st.seen()
		st.press(key)
		st.shows(t, "looking which run that is")
		st.carryOut()
		st.shows(t, "deploy 1.42.0, begun 2026-01-02 12:00 by anna@laptop; it has not ended", "serving: ")
		st.hides(t, "SHA256")
		st.press("y")
		st.carryOut()
		if !slices.Contains(st.calls, want) {
			t.Errorf("asked for %q, want %s", st.calls, want)
		}
	}
	st := newStory(t, 3, 120, 40)
	st.fails = errors.New("lb1: connection refused")
	st.press("R")
	st.carryOut()
	st.wait(quiet)
	st.shows(t, "the past runs cannot be read: lb1: connection refused", "y yes")
}

// Where there is nothing to go on with, or to take back, nobody is asked for a yes.
func TestNothingToResumeOrToTakeBack(t *testing.T) {
	t.Parallel()
	runs := newStory(t, 3, 120, 40).withHistory(t).runs // not ended, done, rolled back, left some, a drain
	ended := func(kind string, outcome rollout.Outcome) rollout.State {
		st := runs[1].Clone()
		st.Plan.Kind, st.Plan.Job, st.Outcome = kind, "patch", outcome
		return st
	}
	untouched := ended("deploy", rollout.Stopped)
	untouched.Servers = nil
	for _, tt := range []struct {
		key, want string
		runs      []rollout.State
	}{
		{"U", "there is nothing to resume: no run is known", nil},
		{"R", "there is nothing to take back: no run is known", nil},
		{"U", "there is nothing to resume: no run is known", runs[4:]},
		{"U", "there is nothing to resume: the last run is done", runs[1:]},
		{"U", "there is nothing to resume: the last run is rolled back", runs[2:]},
		{"U", "", runs[3:]},
		{"R", "", runs[1:]},
		{"R", "the last run is the job patch, and a job has no way back", []rollout.State{ended("roll", rollout.Done)}},
		{"R", "the last run was itself a rollback", []rollout.State{ended("rollback", rollout.Done)}},
		{"R", "a rollback that is not finished: U goes on with it", []rollout.State{ended("rollback", rollout.Paused)}},
		{"R", "the last run has changed nothing that could be taken back", []rollout.State{untouched}},
		{"R", "", []rollout.State{ended("rehearse", rollout.Done), runs[1]}},
	} {
		st := newStory(t, 3, 120, 40)
		st.runs = tt.runs
		st.press(tt.key, "y")
		st.shows(t, "looking which run that is")
		st.carryOut()
		st.wait(quiet)
		if tt.want == "" {
			st.shows(t, "y yes")
			continue
		}
		st.shows(t, tt.want)
		st.hides(t, "y yes")
		st.press("y")
		st.carryOut()
		if st.calls != nil {
			t.Errorf("%s: it did %v", tt.want, st.calls)
		}
		st.press("esc", "?", "G")
		st.shows(t, "(not now:")
		st.press("esc", tt.key) // it is asked anew
		st.shows(t, "looking again")
		st.runs = runs[:1]
		st.carryOut()
		st.wait(quiet)
		st.shows(t, "y yes")
	}
}

// What this screen has seen itself is known without asking.
func TestTheEndOfARunIsKnown(t *testing.T) {
	t.Parallel()
	st := scenes["done"](t, 120, 40)
	st.hides(t, "U resume")
	st.shows(t, "R roll back")
	st.press(":", "r", "e", "s", "u", "m", "e")
	st.shows(t, "(not now: there is nothing to resume: the last run is done)")
}
