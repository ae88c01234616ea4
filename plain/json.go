package plain

import (
	"encoding/json"
	"io"
	"sync"

	"rota/rollout"
)

// JSON is an operator that tells a run as one JSON object a line: each event as
// the journal keeps it. Its methods may be called concurrently, and none but
// Close waits for whoever reads the lines.
type JSON struct {
	*asker
	mu  sync.Mutex
	out *json.Encoder
}

// NewJSON returns an operator that prints events to out, and what it asks, with
// wrong answers, as text to errs. Close it when the run is over.
func NewJSON(out, errs io.Writer, p Policy) *JSON {
	a := newAsker(p, errs)
	return &JSON{asker: a, out: encoder(a.feed.to(out))}
}

// Observe prints an event.
func (j *JSON) Observe(e rollout.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	_ = j.out.Encode(e)
}

// encoder writes one object a line and leaves <, > and & as they are: commands
// are full of them.
func encoder(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}
