package tui

import (
	"slices"
	"testing"

	"rota/rollout"
)

func TestJobsAndRehearsals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		jobs []string
		keys []string
		want []string
		says string
	}{
		{"a job is chosen from the list", []string{"patch", "certs"}, []string{"J", "down", "down", "enter", "y"}, []string{"start roll certs []"}, ""},
		{"or written", []string{"patch", "certs"}, []string{"J", "p", "a", "t", "c", "h", "enter", "y"}, []string{"start roll patch []"}, ""},
		{"no does nothing", []string{"patch"}, []string{"J", "down", "enter", "n"}, nil, ""},
		{"none is none", []string{"patch"}, []string{"J", "enter"}, nil, "choose a job"},
		{"without jobs", nil, []string{"J"}, nil, "the inventory has no jobs"},
		{"a rehearsal", nil, []string{"T", "y"}, []string{"start rehearse []"}, ""},
		{"no rehearsal", nil, []string{"T", "n"}, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := scenes["idle"](t, 120, 40, func(c *Config) { c.Jobs = tt.jobs })
			for _, k := range tt.keys {
				st.press(k)
				st.carryOut()
			}
			if !slices.Equal(st.calls, tt.want) {
				t.Errorf("asked for %q, want %q", st.calls, tt.want)
			}
			if tt.says != "" {
				st.shows(t, tt.says)
			}
		})
	}
}

func TestAJobIsCalledByItsName(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 120, 40)
	st.plan.Kind, st.plan.Version, st.plan.Job = "roll", "", "patch"
	for i := range st.plan.Targets {
		st.plan.Targets[i].To = st.plan.Targets[i].From
	}
	st.event(rollout.Event{Kind: rollout.RunBegun, Plan: &st.plan})
	st.shows(t, "roll shop patch", "0/6 done")
	st.press("4")
	st.shows(t, "roll patch shop")
	st.hides(t, "→")
}
