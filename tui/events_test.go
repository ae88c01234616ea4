package tui

import (
	"testing"

	"rota/rollout"
)

func TestAStepIsToldByHowItEnded(t *testing.T) {
	t.Parallel()
	soak := rollout.BatchStep(1, "soak")
	r := run{words: map[rollout.StepID]string{soak: "watch them in rotation for 2s"}}
	for _, tt := range []struct {
		end  rollout.Event
		want string
	}{
		{rollout.Event{ElapsedMS: 2000}, "done: watch them in rotation for 2s, after 2.0s"},
		{rollout.Event{ElapsedMS: 300, Text: "cut short by a stop"}, "cut short by a stop: watch them in rotation for 2s, after 0.3s"},
		{rollout.Event{ElapsedMS: 300, Error: "web1 is down"}, "failed: watch them in rotation for 2s: web1 is down, after 0.3s"},
	} {
		tt.end.Kind, tt.end.Step = rollout.StepEnded, soak
		if got := r.tell(tt.end, &newStory(t, 1, 80, 24).theme.Glyphs).text; got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
