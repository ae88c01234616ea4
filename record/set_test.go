package record_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/record"
)

// switched is a host that can be out of reach.
type switched struct {
	shell
	down atomic.Bool
}

func (s *switched) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	if s.down.Load() {
		return nil, errors.New("no route to host")
	}
	return s.shell.Output(ctx, script, stdin)
}

// hosts are two balancers, each with a folder of its own as if on its own host.
type hosts struct {
	dir  [2]string
	host [2]switched
}

func newHosts(t *testing.T) *hosts {
	h := &hosts{}
	for i := range h.dir {
		h.dir[i] = filepath.Join(t.TempDir(), "rota")
		h.host[i].before = "" // each host maps the one place to its own folder
	}
	return h
}

const place = "/srv/rota"

func (h *hosts) set(owner string) *record.Set {
	self := record.Identity{Owner: owner, Machine: owner + "/1", PID: 1, Start: "1"}
	var sources []record.Source
	for i := range h.host {
		sources = append(sources, record.Source{
			Balancer: []string{"lb1", "lb2"}[i], Host: []string{"lb1.example.com", "lb2.example.com"}[i],
			Shell: moved{&h.host[i], h.dir[i]},
		})
	}
	return record.NewSet(self, "shop", place, sources)
}

// moved is a host where the place is in another folder.
type moved struct {
	record.Shell
	dir string
}

func (m moved) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	return m.Shell.Output(ctx, strings.Replace(script, "given='"+place+"'", "given='"+m.dir+"'", 1), stdin)
}

func (h *hosts) file(host int, name string) string { return filepath.Join(h.dir[host], name) }

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	must(t, err)
	return string(b)
}

func TestSetLocksAllOrNone(t *testing.T) {
	ctx, h := t.Context(), newHosts(t)
	ann, bob := h.set("ann@laptop"), h.set("bob@desk")

	must(t, bob.Lock(ctx, record.Lock{Token: "b1"}))
	must(t, os.Remove(h.file(0, "shop.lock"))) // bob has only the second now
	got := held(t, ann.Lock(ctx, record.Lock{Token: "a1"}))
	if got.Owner != "bob@desk" || got.Host != "lb2.example.com" || got.PID != 1 || got.Since.IsZero() {
		t.Errorf("held: %+v", got)
	}
	if _, err := os.Stat(h.file(0, "shop.lock")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the first host's lock was not given back")
	}
	if err := bob.Beat(ctx, "b1"); !errors.Is(err, record.ErrLost) || !strings.Contains(err.Error(), "lb1.example.com: record: the lock") {
		t.Errorf("beat with half a lock: %v", err)
	}
	must(t, bob.Unlock(ctx, "b1"))

	h.host[1].down.Store(true)
	if err := ann.Lock(ctx, record.Lock{Token: "a1"}); err == nil || !strings.Contains(err.Error(), "lb2.example.com: record: no route to host") {
		t.Errorf("lock with a host out of reach: %v", err)
	}
	if _, err := os.Stat(h.file(0, "shop.lock")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the first host's lock was not given back")
	}
	if err := record.NewSet(record.Identity{}, "shop", "", nil).Lock(ctx, record.Lock{Token: "a1"}); err == nil {
		t.Error("a lock that nobody keeps")
	}
}

func TestSetOfTwoBalancersOnOneHost(t *testing.T) {
	ctx, h := t.Context(), newHosts(t)
	h.dir[1] = h.dir[0]
	s := h.set("ann@laptop")
	must(t, s.Lock(ctx, record.Lock{Token: "a1"}))
	must(t, s.Beat(ctx, "a1"))
	must(t, s.Append(ctx, run, 0, lines(1)))
	must(t, s.Append(ctx, run, int64(len(lines(1))), lines(1)))
	must(t, s.Hold(ctx, record.Hold{Server: "web1", Why: "disk"}))
	for _, b := range []string{"lb1", "lb2"} {
		if got, want := read(t, h.file(0, "shop."+run+"."+b+".jsonl")), string(lines(1))+string(lines(1)); got != want {
			t.Errorf("%s: %q", b, got)
		}
	}
	must(t, s.Unlock(ctx, "a1"))
	if held, err := s.Holder(ctx); held != nil || err != nil {
		t.Errorf("after unlock: %v, %v", held, err)
	}
}

func TestSetTakesOverFromADeadProcessOfThisMachine(t *testing.T) {
	ctx, h := t.Context(), newHosts(t)
	self, err := record.Self()
	must(t, err)
	dead := exec.CommandContext(ctx, "true")
	must(t, dead.Run())
	set := func(pid int, start string) *record.Set {
		self.PID, self.Start = pid, start
		return record.NewSet(self, "shop", h.dir[0], []record.Source{{Balancer: "lb1", Host: "lb1", Shell: shell{}}})
	}
	me := set(self.PID, self.Start)
	must(t, set(dead.Process.Pid, "1").Lock(ctx, record.Lock{Token: "d1"}))
	must(t, me.Lock(ctx, record.Lock{Token: "a1"}))
	held(t, set(self.PID, self.Start).Lock(ctx, record.Lock{Token: "a2"})) // a living process
	must(t, me.Unlock(ctx, "a1"))
	must(t, set(self.PID, "an earlier process with this id").Lock(ctx, record.Lock{Token: "d2"}))
	must(t, me.Lock(ctx, record.Lock{Token: "a3"}))
	must(t, me.Unlock(ctx, "a3"))
	must(t, set(dead.Process.Pid, "1").Lock(ctx, record.Lock{Token: "d3", Manual: true}))
	held(t, me.Lock(ctx, record.Lock{Token: "a4"}))
}

func TestSetFree(t *testing.T) {
	ctx, h := t.Context(), newHosts(t)
	ann, bob := h.set("ann@laptop"), h.set("bob@desk")
	if freed, err := bob.Free(ctx); freed != nil || err != nil {
		t.Errorf("nothing to free: %v, %v", freed, err)
	}
	must(t, ann.Lock(ctx, record.Lock{Token: "a1"}))
	_, err := bob.Free(ctx)
	held(t, err)
	must(t, ann.Beat(ctx, "a1"))

	for i := range h.dir {
		age(t, h.file(i, "shop.lock"), time.Hour)
	}
	if freed, err := bob.Free(ctx); err != nil || freed.Token != "a1" {
		t.Errorf("a stale one: %+v, %v", freed, err)
	}
	must(t, ann.Lock(ctx, record.Lock{Token: "a2", Manual: true, Message: "audit"}))
	if freed, err := bob.Free(ctx); err != nil || freed.Message != "audit" {
		t.Errorf("one by hand: %+v, %v", freed, err)
	}
	must(t, os.WriteFile(h.file(1, "shop.lock"), nil, 0o600))
	age(t, h.file(1, "shop.lock"), time.Hour)
	if freed, err := bob.Free(ctx); err != nil || freed == nil {
		t.Errorf("one that cannot be read: %+v, %v", freed, err)
	}
	must(t, bob.Lock(ctx, record.Lock{Token: "b1"}))
}

func TestSetJournal(t *testing.T) {
	ctx, h := t.Context(), newHosts(t)
	s, whole := h.set("ann@laptop"), lines(9)
	n := func(k int) int64 { return int64(len(lines(k))) }
	must(t, s.Append(ctx, run, 0, whole[:n(3)]))

	h.host[1].down.Store(true)
	err := s.Append(ctx, run, n(3), whole[n(3):n(5)])
	if err == nil || !strings.Contains(err.Error(), "lb2.example.com: record: no route to host") {
		t.Errorf("append with a host out of reach: %v", err)
	}
	if got, err := s.Journal(ctx, run); err == nil || !bytes.Equal(got, whole[:n(5)]) {
		t.Errorf("journal with a host out of reach: %d bytes, %v", len(got), err)
	}
	h.host[1].down.Store(false)
	must(t, s.Append(ctx, run, n(5), whole[n(5):n(7)])) // fills the gap
	for i, b := range []string{"lb1", "lb2"} {
		if got := read(t, h.file(i, "shop."+run+"."+b+".jsonl")); got != string(whole[:n(7)]) {
			t.Errorf("%s: %q", b, got)
		}
	}

	must(t, os.WriteFile(h.file(0, "shop."+run+".lb1.jsonl"), append(lines(8), "{\"torn"...), 0o600))
	if got, err := s.Journal(ctx, run); err != nil || !bytes.Equal(got, lines(8)) {
		t.Errorf("a torn last line: %q, %v", got, err)
	}
	must(t, os.WriteFile(h.file(0, "shop."+run+".lb1.jsonl"), append([]byte("}\n"), lines(8)...), 0o600))
	if got, err := s.Journal(ctx, run); err != nil || !bytes.Equal(got, lines(7)) {
		t.Errorf("a damaged copy: %q, %v", got, err)
	}
	must(t, os.Remove(h.file(1, "shop."+run+".lb2.jsonl")))
	if _, err := s.Journal(ctx, run); err == nil || !strings.Contains(err.Error(), "line 1 is damaged") {
		t.Errorf("only a damaged copy: %v", err)
	}
	if _, err := s.Journal(ctx, "20261124-193930-none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no copy: %v", err)
	}
}

func TestSetRunsNewestFirst(t *testing.T) {
	ctx, h := t.Context(), newHosts(t)
	s := h.set("ann@laptop")
	must(t, s.Append(ctx, "20261124-193930-ab12", 0, lines(1)))
	must(t, s.Append(ctx, "20261125-000000-aa00", 0, lines(2)))
	must(t, os.Remove(h.file(0, "shop.20261125-000000-aa00.lb1.jsonl")))
	must(t, h.set("bob@desk").For("blog").Append(ctx, "20261126-000000-aa00", 0, lines(1)))
	got, err := s.Runs(ctx)
	must(t, err)
	want := []record.Run{{ID: "20261125-000000-aa00", Size: int64(len(lines(2)))}, {ID: "20261124-193930-ab12", Size: int64(len(lines(1)))}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSetHolds(t *testing.T) {
	ctx, h := t.Context(), newHosts(t)
	s := h.set("ann@laptop")
	want := record.Hold{Server: "web/3", By: "ann@laptop", Since: time.Date(2026, 11, 24, 19, 0, 0, 0, time.UTC), Why: "disk #4711's \"gone\""}
	must(t, s.Hold(ctx, record.Hold{Server: want.Server, Since: want.Since, Why: want.Why}))
	must(t, s.Hold(ctx, record.Hold{Server: "web1", Why: "x"}))
	must(t, s.Release(ctx, "web1"))
	must(t, s.Release(ctx, "web2")) // was never held
	got, err := h.set("bob@desk").Holds(ctx)
	must(t, err)
	if diff := cmp.Diff([]record.Hold{want}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSetNewestNoteCounts(t *testing.T) {
	ctx, h := t.Context(), newHosts(t)
	s := h.set("ann@laptop")
	must(t, s.Hold(ctx, record.Hold{Server: "web1", Why: "x"}))
	missed := read(t, h.file(1, "shop.web1.hold"))
	must(t, s.Release(ctx, "web1"))
	must(t, os.WriteFile(h.file(1, "shop.web1.hold"), []byte(missed), 0o600)) // as if it had been away
	if got, err := s.Holds(ctx); err != nil || len(got) > 0 {
		t.Errorf("a hold that was released came back: %v, %v", got, err)
	}

	// Written by somebody whose clock is a year ahead.
	must(t, os.WriteFile(h.file(0, "shop.web1.version"), []byte(`{"server":"web1","stamp":1900000000000,"version":"1.0.1"}`+"\n"), 0o600))
	must(t, s.Deployed(ctx, "web1", "1.0.2"))
	must(t, s.Deployed(ctx, "web2", "1.0.1"))
	must(t, s.Deployed(ctx, "web2", ""))
	must(t, os.WriteFile(h.file(0, "shop.web3.version"), []byte("damaged"), 0o600))
	got, err := s.Versions(ctx)
	must(t, err)
	if diff := cmp.Diff(map[string]string{"web1": "1.0.2"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSetReadsTellWhatTheyCould(t *testing.T) {
	ctx, h := t.Context(), newHosts(t)
	s := h.set("ann@laptop")
	must(t, s.Hold(ctx, record.Hold{Server: "web1", Why: "x"}))
	must(t, s.Lock(ctx, record.Lock{Token: "a1"}))
	h.host[0].down.Store(true)
	if got, err := s.Holds(ctx); err == nil || len(got) != 1 {
		t.Errorf("holds: %v, %v", got, err)
	}
	if got, err := s.Holder(ctx); err != nil || got.Token != "a1" || got.Host != "lb2.example.com" {
		t.Errorf("a holder that lives on one host: %v, %v", got, err)
	}
	must(t, os.Remove(h.file(1, "shop.lock")))
	if got, err := s.Holder(ctx); err == nil {
		t.Errorf("nobody can tell: %v", got)
	}
}
