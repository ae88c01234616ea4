package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rota/lb"
	"rota/lb/lbtest"
	"rota/record"
	"rota/rollout"
)

// dice decide what happens, from the bytes of a fuzz input: the same question
// asked as often gets the same answer, whatever else is going on beside it.
type dice struct {
	data  []byte
	mu    sync.Mutex
	asked map[string]int
}

// roll returns 0 … n-1.
func (d *dice) roll(n int, what ...any) int {
	key := fmt.Sprint(what...)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked[key]++
	if len(d.data) == 0 {
		return 0
	}
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s %d", key, d.asked[key])
	return int(d.data[int(h.Sum32())%len(d.data)]^byte(h.Sum32()>>24)) % n
}

// rarely is true once in about n times, and never for the empty input.
func (d *dice) rarely(n int, what ...any) bool {
	return len(d.data) > 0 && d.roll(n, what...) == n-1
}

func (d *dice) pick(words string, what ...any) string {
	all := strings.Fields(words)
	return all[d.roll(len(all), what...)]
}

// inventory draws one.
func (d *dice) inventory() (yaml string, floor int) {
	servers := 3 + d.roll(3, "servers")
	batch := 1 + d.roll(servers-1, "batch")
	floor = 1 + d.roll(servers-batch, "floor")
	host := ""
	if d.rarely(3, "one host") {
		host = "    ssh: twins\n"
	}
	return fmt.Sprintf(`
app: shop
servers:
  - name: web{1..%d}
    address: 10.0.0.{1..%d}:80
%s  - name: worker1
    balanced: false
balancers:
  - name: lb1
    before: puppet off
    after: puppet on
    haproxy: {socket: /run/haproxy.sock, backends: [app]}
  - name: lb2
    haproxy: {socket: /run/haproxy.sock, backends: [app]}
deploy:
  prepare:
    - {run: migrate, once: true}
  steps:
    - {run: stage, retry: %d}
    - run: activate
    - {run: reindex, once: true}
  rollback:
    - run: activate
  finish:
    - run: tell
  version: "true"
health: {http: "http://127.0.0.1/"}
rollout:
%s  soak: %ds
  batches: [%d]
  confirm: %s
  min_in_rotation: %d
  max_failures: %d
  drain_timeout: 20s
  on_drain_timeout: %s
  on_failure: %s
hooks: {before: ci, after-batch: smoke, after: tell, on-failure: alarm}
`, servers, servers, host, d.roll(2, "retry"), d.ladders(), d.roll(3, "soak"), batch,
		d.pick("never first batch server", "confirm"), floor, d.roll(3, "failures"),
		d.pick("ask continue fail move cut", "drain"), d.pick("ask pause rollback abort", "policy")), floor
}

// ladders draws how servers come back.
func (d *dice) ladders() string {
	said := ""
	if d.rarely(3, "canary") {
		said += "  strategy: canary\n  canary: {weights: [5%, 40%], hold: 2s}\n"
	}
	if d.rarely(4, "warm") {
		said += "  warm: {weights: [30%], hold: 1s}\n"
	}
	if d.rarely(3, "max_errors") {
		said += "  max_errors: {over_old: 5%, min_requests: 10}\n"
	}
	return said
}

// chaos makes everything go wrong that may.
func (d *dice) chaos(w *world) {
	w.command = func(server, command, version string) error {
		lost := d.rarely(14, "lost", server, command)
		switch {
		case lost && d.rarely(2, "in vain", server, command):
			return lostError{}
		case d.rarely(12, "step", server, command):
			return exitError(1)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.did = append(w.did, "done: "+command+" on "+server+" "+version)
		for _, f := range w.behind(server) {
			f.Fail(server, map[bool]float64{true: 0.3}[version == "2" && d.rarely(5, "bad")])
		}
		if lost {
			return lostError{}
		}
		return nil
	}
	w.errand = func(where, command string, _ map[string]string) error {
		switch {
		case d.rarely(25, "errand", where, command):
			return exitError(1)
		case d.rarely(40, "errand lost", where, command):
			return lostError{}
		}
		return nil
	}
	w.healthy = func(server, _ string) error {
		if d.rarely(10, "health", server) {
			return errors.New("503, want 200")
		}
		return nil
	}
	for i, f := range w.fronts {
		f.Fault = func(c lbtest.Call) (fault lbtest.Fault) {
			if d.rarely(80, "fault", i, c.Method) {
				fault = lbtest.Fault{Err: errors.New("broken pipe"), Made: d.roll(3, "made", i)}
			}
			if d.rarely(50, "slow", i, c.Method) {
				fault.Delay = time.Duration(d.roll(7000, "delay", i)) * time.Millisecond
			}
			return fault
		}
		for _, s := range w.inv.Balancers[i].Servers {
			f.Stick(s, d.rarely(6, "sticky", s))
			if end, err := f.Request(s); err == nil {
				long := time.Duration(d.roll(3, "request", i, s)*15) * time.Second
				time.AfterFunc(long, func() { _ = end() })
			}
		}
	}
	w.decide = func(q rollout.Question) (string, error) {
		if d.rarely(30, "no answer") {
			return "", errors.New("end of input")
		}
		if q.Kind == rollout.AskGate && !d.rarely(6, "gate") {
			return rollout.Continue, nil
		}
		return q.Choices[d.roll(len(q.Choices), "answer", string(q.Kind))].Word, nil
	}
}

// disturb lets other hands and the person at the screen act in the middle.
func (d *dice) disturb(w *world, p *process) {
	w.seen = func(e rollout.Event) {
		for _, f := range w.fronts {
			f.Serve(20)
		}
		switch e.Kind {
		case rollout.StepBegun:
			if e.Text == "activate" && d.rarely(8, "put", e.Server) { // a colleague, or a reload
				if on := w.behind(e.Server); len(on) > 0 {
					f := on[d.roll(len(on), "where")]
					time.AfterFunc(20*time.Millisecond, func() {
						if !p.dead.Load() && !p.ending.Load() { // else it might be between two calls of the next one
							f.Put(e.Server, lb.In)
						}
					})
				}
			}
			if d.rarely(120, "full") {
				w.store.fill(errors.New("no space left on device"))
			}
			if d.rarely(20, "room") {
				w.store.fill(nil)
			}
		case rollout.StepEnded, rollout.Asked, rollout.Moved:
			if e.Server != "" && d.rarely(30, "sick") { // the application dies for a while
				for _, f := range w.behind(e.Server) {
					f.Health(e.Server, false)
					time.AfterFunc(3*time.Second, func() { f.Health(e.Server, true) })
				}
			}
			if d.rarely(200, "stop") {
				p.runner.Control.Stop()
			}
			if d.rarely(60, "hold") {
				p.runner.Control.Hold()
			}
			if d.rarely(250, "lock") {
				w.store.lose(record.ErrLost)
			}
		default:
		}
	}
}

// FuzzRun draws an inventory, failures, delays, disturbances, kills and answers
// from its bytes. The watchdogs check the floor and the proofs at every Set; at
// the end every journal gives the state that the run had, a once-step was not
// done twice unasked, and what the summary says of the servers is true.
func FuzzRun(f *testing.F) {
	seeds, err := filepath.Glob("testdata/fuzz/FuzzRun/*")
	if err != nil || len(seeds) < 8 {
		f.Fatalf("the seeds are missing: %v, %v", seeds, err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		synctest.Test(t, func(t *testing.T) { fuzzRun(t, &dice{data: data, asked: map[string]int{}}) })
	})
}

func fuzzRun(t *testing.T, d *dice) {
	yaml, floor := d.inventory()
	w := newWorld(t, yaml, floor)
	if d.rarely(4, "held") {
		w.store.holds = append(w.store.holds, record.Hold{Server: "web2", By: "me", Why: "disk"})
		w.fronts[0].Put("web2", lb.Out)
		w.fronts[1].Put("web2", lb.Out)
	}
	if d.rarely(4, "found out") {
		w.fronts[0].Put("web3", lb.Out)
	}
	for _, f := range w.fronts {
		for i, s := range w.inv.Balancers[0].Servers {
			f.PutWeight(s, 1+i*d.roll(60, "weight"))
		}
	}
	weights := w.weights()
	plan, err := rollout.New(w.inv, w.facts(), rollout.Options{Version: "2"})
	if err != nil {
		t.Skip(err)
	}
	d.chaos(w)
	asked := 0
	decide := w.decide
	w.decide = func(q rollout.Question) (string, error) {
		word, err := decide(q)
		if q.Kind == rollout.AskOnce && word == rollout.Retry && err == nil {
			asked++
		}
		return word, err
	}
	d.lives(w, plan, func(p *process, sum rollout.Summary) rollout.State {
		st := w.ended(p, sum)
		w.weighed(&st, weights)
		return st
	})
	w.once(asked)
}

// lives runs a plan, and goes on with it as long as it is killed or can be
// resumed, a few times at most. ended is asked about each that came to its end by
// itself.
func (d *dice) lives(w *world, plan rollout.Plan, ended func(*process, rollout.Summary) rollout.State) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for life := range 4 {
		p := w.process()
		if d.rarely(3, "kill") {
			p.until = len(w.events) + 1 + d.roll(120, "when")
		}
		w.store.fill(nil)
		w.store.lose(nil)
		p.lock()
		d.disturb(w, p)
		over := make(chan rollout.Summary, 1)
		wg.Go(func() {
			defer p.unlock()
			var sum rollout.Summary
			if life == 0 {
				sum, _ = p.run(plan)
			} else {
				sum, _ = p.resume()
			}
			over <- sum
		})
		select {
		case <-p.killed:
		case sum := <-over:
			if !p.dead.Load() {
				if st := ended(p, sum); !st.Resumable() {
					return
				}
			}
		}
	}
}

// sameState fails the test unless the journal gives the state that the run has.
func (w *world) sameState(p *process) rollout.State {
	w.t.Helper()
	st := w.replayed()
	if diff := cmp.Diff(p.runner.Journal.State(), st, cmp.AllowUnexported(rollout.State{}, rollout.StepState{}), cmpopts.IgnoreFields(rollout.State{}, "timing"), cmpopts.EquateEmpty()); diff != "" {
		w.t.Errorf("the journal gives another state: %s", diff)
	}
	return st
}

// ended checks what a run left behind that came to its end by itself.
func (w *world) ended(p *process, sum rollout.Summary) rollout.State {
	w.t.Helper()
	st := w.sameState(p)
	left := map[string]bool{}
	for _, where := range sum.Left {
		left[where.Server] = true
	}
	for _, sv := range st.Servers {
		if sum.Outcome == rollout.Done && !sv.Done {
			w.t.Errorf("the run is done, and %s is %s", sv.Name, sv.Phase)
		}
		if left[sv.Name] {
			continue
		}
		for i, f := range w.behind(sv.Name) {
			if s := f.State(sv.Name); s != lb.In {
				w.t.Errorf("%s: the last lines do not tell that %s is %s on lb%d (%s)", sum.Outcome, sv.Name, s, i+1, sv.Phase)
			}
		}
	}
	last := ""
	for _, d := range w.did {
		if strings.HasPrefix(d, "lb1: ") {
			last = d
		}
	}
	if last == "lb1: puppet off" && sum.Outcome != rollout.LockLost {
		w.t.Errorf("%s: after the run lb1 did not get its command", sum.Outcome)
	}
	for _, name := range sum.Updated {
		if w.runs[name] != st.Wanted(name) {
			w.t.Errorf("%s counts as updated and runs %s", name, w.runs[name])
		}
	}
	if w.t.Failed() {
		for _, e := range w.events {
			w.t.Logf("%d %s %s %s %s %s %s %s %s", e.Seq, e.Kind, e.Server, e.Servers, e.Balancer, e.Step, e.State, e.Text, e.Error)
		}
	}
	return st
}

// weighed fails the test unless the weights are as they were found, but where the
// journal has it that they could not be put back, or a server that has failed is
// in rotation all the same.
func (w *world) weighed(st *rollout.State, found string) {
	w.t.Helper()
	now := strings.Split(w.quietly(w.weights), ", ")
	for i := range w.fronts {
		kept := slices.ContainsFunc(st.Weighings, func(k rollout.Weighing) bool { return k.Balancer == w.inv.Balancers[i].Name })
		if was := strings.Split(found, ", ")[i]; now[i] != was && !kept {
			w.t.Errorf("lb%d has the weights %s, and they were found %s", i+1, now[i], was)
		}
	}
	if len(st.Weighings) > 0 && st.Outcome != rollout.LockLost && !slices.ContainsFunc(w.events, func(e rollout.Event) bool {
		return e.Kind == rollout.Noted && (strings.HasPrefix(e.Text, "the weights are not yet") || strings.Contains(e.Text, "its share stays small"))
	}) {
		w.t.Errorf("nobody is told that weights are not as they were found: %+v", st.Weighings)
	}
}

// quietly asks something while nothing goes wrong.
func (w *world) quietly(ask func() string) string {
	var faults []func(lbtest.Call) lbtest.Fault
	for _, f := range w.fronts {
		faults = append(faults, f.Fault)
		f.Fault = nil
	}
	said := ask()
	for i, f := range w.fronts {
		f.Fault = faults[i]
	}
	return said
}

// replayed is the state that the journal gives, line by line.
func (w *world) replayed() rollout.State {
	w.t.Helper()
	var lines bytes.Buffer
	for _, e := range w.events {
		if err := json.NewEncoder(&lines).Encode(e); err != nil {
			w.t.Fatal(err)
		}
	}
	events, err := rollout.ReadEvents(lines.Bytes())
	if err != nil {
		w.t.Fatal(err)
	}
	st, err := rollout.Replay(events)
	if err != nil {
		w.t.Fatal(err)
	}
	return st
}

// once fails the test when a once-step was begun again and nobody asked for it.
func (w *world) once(asked int) {
	begun := 0
	for _, step := range []string{"migrate", "reindex"} {
		n := 0
		for _, d := range w.did {
			if strings.HasPrefix(d, "done: "+step) {
				n++
			}
		}
		begun += max(0, n-1)
	}
	if begun > asked {
		w.t.Errorf("once-steps were done again %d times, and asked for %d times: %q", begun, asked, w.did)
	}
}
