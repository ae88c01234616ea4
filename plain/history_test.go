package plain

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"rota/rollout"
)

func TestSummary(t *testing.T) {
	tests := map[string]rollout.Summary{
		"paused": *shopSummary(),
		"done":   {Outcome: rollout.Done, Updated: []string{"web1", "web2"}, TotalMS: 61000, WaitMS: 60000, OwnMS: 1000},
		"aborted": {
			Outcome: rollout.Aborted, Left: []rollout.Where{{Server: "web1", State: "out", Why: "held\x1b[2J"}},
			TotalMS: 900, OwnMS: 900,
		},
	}
	for name, s := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			Summary(&out, s)
			golden.RequireEqual(t, out.Bytes())
		})
	}
}

func TestHistory(t *testing.T) {
	run, err := rollout.Replay(shopRun())
	if err != nil {
		t.Fatal(err)
	}
	broken := run
	broken.Run, broken.Ended, broken.Summary = "20260101-090000", false, nil
	broken.Plan.Kind, broken.Plan.Version = "drain", ""
	broken.Last = broken.Begun.Add(3 * time.Hour)
	var out bytes.Buffer
	History(&out, []rollout.State{run, broken})
	golden.RequireEqual(t, out.Bytes())
}

func TestJournal(t *testing.T) {
	var out bytes.Buffer
	Journal(&out, slices.Values(shopRun()), false)
	golden.RequireEqual(t, out.Bytes())
}

func TestAnEmptyJournalHasNothingToTell(t *testing.T) {
	var out bytes.Buffer
	Journal(&out, slices.Values([]rollout.Event(nil)), false)
	if out.Len() > 0 {
		t.Errorf("%q", out.String())
	}
}
