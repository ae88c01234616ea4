package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"rota/rollout"
)

const pairYAML = `
app: shop
servers:
  - name: web1
    address: 10.0.0.1:80
  - name: web{2..3}
    ssh: twins
    address: 10.0.0.{2..3}:80
  - name: worker1
    balanced: false
balancers:
  - name: lb1
    haproxy: {socket: /run/haproxy.sock, backends: [app]}
  - name: lb2
    haproxy: {socket: /run/haproxy.sock, backends: [app]}
deploy:
  prepare:
    - run: migrate
      once: true
  steps:
    - run: stage
    - run: activate
    - run: reindex
      once: true
  version: "true"
health: {http: "http://127.0.0.1/"}
rollout:
  soak: 1s
  batches: [2]
  min_in_rotation: 1
`

// wise answers as a person would who knows how everything stands.
func (w *world) wise(q rollout.Question) (string, error) {
	if q.Kind == rollout.AskGate {
		return rollout.Continue, nil
	}
	if q.Kind == rollout.AskOnce {
		step, _, _ := strings.Cut(strings.SplitN(q.Text, ": ", 2)[1], " ")
		w.mu.Lock()
		defer w.mu.Unlock()
		if slices.ContainsFunc(w.did, func(d string) bool { return strings.HasPrefix(d, "done: "+step) }) {
			return rollout.Skip, nil
		}
		return rollout.Retry, nil
	}
	return "", errors.New("not foreseen: " + q.Text)
}

// TestKilledAtEveryEventAndResumed kills a run right after each event that its
// journal gets, goes on from what was on the disk, and wants the whole rollout
// done in the end, no promise broken and no once-step done twice.
func TestKilledAtEveryEventAndResumed(t *testing.T) {
	for n, whole := 1, false; !whole; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, pairYAML, 1)
				w.command = func(server, command, _ string) error {
					w.mu.Lock()
					defer w.mu.Unlock()
					w.did = append(w.did, "done: "+command+" on "+server)
					return nil
				}
				w.decide = w.wise
				over, wait := w.process().untilKilled(w.plan("2"), n)
				defer wait()
				whole = over
				if !whole {
					w.resumed(n)
				}
				if want := "web1 in 2, web2 in 2, web3 in 2, worker1 absent 2"; w.standing() != want {
					t.Errorf("standing: %s, want %s", w.standing(), want)
				}
				for _, once := range []string{"migrate", "reindex"} {
					k := 0
					for _, d := range w.did {
						if strings.HasPrefix(d, "done: "+once) {
							k++
						}
					}
					if k != 1 {
						t.Errorf("%s was done %d times: %q", once, k, w.did)
					}
				}
				w.replays()
				if t.Failed() {
					for _, e := range w.events {
						t.Logf("%d %s %s %s %s %s %s", e.Seq, e.Kind, e.Server, e.Step, e.State, e.Text, e.Error)
					}
				}
			})
		})
		if t.Failed() {
			return
		}
	}
}
