package engine

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rota/lb"
	"rota/rollout"
)

func TestAServerThatGotARequestBetweenTwoStepsIsDrainedBeforeTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, strings.Replace(worldYAML, "- run: activate", "- run: unpack\n    - run: activate", 1), 3)
		front := w.fronts[0]
		var open atomic.Bool
		var wg sync.WaitGroup
		w.command = func(server, command, _ string) error {
			switch {
			case server != "web2":
			case command == "unpack":
				front.Put(server, lb.In) // a reload by another hand
				end, err := front.Request(server)
				if err != nil {
					return err
				}
				open.Store(true)
				wg.Go(func() {
					time.Sleep(5 * time.Second)
					open.Store(false)
					if err := end(); err != nil {
						t.Error(err)
					}
				})
				time.Sleep(time.Second) // the watch has taken it out again
			case open.Load():
				t.Error("it is touched while a request is under way")
			}
			return nil
		}
		if sum, err := w.deploy("2"); err != nil || sum.Outcome != rollout.Done {
			t.Errorf("%s, %v", sum.Outcome, err)
		}
		wg.Wait()
		if want := "web1 in 2, web2 in 2, web3 in 2, web4 in 2"; w.standing() != want {
			t.Errorf("standing: %s, want %s", w.standing(), want)
		}
		disturbed := 0
		for _, e := range w.events {
			if e.Kind == rollout.Disturbed && e.Server == "web2" {
				disturbed++
			}
		}
		if disturbed != 1 {
			t.Errorf("%d disturbances were told", disturbed)
		}
		w.replays()
	})
}
