package rollout

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Journal is the record of one run: a file of events, one JSON object a line,
// on the operator's machine, and a copy of it in the store. Every event passes
// through Add, which gives it its number, writes it, folds it into the state
// and tells the operator, in this order. Its methods may be called
// concurrently.
type Journal struct {
	run      string
	operator string
	store    Store // nil: no copies
	watcher  Operator
	gate     *Gate

	mu    sync.Mutex
	file  *os.File
	state State
	size  int64  // of the file
	owed  []byte // lines that could not be written yet

	ship    sync.Mutex // one copy at a time, in order
	shipped int64
}

// JournalConfig is what a Journal needs to know.
type JournalConfig struct {
	Path     string // the file; its folder is made
	Run      string
	Operator string // who acts, for every event
	Store    Store
	Observer Operator // is told every event; may be nil
	Gate     *Gate    // what texts pass through; may be nil
}

// OpenJournal opens the journal of a run and goes on after the events that it
// is given: none for a new run. The file is made to hold just those.
func OpenJournal(c JournalConfig, past []Event) (*Journal, error) {
	j := &Journal{run: c.Run, operator: c.Operator, store: c.Store, watcher: c.Observer, gate: c.Gate}
	var buf bytes.Buffer
	for _, e := range past {
		if err := j.state.Apply(e); err != nil {
			return nil, fmt.Errorf("journal %s: %w", c.Path, err)
		}
		if err := writeEvent(&buf, e); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(filepath.Dir(c.Path), 0o700); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	if err := replaceFile(c.Path, buf.Bytes()); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	f, err := os.OpenFile(c.Path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j.file, j.size = f, int64(buf.Len())
	return j, nil
}

// Add writes one event and everything that follows from it. The event is on
// the disk when Add returns, but for a line of output or figures. An error is
// about the writing: the state has the event all the same, so has the operator,
// and the line is written with the next one, so that the file never has a gap.
// Only an event that cannot follow is refused; a note in its place says so.
func (j *Journal) Add(e Event) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.follow(&e); err != nil {
		refused := err
		e = Event{Kind: Noted, Server: e.Server, Step: e.Step, Text: refusedText + err.Error()}
		if err := j.follow(&e); err != nil {
			return errors.Join(refused, err)
		}
		return errors.Join(refused, j.write(e))
	}
	return j.write(e)
}

const refusedText = "rota itself is wrong: "

// follow makes e the next event of the state.
func (j *Journal) follow(e *Event) error {
	e.Seq, e.Time, e.Run, e.Operator = j.state.Seq+1, time.Now().UTC(), j.run, j.operator
	j.gate.pass(e)
	return j.state.Apply(*e)
}

// write writes an event to the file and tells the operator.
func (j *Journal) write(e Event) error {
	if j.watcher != nil {
		defer j.watcher.Observe(e)
	}
	var buf bytes.Buffer
	if err := writeEvent(&buf, e); err != nil {
		return err
	}
	j.owed = append(j.owed, buf.Bytes()...)
	if _, err := j.file.Write(j.owed); err != nil {
		// A half-written line would hide the next one: cut it off.
		return fmt.Errorf("journal: %w", errors.Join(err, j.file.Truncate(j.size)))
	}
	j.size += int64(len(j.owed))
	j.owed = nil
	switch e.Kind {
	case Output, Sampled, Probed, Missed:
		return nil
	default:
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// State returns a copy of what the events add up to so far.
func (j *Journal) State() State {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.state.Clone()
}

// Ship copies what the store does not have yet. It is called before each deed,
// so that another machine can go on from there.
func (j *Journal) Ship(ctx context.Context) error {
	if j.store == nil {
		return nil
	}
	j.ship.Lock()
	defer j.ship.Unlock()
	j.mu.Lock()
	size := j.size
	j.mu.Unlock()
	if size == j.shipped {
		return nil
	}
	tail := make([]byte, size-j.shipped)
	f, err := os.Open(j.file.Name())
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer func() { _ = f.Close() }()
	if _, err := io.ReadFull(io.NewSectionReader(f, j.shipped, int64(len(tail))), tail); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := j.store.Append(ctx, j.run, j.shipped, tail); err != nil {
		return fmt.Errorf("journal: copy to the balancers' hosts: %w", err)
	}
	j.shipped = size
	return nil
}

// Close closes the file.
func (j *Journal) Close() error { return j.file.Close() }

// writeEvent writes an event as one line, at once. Commands stand in it as they
// are, with their < and > and &.
func writeEvent(w io.Writer, e Event) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	_, err := w.Write(line.Bytes())
	return err
}

// ReadEvents reads a journal. A torn last line, left by a kill or a power cut
// in the middle of a write, is dropped; any other damage is an error, and the
// events before it are returned.
func ReadEvents(data []byte) ([]Event, error) {
	var events []Event
	for n := 1; len(data) > 0; n++ {
		line, rest, whole := bytes.Cut(data, []byte{'\n'})
		if !whole {
			break
		}
		var e Event
		if err := json.Unmarshal(line, &e); err != nil {
			return events, fmt.Errorf("journal line %d is damaged: %w", n, err)
		}
		events = append(events, e)
		data = rest
	}
	return events, nil
}

// replaceFile writes a file whole or not at all.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".journal-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
