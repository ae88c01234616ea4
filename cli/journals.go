package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/adrg/xdg"

	"rota/record"
	"rota/rollout"
)

// newRunID makes the id of a run: when it began, to the millisecond, and something
// random. Ids sort by time.
func newRunID() string {
	b := make([]byte, 2)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	now := time.Now().UTC()
	return fmt.Sprintf("%s-%03d%s", now.Format("20060102-150405"), now.Nanosecond()/1e6, hex.EncodeToString(b))
}

const journalEnd = ".jsonl"

// journalFolder is where this machine keeps the application's journals.
func (s *session) journalFolder() string {
	return filepath.Join(xdg.StateHome, "rota", s.inv.Name())
}

func (s *session) journalPath(run string) string {
	return filepath.Join(s.journalFolder(), run+journalEnd)
}

// lock is the lock that a job takes.
func (s *session) lock(run string, j job) record.Lock {
	return record.Lock{
		Run: run, Owner: s.self.Owner, Machine: s.self.Machine, PID: s.self.PID, Start: s.self.Start,
		Since: time.Now().UTC(), Version: j.version, Message: s.flags.message, Token: rand.Text(),
	}
}

// runs lists the ids of all runs that this machine or the balancers' hosts
// know, the newest first.
func (s *session) runs(ctx context.Context) ([]string, error) {
	var ids []string
	files, err := os.ReadDir(s.journalFolder())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, f := range files {
		if id, ok := strings.CutSuffix(f.Name(), journalEnd); ok {
			ids = append(ids, id)
		}
	}
	there, err := s.fleet.Store.Runs(ctx)
	for _, r := range there {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	slices.Reverse(ids)
	return ids, err
}

// events reads a run's journal.
func (s *session) events(ctx context.Context, run string) ([]rollout.Event, error) {
	data, err := s.journal(ctx, run)
	if err != nil {
		return nil, err
	}
	events, err := rollout.ReadEvents(data)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", run, err)
	}
	return events, nil
}

// journal returns a run's journal as it is kept: this machine's, unless the
// copy on the balancers' hosts goes on from it or tells another story (the run
// was resumed from another machine).
func (s *session) journal(ctx context.Context, run string) ([]byte, error) {
	here, err := os.ReadFile(s.journalPath(run))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	there, err := s.fleet.Store.Journal(ctx, run)
	switch {
	case err == nil || len(here) > 0:
	case errors.Is(err, fs.ErrNotExist):
		return nil, usagef("run %q is not known: rota history lists the runs", run)
	default:
		return nil, fmt.Errorf("run %s: %w", run, err)
	}
	if len(there) > 0 && !bytes.HasPrefix(here, there) {
		return there, nil
	}
	return here, nil
}

// state reads a run and adds it up.
func (s *session) state(ctx context.Context, run string) (rollout.State, error) {
	events, err := s.events(ctx, run)
	if err != nil {
		return rollout.State{}, err
	}
	st, err := rollout.Replay(events)
	if err != nil {
		return st, fmt.Errorf("run %s: the journal is damaged: %w", run, err)
	}
	return st, nil
}

// past lists the runs in which anything has happened, the newest first, and
// tells which ones could not be read.
func (s *session) past(ctx context.Context) ([]rollout.State, error) {
	var errs []error
	ids, err := s.runs(ctx)
	if err != nil {
		errs = append(errs, fmt.Errorf("not every host could be asked: %w", err))
	}
	var states []rollout.State
	for _, id := range ids {
		st, err := s.state(ctx, id)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if st.Seq > 0 {
			states = append(states, st)
		}
	}
	return states, errors.Join(errs...)
}

// newest finds the newest run that wanted accepts. Runs that went no further
// than their id are passed over.
func (s *session) newest(ctx context.Context, wanted func(rollout.State) bool) (rollout.State, bool, error) {
	ids, err := s.runs(ctx)
	if err != nil {
		return rollout.State{}, false, err
	}
	for _, id := range ids {
		st, err := s.state(ctx, id)
		if err != nil {
			return st, false, err
		}
		if st.Seq > 0 && wanted(st) {
			return st, true, nil
		}
	}
	return rollout.State{}, false, nil
}

// unsettled finds the newest run, if it left servers for a person to settle.
func (s *session) unsettled(ctx context.Context, f rollout.Facts) (rollout.State, []string, error) {
	st, ok, err := s.newest(ctx, rollout.Rolls)
	if err != nil || !ok {
		return st, nil, err
	}
	return st, rollout.Unsettled(st, f.Views, f.Holds), nil
}

func (s *session) refuseUnsettled(ctx context.Context, f rollout.Facts) error {
	st, left, err := s.unsettled(ctx, f)
	if err != nil {
		return failed(err)
	}
	if len(left) == 0 {
		return nil
	}
	return failed(&unsettledError{st, stand(st, left, f)})
}

// unsettledError says that an earlier run left something to settle.
type unsettledError struct {
	run   rollout.State
	stand string // how the servers stand that it left
}

func (e *unsettledError) Error() string {
	return e.what() + "\n    rota resume goes on with it," + orBack(e.run, " rota rollback takes it back,") + " rota restore SERVER puts one server back"
}

func (e *unsettledError) what() string {
	return fmt.Sprintf("run %s (%s) is not settled: %s", e.run.Run, e.run.Plan.Title(), e.stand)
}

// onScreen says the same to a person at the screen.
func (e *unsettledError) onScreen() error { return errors.New(e.what() + "\n" + byKeys(e.run)) }

// byKeys tells how a run is settled on the screen.
func byKeys(st rollout.State) string {
	return "U goes on with it," + orBack(st, " R takes it back,") + " I puts one server back in"
}

// orBack is words about the way back, where the run has one.
func orBack(st rollout.State, words string) string {
	if st.Plan.Kind == "roll" || st.Plan.Kind == "rehearse" {
		return ""
	}
	return words
}

// stand tells how the servers stand that a run has left.
func stand(st rollout.State, left []string, f rollout.Facts) string {
	if len(st.Unweighed(f.Views)) == len(left) {
		return areOut(left) + " in rotation with other weights than were found"
	}
	return areOut(left) + " out of rotation"
}

func areOut(names []string) string {
	if len(names) == 1 {
		return names[0] + " is"
	}
	return strings.Join(names, ", ") + " are"
}
