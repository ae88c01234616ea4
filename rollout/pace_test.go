package rollout

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// spaced returns events that come so many seconds after each other. One whose
// name is "sample" tells figures alone.
func spaced(names string, seconds ...float64) []Event {
	at := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	var events []Event
	for i, name := range strings.Fields(names) {
		at = at.Add(time.Duration(seconds[i] * float64(time.Second)))
		events = append(events, Event{Seq: i + 1, Time: at, Kind: Kind(name)})
	}
	return events
}

func TestPace(t *testing.T) {
	tests := []struct {
		name   string
		events []Event
		speed  float64
		want   []float64 // seconds
	}{
		{"pauses are as they were", spaced("run begin end", 0, 2, 30), 1, []float64{0, 2, 30}},
		{"or shorter by the speed", spaced("run begin end", 0, 2, 30), 10, []float64{0, .2, 3}},
		{"or longer", spaced("run begin end", 0, 2, 30), .5, []float64{0, 4, 60}},
		{"speed 0 has none", spaced("run begin end", 0, 2, 3000), 0, []float64{0, 0, 0}},
		{"a long wait takes three seconds", spaced("run question answer end", 0, 1, 3600, 2), 1, []float64{0, 1, 3, 2}},
		{"also at another speed", spaced("run question answer", 0, 1, 3600), 10, []float64{0, .1, 3}},
		{"but a speed may make it shorter still", spaced("run question answer", 0, 1, 60), 100, []float64{0, .01, .6}},
		{"figures do not break a wait", spaced("run question sample sample answer", 0, 1, 20, 20, 20), 1, []float64{0, 1, 1, 1, 1}},
		{"and come as they were where it is short", spaced("run question sample answer", 0, 1, 5, 5), 1, []float64{0, 1, 5, 5}},
		{"a wait for nothing is one too", spaced("run sample sample", 0, 20, 40), 1, []float64{0, 1, 2}},
		{"a clock that was set back makes no pause", spaced("run begin end", 0, -3600, 5), 1, []float64{0, 0, 5}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := PaceOf(tt.events)
			var got []float64
			for i := range tt.events {
				got = append(got, p.Pause(i, tt.speed).Seconds())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestShortenedWaitsAreTold(t *testing.T) {
	p := PaceOf(spaced("run question answer end", 0, 1, 60, 2))
	for i, want := range []time.Duration{0, 0, time.Minute, 0} {
		if got := p.Shortened(i, 1); got != want {
			t.Errorf("before event %d: %v, want %v", i, got, want)
		}
		if got := p.Shortened(i, 100); got != 0 {
			t.Errorf("fast, before event %d: %v", i, got)
		}
	}
}

func TestPartOfWhatWasPlayed(t *testing.T) {
	p := PaceOf(spaced("run begin question answer", 0, 2, 5, 600)) // 2 s, 5 s, and 3 s for the wait
	for _, tt := range []struct {
		i     int
		since time.Duration
		want  float64
	}{{0, 0, 0}, {1, time.Second, .1}, {2, 0, .2}, {3, 0, .7}, {3, 200 * time.Second, .8}, {3, time.Hour, 1}, {4, 0, 1}, {4, time.Hour, 1}} {
		if got := p.Part(tt.i, tt.since); got != tt.want {
			t.Errorf("%v after event %d: %v, want %v", tt.since, tt.i, got, tt.want)
		}
	}
	if got := (Pace{}).Part(0, 0); got != 1 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestPlayableEndsWhereTheDamageBegins(t *testing.T) {
	var journal bytes.Buffer
	for i, e := range []Event{{Kind: RunBegun, Plan: onePlan()}, {Kind: Noted, Text: "a"}, {Kind: Noted, Text: "b"}} {
		e.Seq = i + 1
		if err := writeEvent(&journal, e); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.SplitAfter(journal.String(), "\n")
	for _, tt := range []struct {
		name, journal string
		events        int
		err           string
	}{
		{"a whole one", journal.String(), 3, ""},
		{"a torn last line is dropped", journal.String()[:journal.Len()-9], 2, ""},
		{"a line that is none", lines[0] + lines[1] + "{\"seq\n" + lines[2], 2, "line 3 is damaged"},
		{"a line that is missing", lines[0] + lines[2], 1, "event 3 follows event 1"},
		{"the first damage counts", lines[0] + lines[2] + "{\n", 1, "event 3 follows event 1"},
		{"no beginning", lines[1], 0, "event 2 follows event 0"},
		{"nothing", "", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			events, err := Playable([]byte(tt.journal))
			if len(events) != tt.events {
				t.Errorf("%d events, want %d", len(events), tt.events)
			}
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("the error is %v, want %q", err, tt.err)
			}
		})
	}
}
