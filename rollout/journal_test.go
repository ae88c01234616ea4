package rollout

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// seen is an operator that remembers.
type seen struct{ events []Event }

func (s *seen) Observe(e Event) { s.events = append(s.events, e) }

func (s *seen) Decide(context.Context, Question) (Answer, error) {
	return Answer{}, errors.New("nobody")
}

func onePlan() *Plan {
	return &Plan{
		Kind: "deploy", App: "shop", Version: "2",
		Targets: []Target{{Server: "web1", Batch: 1, From: "1", To: "2", Balancers: []string{"lb1"}, Steps: []Action{{ID: "web1/step1", Server: "web1", Run: "go"}}}},
		Batches: []Batch{Roll("web1")},
	}
}

func openJournal(t *testing.T, c JournalConfig, past ...Event) *Journal {
	t.Helper()
	if c.Path == "" {
		c.Path = filepath.Join(t.TempDir(), "runs", "r1.jsonl")
	}
	c.Run, c.Operator = "r1", "me@here"
	j, err := OpenJournal(c, past)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func add(t *testing.T, j *Journal, events ...Event) {
	t.Helper()
	for _, e := range events {
		if err := j.Add(e); err != nil {
			t.Fatal(err)
		}
	}
}

// fileOf replays what is on the disk.
func fileOf(t *testing.T, j *Journal) ([]Event, State) {
	t.Helper()
	data, err := os.ReadFile(j.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	events, err := ReadEvents(data)
	if err != nil {
		t.Fatal(err)
	}
	st, err := Replay(events)
	if err != nil {
		t.Fatal(err)
	}
	return events, st
}

func TestAnEventThatCannotFollowLeavesAReadableJournalAndIsTold(t *testing.T) {
	op := &seen{}
	j := openJournal(t, JournalConfig{Observer: op})
	add(t, j, Event{Kind: RunBegun, Plan: onePlan()})
	if err := j.Add(Event{Kind: Moved, Server: "web1", State: string(Returning)}); err == nil {
		t.Fatal("a server that waits came back")
	}
	add(t, j, Event{Kind: Moved, Server: "web1", State: string(Draining)})
	events, st := fileOf(t, j)
	if st.Server("web1").Phase != Draining || j.State().Seq != st.Seq {
		t.Errorf("the file says %s at %d, the run is at %d", st.Server("web1").Phase, st.Seq, j.State().Seq)
	}
	if len(events) != 3 || events[1].Kind != Noted || !strings.Contains(events[1].Text, "web1 cannot go from waiting to returning") {
		t.Errorf("nothing tells of it: %+v", events)
	}
	if len(op.events) != 3 {
		t.Errorf("the operator saw %d events, want 3", len(op.events))
	}
}

func TestWhatCouldNotBeWrittenIsWrittenBeforeTheNextEvent(t *testing.T) {
	j := openJournal(t, JournalConfig{})
	add(t, j, Event{Kind: RunBegun, Plan: onePlan()})
	good := j.file
	bad, err := os.Open(good.Name()) // not for writing: as a full disk
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = bad.Close() }()
	j.file = bad
	for range 2 {
		if err := j.Add(Event{Kind: Noted, Text: "lost?"}); err == nil {
			t.Error("a write that failed was not told")
		}
	}
	if j.State().Seq != 3 {
		t.Errorf("the state is at %d, want 3", j.State().Seq)
	}
	j.file = good
	add(t, j, Event{Kind: Noted, Text: "room again"})
	if events, _ := fileOf(t, j); len(events) != 4 {
		t.Errorf("%d events are on the disk, want 4", len(events))
	}
}

func TestReadEventsDropsATornLastLineAndRefusesOtherDamage(t *testing.T) {
	j := openJournal(t, JournalConfig{})
	add(t, j, Event{Kind: RunBegun, Plan: onePlan()}, Event{Kind: Noted, Text: "a"}, Event{Kind: Noted, Text: "b"})
	data, err := os.ReadFile(j.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(data) {
		events, err := ReadEvents(data[:cut])
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if want := strings.Count(string(data[:cut]), "\n"); len(events) != want {
			t.Fatalf("cut at %d: %d events, want %d", cut, len(events), want)
		}
	}
	lines := strings.SplitAfter(string(data), "\n")
	for name, damaged := range map[string]string{
		"a line that is no JSON": lines[0] + "{\n" + lines[2],
		"an empty line":          lines[0] + "\n" + lines[1],
	} {
		if _, err := ReadEvents([]byte(damaged)); err == nil || !strings.Contains(err.Error(), "line 2 is damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
	events, err := ReadEvents([]byte(lines[0] + lines[2]))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Replay(events); err == nil {
		t.Error("a journal with a gap is replayed")
	}
}

// copies is a store of journals alone.
type copies struct {
	Store
	data []byte
	fail error
	runs int
}

func (c *copies) Append(_ context.Context, _ string, offset int64, data []byte) error {
	c.runs++
	if c.fail != nil {
		return c.fail
	}
	c.data = append(c.data[:offset:offset], data...)
	return nil
}

func TestShipCopiesEachByteOnceAndFillsUpAfterAFailure(t *testing.T) {
	store := &copies{}
	j := openJournal(t, JournalConfig{Store: store})
	add(t, j, Event{Kind: RunBegun, Plan: onePlan()})
	same := func(when string) {
		t.Helper()
		if err := j.Ship(t.Context()); err != nil {
			t.Fatal(err)
		}
		file, _ := os.ReadFile(j.file.Name())
		if diff := cmp.Diff(string(file), string(store.data)); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	same("first")
	before := store.runs
	same("nothing new")
	if store.runs != before {
		t.Error("nothing new was sent")
	}
	add(t, j, Event{Kind: Noted, Text: "a"})
	store.fail = errors.New("full")
	if err := j.Ship(t.Context()); !errors.Is(err, store.fail) {
		t.Errorf("the failure is %v", err)
	}
	store.fail = nil
	add(t, j, Event{Kind: Noted, Text: "b"})
	same("after a failure")
}

func TestAJournalGoesOnAfterWhatItIsGiven(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r1.jsonl")
	j := openJournal(t, JournalConfig{Path: path})
	add(t, j, Event{Kind: RunBegun, Plan: onePlan()}, Event{Kind: Noted, Text: "a"}, Event{Kind: Noted, Text: "gone"})
	past, _ := fileOf(t, j)
	again := openJournal(t, JournalConfig{Path: path}, past[:2]...)
	add(t, again, Event{Kind: Resumed})
	if events, _ := fileOf(t, again); len(events) != 3 || events[2].Kind != Resumed || events[2].Seq != 3 {
		t.Errorf("the file holds %+v", events)
	}
	if _, err := OpenJournal(JournalConfig{Path: path}, past[1:]); err == nil {
		t.Error("events without a beginning were taken")
	}
}

func TestALineOfTheJournalIsReadByPeopleToo(t *testing.T) {
	var b strings.Builder
	if err := writeEvent(&b, Event{Seq: 1, Kind: Output, Line: "sh <<EOF && echo done (<1ms)"}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `"sh <<EOF && echo done (<1ms)"`) || !strings.HasSuffix(b.String(), "}\n") {
		t.Errorf("wrote %q", b.String())
	}
}
