package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rota/inventory"
	"rota/lb"
	"rota/lb/lbtest"
	"rota/record"
	"rota/rollout"
)

const testRun = "20260101-000000-test"

// process is rota on the operator's machine. When it is killed, nothing that it
// calls has an effect any more; a command that it started runs on.
type process struct {
	*world
	dead   atomic.Bool
	ending atomic.Bool // its last look at the balancers is being taken or over
	killed chan struct{}
	until  int // is killed right after the event with this number; 0: never
	runner *Runner
	lease  *Lease // nil: there is no lock
	drop   func() // ends its heartbeat
}

var errKilled = errors.New("this process was killed")

func (w *world) process() *process { return &process{world: w, killed: make(chan struct{})} }

// lock takes the lock and keeps it until unlock.
func (p *process) lock() {
	p.t.Helper()
	lease, err := Take(p.t.Context(), &mortalStore{p.store, p}, record.Lock{Token: "t"}, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { lease.Keep(ctx) })
	p.lease, p.drop = lease, func() { cancel(); wg.Wait() }
}

func (p *process) unlock() { p.drop() }

// start makes the runner, on a journal with these events.
func (p *process) start(past []rollout.Event) *Runner {
	p.t.Helper()
	store := &mortalStore{p.store, p}
	j, err := rollout.OpenJournal(rollout.JournalConfig{
		Path: filepath.Join(folder(p.t), "run.jsonl"), Run: testRun, Operator: "me", Store: store, Observer: p,
	}, past)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = j.Close() })
	hosts := map[string]rollout.Host{}
	for _, s := range p.inv.Servers {
		hosts[s.Name] = host{p, s.Name}
	}
	p.runner = &Runner{
		Inventory: p.inv, Balancers: p.balancers(), Hosts: hosts, Store: store, Journal: j, Operator: p, Lease: p.lease,
		Here: beside{p, "here"}, Machines: map[string]rollout.Shell{},
		Healthy: p.checkHealth, Version: p.version,
	}
	for _, b := range p.inv.Balancers {
		p.runner.Machines[b.Name] = beside{p, b.Name}
	}
	return p.runner
}

// folder is a temporary folder in memory where there is one: thousands of runs
// are written here, each line of them synced.
func folder(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "rota")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (p *process) run(plan rollout.Plan) (rollout.Summary, error) {
	p.t.Helper()
	return p.start(nil).Run(p.t.Context(), plan)
}

// untilKilled runs a plan until it is killed right after its n-th event, or to its
// end: then it is whole. What one that was killed still does has an end of its own,
// which wait waits for.
func (p *process) untilKilled(plan rollout.Plan, n int) (whole bool, wait func()) {
	p.t.Helper()
	p.until = n
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = p.run(plan)
	}()
	select {
	case <-p.killed:
	case <-ended:
	}
	return !p.dead.Load(), func() { <-ended }
}

// resumed goes on with a run that was killed after its n-th event, and wants it done
// unless that was its last.
func (w *world) resumed(n int) {
	w.t.Helper()
	if sum, err := w.resume(); err != nil || sum.Outcome != rollout.Done && n < len(w.events) {
		w.t.Errorf("resume: %s, %v", sum.Outcome, err)
	}
}

func (p *process) resume() (rollout.Summary, error) {
	p.t.Helper()
	past := p.events
	st, err := rollout.Replay(past)
	if err != nil {
		p.t.Fatal(err)
	}
	plan, err := rollout.Refresh(p.inv, st.Plan)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.start(past).Resume(p.t.Context(), plan)
}

func (p *process) balancers() []lb.Named {
	var all []lb.Named
	for i, b := range p.inv.Balancers {
		all = append(all, lb.Named{Name: b.Name, Balancer: mortal{p.fronts[i], p}})
	}
	return all
}

// endless is more events than any run of these worlds has.
const endless = 5000

func (p *process) Observe(e rollout.Event) {
	if p.dead.Load() {
		return
	}
	if strings.HasPrefix(e.Text, "rota itself is wrong") {
		p.t.Errorf("event %d: %s", e.Seq, e.Text)
	}
	p.events = append(p.events, e)
	if e.Kind == rollout.RunEnded {
		p.ending.Store(true)
	}
	if len(p.events) > endless {
		for _, e := range p.events {
			if e.Kind == rollout.Observed || e.Kind == rollout.Sampled {
				continue
			}
			fmt.Printf("%d %s %s %s %s %s %s %s\n", e.Seq, e.Kind, e.Server, e.Servers, e.Step, e.State, e.Text, e.Error)
		}
		panic("the run has no end")
	}
	if p.seen != nil {
		p.seen(e)
	}
	if e.Seq == p.until {
		p.dead.Store(true)
		close(p.killed)
	}
}

func (p *process) Decide(ctx context.Context, q rollout.Question) (rollout.Answer, error) {
	if p.dead.Load() {
		return rollout.Answer{}, errKilled
	}
	if p.wait {
		<-ctx.Done()
		return rollout.Answer{}, ctx.Err()
	}
	if p.decide == nil {
		return rollout.Answer{Choice: rollout.Continue, By: "test"}, nil
	}
	choice, err := p.decide(q)
	return rollout.Answer{Choice: choice, By: "test"}, err
}

func (p *process) checkHealth(_ context.Context, server string, _ []inventory.Var, each func(string)) error {
	time.Sleep(10 * time.Millisecond)
	if p.dead.Load() {
		return errKilled
	}
	p.mu.Lock()
	version := p.runs[server]
	p.mu.Unlock()
	if p.healthy != nil {
		if err := p.healthy(server, version); err != nil {
			each(err.Error())
			return err
		}
	}
	each("200")
	for _, b := range p.behind(server) {
		b.Pass(server)
	}
	return nil
}

func (p *process) version(_ context.Context, server string, _ []inventory.Var) (string, error) {
	if p.dead.Load() {
		return "", errKilled
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.runs[server], nil
}

// mortal is a balancer as a process reaches it.
type mortal struct {
	*lbtest.Watchdog
	p *process
}

func (m mortal) Servers(ctx context.Context) ([]lb.Server, error) {
	if m.p.dead.Load() {
		return nil, errKilled
	}
	servers, err := m.Watchdog.Servers(ctx)
	if m.p.shows != nil {
		m.p.shows(servers)
	}
	return servers, err
}

func (m mortal) Set(ctx context.Context, want ...lb.Change) error {
	if m.p.dead.Load() {
		return errKilled
	}
	return m.Watchdog.Set(ctx, want...)
}

func (m mortal) Prove(ctx context.Context, servers ...string) error {
	if m.p.dead.Load() {
		return errKilled
	}
	return m.Watchdog.Prove(ctx, servers...)
}

func (m mortal) Cut(ctx context.Context, servers ...string) error {
	if m.p.dead.Load() {
		return errKilled
	}
	return m.Watchdog.Cut(ctx, servers...)
}

// mortalStore is the store as a process reaches it.
type mortalStore struct {
	*memoryStore
	p *process
}

func (s *mortalStore) Append(ctx context.Context, run string, offset int64, data []byte) error {
	if s.p.dead.Load() {
		return errKilled
	}
	return s.memoryStore.Append(ctx, run, offset, data)
}

func (s *mortalStore) Beat(ctx context.Context, token string) error {
	if s.p.dead.Load() {
		return errKilled
	}
	return s.memoryStore.Beat(ctx, token)
}

// host understands the scripts that the engine sends.
type host struct {
	*process
	name string
}

// command is one that runs on a host.
type command struct {
	file  string // where its pid is noted
	ended chan struct{}
}

type exitError int

func (e exitError) Error() string   { return fmt.Sprintf("exit status %d", int(e)) }
func (e exitError) ExitStatus() int { return int(e) }

type lostError struct{}

func (lostError) Error() string { return "the connection was lost" }
func (lostError) Unknown() bool { return true }

var (
	pidFileOf = regexp.MustCompile(`(?m)^f=\$d/'(.*)'`)
	versionOf = regexp.MustCompile(`export ROTA_VERSION='(.*)'`)
)

func (h host) Run(ctx context.Context, script, _ string, out io.Writer) error {
	if h.dead.Load() {
		return errKilled
	}
	if _, err := h.Boot(ctx); err != nil {
		return err
	}
	file := pidFileOf.FindStringSubmatch(script)
	_, rest, ok := strings.Cut(script, "set -eu\n")
	switch {
	case ok:
		text, _, _ := strings.Cut(rest, "\n")
		return h.step(ctx, file[1], text, versionOf.FindStringSubmatch(script)[1], out)
	case file != nil:
		h.end(file[1], out)
	}
	return nil
}

// step runs a command of the inventory.
func (h host) step(ctx context.Context, file, text, version string, out io.Writer) error {
	if h.dead.Load() { // it was killed between two instructions
		return errKilled
	}
	if text == "activate" {
		for _, b := range h.behind(h.name) {
			b.Touch(h.name)
		}
	}
	c := &command{file, make(chan struct{})}
	h.mu.Lock()
	if h.running[h.name] != nil {
		h.t.Errorf("%s: %s begins while %s runs", h.name, text, h.running[h.name].file)
	}
	h.running[h.name] = c
	h.did = append(h.did, h.name+": "+text+" "+version)
	fails := h.command
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.running[h.name] == c {
			delete(h.running, h.name)
		}
	}()
	select {
	case <-time.After(50 * time.Millisecond):
	case <-c.ended:
		return exitError(143)
	case <-ctx.Done():
		return ctx.Err()
	}
	_, _ = io.WriteString(out, text+"\n")
	if fails != nil {
		if err := fails(h.name, text, version); err != nil {
			return err
		}
	}
	if text == "activate" {
		h.mu.Lock()
		h.runs[h.name] = version
		h.mu.Unlock()
	}
	return nil
}

// end ends a command that still runs.
func (h host) end(file string, out io.Writer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.running[h.name]; c != nil && c.file == file {
		close(c.ended)
		delete(h.running, h.name)
		_, _ = io.WriteString(out, "ended\n")
	}
}

// Boot tells how often the host was rebooted, while it is up.
func (h host) Boot(context.Context) (string, error) {
	if h.dead.Load() {
		return "", errKilled
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down[h.machine()] {
		return "", errors.New("connection refused")
	}
	return fmt.Sprint("boot", h.boots[h.machine()]), nil
}

func (h host) machine() string { return rollout.Machine(h.inv.Server(h.name).SSH) }

// Reboot goes on when rota was killed, as a reboot does.
func (h host) Reboot(ctx context.Context, from, _ string) error {
	if boot, _ := h.Boot(ctx); boot == from {
		h.goDown()
	}
	for {
		select {
		case <-ctx.Done():
			return errors.New("did not come back")
		case <-time.After(time.Second):
		}
		if h.dead.Load() {
			return errKilled
		}
		if boot, err := h.Boot(ctx); err == nil && boot != from {
			return nil
		}
	}
}

// goDown takes the host down, with all its servers, and up again.
func (h host) goDown() {
	for _, s := range h.inv.Servers {
		if rollout.Machine(s.SSH) != h.machine() {
			continue
		}
		for _, b := range h.behind(s.Name) {
			b.Touch(s.Name)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.did = append(h.did, "reboot "+h.machine())
	h.down[h.machine()] = true
	time.AfterFunc(h.bootTime, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.boots[h.machine()]++
		delete(h.down, h.machine())
	})
}

func (h host) Upload(context.Context, string, string, string) error { return nil }

func (h host) DialContext(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("no network here")
}
