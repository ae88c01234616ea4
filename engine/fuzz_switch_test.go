package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"rota/lb"
	"rota/record"
	"rota/rollout"
)

// twoGroups draws an inventory of two groups that take turns.
func (d *dice) twoGroups() string {
	n := 1 + d.roll(3, "servers")
	return fmt.Sprintf(`
app: shop
servers:
  - name: b{1..%d}
    address: 10.0.1.{1..%d}:80
    group: blue
  - name: g{1..%d}
    address: 10.0.2.{1..%d}:80
    group: green
  - name: worker1
    balanced: false
balancers:
  - name: lb1
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
  version: "true"
health: {http: "http://127.0.0.1/"}
rollout:
  strategy: blue-green
  soak: %ds
  batches: [%s]
  confirm: %s
  max_failures: %d
  drain_timeout: 20s
  on_drain_timeout: %s
  on_failure: %s
`, n, n, n, n, d.roll(2, "retry"), d.roll(3, "soak"), d.pick("100% 1 2", "batch"),
		d.pick("never first batch", "confirm"), d.roll(3, "failures"),
		d.pick("ask continue fail move cut", "drain"), d.pick("ask pause rollback abort", "policy"))
}

// FuzzSwitch is FuzzRun for two groups that take turns: deploys to the idle one,
// with and without the switch, switches, ways back, kills and other hands. What
// the last lines say of every server is true, and somebody always serves.
func FuzzSwitch(f *testing.F) {
	for i := range 24 {
		f.Add(fmt.Appendf(nil, "%d switch these %d", i*7, i*i))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		synctest.Test(t, func(t *testing.T) { switches(t, &dice{data: data, asked: map[string]int{}}) })
	})
}

func switches(t *testing.T, d *dice) {
	// Who is put in by another hand while it is half deployed goes out whatever
	// the floor, so that is looked at here.
	w := newWorld(t, d.twoGroups(), 0)
	for i, f := range w.fronts {
		f.Hook = func(server string, to lb.State) {
			serves := func(s string) bool { return f.State(s) == lb.In }
			if strings.HasPrefix(server, "b") && to == lb.Draining && !slices.ContainsFunc(w.inv.Balancers[i].Servers, serves) {
				t.Errorf("%s was taken out and nobody is left in rotation on lb%d", server, i+1)
			}
		}
		for _, name := range w.inv.Group("green") {
			f.Put(name, lb.Out)
		}
	}
	if d.rarely(5, "held") {
		w.store.holds = []record.Hold{{Server: "g1", Why: "disk"}}
	}
	var plan rollout.Plan
	var err error
	if d.rarely(4, "by hand") {
		plan, err = rollout.NewSwitch(w.inv, w.facts(), "green", rollout.Options{})
	} else {
		plan, err = rollout.New(w.inv, w.facts(), rollout.Options{Version: "2", NoSwitch: d.rarely(4, "no switch")})
	}
	if err != nil {
		t.Skip(err)
	}
	d.chaos(w)
	d.lives(w, plan, w.switched)
}

// switched checks what a run left behind that came to its end by itself.
func (w *world) switched(p *process, sum rollout.Summary) rollout.State {
	w.t.Helper()
	st := w.sameState(p)
	left := func(name string) bool {
		return slices.ContainsFunc(sum.Left, func(where rollout.Where) bool { return where.Server == name })
	}
	for _, sv := range st.Servers {
		target := st.Plan.Target(sv.Name)
		idle := slices.Contains(sum.Idle, sv.Name)
		if sum.Outcome == rollout.Done && !sv.Done {
			w.t.Errorf("the run is done, and %s is %s", sv.Name, sv.Phase)
		}
		if idle && target.Leaves && st.Reverse == nil && !w.othersServe(&st) {
			w.t.Errorf("%s has left, and nobody has come in its place", sv.Name)
		}
		if left(sv.Name) || sv.Phase == rollout.Waiting && st.Plan.Waits(*target) {
			continue
		}
		for i, f := range w.behind(sv.Name) {
			switch s := f.State(sv.Name); {
			case idle && s == lb.In:
				w.t.Errorf("%s: %s is idle by the last lines, and in rotation on lb%d", sum.Outcome, sv.Name, i+1)
			case !idle && s != lb.In:
				w.t.Errorf("%s: the last lines do not tell that %s is %s on lb%d (%s)", sum.Outcome, sv.Name, s, i+1, sv.Phase)
			}
		}
	}
	if w.t.Failed() {
		for _, e := range w.events {
			w.t.Logf("%d %s %s %s %s %s %s %s %s", e.Seq, e.Kind, e.Server, e.Servers, e.Balancer, e.Step, e.State, e.Text, e.Error)
		}
	}
	return st
}

// othersServe reports whether one that comes is in rotation, as the run knows it.
func (w *world) othersServe(st *rollout.State) bool {
	return slices.ContainsFunc(st.Servers, func(sv rollout.ServerState) bool {
		return st.Plan.Target(sv.Name).Comes && sv.Phase != rollout.Waiting
	})
}
