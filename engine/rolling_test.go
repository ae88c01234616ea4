package engine

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"rota/rollout"
)

func TestARollingDeployUpdatesEveryServerAndKeepsTheFloor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, worldYAML, 3)
		sum, err := w.deploy("2")
		if err != nil {
			t.Fatal(err)
		}
		if want := "web1 in 2, web2 in 2, web3 in 2, web4 in 2"; w.standing() != want {
			t.Errorf("standing: %s, want %s", w.standing(), want)
		}
		if sum.Outcome != rollout.Done || sum.ExitStatus() != 0 {
			t.Errorf("outcome %s, status %d", sum.Outcome, sum.ExitStatus())
		}
		if sum.OwnMS*10 > sum.TotalMS*3 {
			t.Errorf("of %d ms %d are rota's own", sum.TotalMS, sum.OwnMS)
		}
		want := []string{"web1: activate 2", "web2: activate 2", "web3: activate 2", "web4: activate 2"}
		if diff := cmp.Diff(want, w.did); diff != "" {
			t.Error(diff)
		}
		w.replays()
	})
}

func TestAFailedStepIsDecidedAbout(t *testing.T) {
	tests := []struct {
		name, answer string
		floor        int
		want         string
		outcome      rollout.Outcome
		status       int
	}{
		{"skip leaves the server out and goes on, no more meant to be in", "skip", 2, "web1 in 2, web2 out 1, web3 in 2, web4 in 2", rollout.LeftSome, 1},
		{"retry that works goes on", "retry", 3, "web1 in 2, web2 in 2, web3 in 2, web4 in 2", rollout.Done, 0},
		{"back puts the old version on it and goes on", "back", 3, "web1 in 2, web2 in 1, web3 in 2, web4 in 2", rollout.LeftSome, 1},
		{"rollback takes everything back", "rollback", 3, "web1 in 1, web2 in 1, web3 in 1, web4 in 1", rollout.RolledBack, 3},
		{"pause stops where it stands", "pause", 3, "web1 in 2, web2 out 1, web3 in 1, web4 in 1", rollout.Paused, 1},
		{"abort ends it", "abort", 3, "web1 in 2, web2 out 1, web3 in 1, web4 in 1", rollout.Aborted, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, worldYAML, tt.floor)
				tries := 0
				w.command = func(server, _, version string) error {
					if server == "web2" && version == "2" {
						if tries++; tries == 1 {
							return exitError(1)
						}
					}
					return nil
				}
				w.decide = func(q rollout.Question) (string, error) {
					if q.Kind == rollout.AskFailure {
						return tt.answer, nil
					}
					return rollout.Continue, nil
				}
				sum, _ := w.deploy("2")
				if w.standing() != tt.want {
					t.Errorf("standing: %s\nwant      %s", w.standing(), tt.want)
				}
				if sum.Outcome != tt.outcome || sum.ExitStatus() != tt.status {
					t.Errorf("outcome %s, status %d; want %s, %d", sum.Outcome, sum.ExitStatus(), tt.outcome, tt.status)
				}
				w.replays()
			})
		})
	}
}

func TestAGateThatNobodyAnswersStopsWithEveryServerInAKnownState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, worldYAML, 3)
		w.decide = func(rollout.Question) (string, error) { return "", errors.New("end of input") }
		sum, err := w.deploy("2")
		if sum.ExitStatus() != 4 || err == nil {
			t.Errorf("status %d, error %v", sum.ExitStatus(), err)
		}
		if want := "web1 in 2, web2 in 1, web3 in 1, web4 in 1"; w.standing() != want {
			t.Errorf("standing: %s, want %s", w.standing(), want)
		}
		w.decide = nil
		if sum, err = w.resume(); err != nil || sum.Outcome != rollout.Done {
			t.Errorf("resume: %s, %v", sum.Outcome, err)
		}
		if want := "web1 in 2, web2 in 2, web3 in 2, web4 in 2"; w.standing() != want {
			t.Errorf("standing: %s, want %s", w.standing(), want)
		}
	})
}

func TestAFailedServerIsTriedAgainByResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, strings.Replace(worldYAML, "soak: 0s", "soak: 0s\n  on_failure: pause\n  batches: [2]", 1), 2)
		broken := true
		w.healthy = func(server, version string) error {
			if broken && server == "web1" && version == "2" {
				return errors.New("503, want 200")
			}
			return nil
		}
		if sum, _ := w.deploy("2"); sum.ExitStatus() != 1 {
			t.Errorf("status %d", sum.ExitStatus())
		}
		broken = false
		if sum, err := w.resume(); err != nil || sum.Outcome != rollout.Done {
			t.Errorf("resume: %s, %v", sum.Outcome, err)
		}
		if want := "web1 in 2, web2 in 2, web3 in 2, web4 in 2"; w.standing() != want {
			t.Errorf("standing: %s, want %s", w.standing(), want)
		}
		w.replays()
	})
}

func TestAWrongVersionAfterTheStepsIsAFailureOfTheSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		yaml := strings.NewReplacer("soak: 0s", "soak: 0s\n  on_failure: pause",
			"- run: activate", "- run: activate\n    - run: migrate\n      once: true\n      on: web2").Replace(worldYAML)
		w := newWorld(t, yaml, 3)
		stale := true
		w.healthy = func(server, _ string) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if stale && server == "web2" { // the old process was not stopped
				w.runs[server] = "1"
			}
			return nil
		}
		if sum, err := w.deploy("2"); err == nil || sum.ExitStatus() != 1 || !strings.Contains(err.Error(), `it runs "1", not "2"`) {
			t.Errorf("status %d, %v", sum.ExitStatus(), err)
		}
		stale = false
		if sum, err := w.resume(); err != nil || sum.Outcome != rollout.Done {
			t.Errorf("resume: %s, %v", sum.Outcome, err)
		}
		if want := "web1 in 2, web2 in 2, web3 in 2, web4 in 2"; w.standing() != want {
			t.Errorf("standing: %s, want %s", w.standing(), want)
		}
		want := []string{
			"web1: activate 2", "web2: activate 2", "web2: migrate 2", "web2: activate 2", "web3: activate 2", "web4: activate 2",
		}
		if diff := cmp.Diff(want, w.did); diff != "" {
			t.Error(diff)
		}
		w.replays()
	})
}
