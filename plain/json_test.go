package plain

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rota/rollout"
)

func TestJSONPrintsTheEventsOfTheJournal(t *testing.T) {
	var out bytes.Buffer
	op := NewJSON(&out, io.Discard, Policy{})
	want := shopRun()
	for _, e := range want {
		op.Observe(e)
	}
	op.Close()
	var got []rollout.Event
	for line := range strings.Lines(out.String()) {
		var e rollout.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		got = append(got, e)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestJSONHasTheFieldsOfTheContract(t *testing.T) {
	var out bytes.Buffer
	op := NewJSON(&out, io.Discard, Policy{})
	op.Observe(rollout.Event{Time: noon, Run: "r1", Kind: rollout.Output, Operator: "anna@laptop", Server: "web1", Stream: "out", Line: "a <b> & c"})
	op.Close()
	const want = `{"seq":0,"time":"2026-01-02T12:00:00Z","run":"r1","event":"output","operator":"anna@laptop",` +
		`"server":"web1","stream":"out","line":"a <b> & c"}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
