package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/rollout"
)

// rebootYAML has two servers on one host, which are rebooted in their steps.
const rebootYAML = `
app: shop
servers:
  - name: web1
    ssh: me@twins
    address: 10.0.0.1:80
  - name: web2
    ssh: you@twins
    address: 10.0.0.2:80
  - name: web3
    address: 10.0.0.3:80
balancers:
  - name: lb1
    haproxy: {socket: /run/haproxy.sock, backends: [app]}
deploy:
  steps:
    - run: activate
    - reboot: 2m
  version: "true"
health: {http: "http://127.0.0.1/"}
rollout:
  soak: 0s
  confirm: never
  batches: [2]
  min_in_rotation: 1
`

// reboots lists the reboots that there were.
func (w *world) reboots() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.did), func(d string) bool { return !strings.HasPrefix(d, "reboot ") })
}

// TestAHostIsRebootedOnceWheneverRotaIsKilled kills a run right after each
// event, and goes on at once, while the host is down, or later.
func TestAHostIsRebootedOnceWheneverRotaIsKilled(t *testing.T) {
	for n, whole := 1, false; !whole && !t.Failed(); n++ {
		later := []time.Duration{0, 5 * time.Second, time.Minute}[n%3]
		t.Run(fmt.Sprintf("%d and %s later", n, later), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, rebootYAML, 1)
				over, wait := w.process().untilKilled(w.plan("2"), n)
				defer wait()
				whole = over
				if !whole {
					time.Sleep(later)
					w.resumed(n)
				}
				w.says("web1 in 2, web2 in 2, web3 in 2")
				if diff := cmp.Diff([]string{"reboot twins", "reboot twins", "reboot web3"}, w.reboots()); diff != "" {
					t.Error(diff)
				}
				w.replays()
			})
		})
	}
}

func TestAHostThatDoesNotComeBackIsDecidedAboutAndNotRebootedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, rebootYAML, 1)
		w.bootTime = 3 * time.Minute
		asked := 0
		w.decide = func(q rollout.Question) (string, error) {
			asked++
			if q.Kind != rollout.AskFailure || !strings.Contains(q.Text, "did not come back") {
				return "", errors.New("not foreseen: " + q.Text)
			}
			return rollout.Retry, nil
		}
		if sum, err := w.deploy("2"); err != nil || sum.Outcome != rollout.Done {
			t.Errorf("%s, %v", sum.Outcome, err)
		}
		if len(w.reboots()) != 3 || asked != 3 {
			t.Errorf("reboots: %q, asked %d times", w.reboots(), asked)
		}
		w.replays()
	})
}

func TestAHostIsNotRebootedWhileAnotherServerOfItServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, strings.Replace(rebootYAML, "soak: 0s", "soak: 0s\n  on_failure: pause\n  max_failures: 1", 1), 1)
		broken := true
		w.command = func(server, _, _ string) error {
			if broken && server == "web2" {
				return exitError(1)
			}
			return nil
		}
		if sum, _ := w.deploy("2"); sum.Outcome != rollout.LeftSome {
			t.Errorf("outcome %s", sum.Outcome)
		}
		broken = false
		sum, err := w.resume()
		if err == nil && sum.Outcome != rollout.LeftSome {
			t.Errorf("resume: %s, %v", sum.Outcome, err)
		}
		if st := w.replays(); !strings.Contains(st.Server("web2").Error, "web1 is on the same host, and in on lb1") {
			t.Errorf("web2: %q", st.Server("web2").Error)
		}
		w.says("web1 in 2, web2 out 2, web3 in 2")
		if diff := cmp.Diff([]string{"reboot twins", "reboot web3"}, w.reboots()); diff != "" {
			t.Error(diff)
		}
	})
}
