package engine

import (
	"strings"
	"testing"
	"testing/synctest"

	"rota/lb"
	"rota/rollout"
)

const jobYAML = "jobs: {patch: {steps: [{run: patch}]}}\n"

// roll makes the plan of the job.
func (w *world) roll() rollout.Plan {
	w.t.Helper()
	p, err := rollout.NewRoll(w.inv, w.facts(), "patch", rollout.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func TestAJobIsDoneByTheSameWay(t *testing.T) {
	for _, tt := range []struct {
		name    string
		rules   string
		command func(w *world) func(server, command, version string) error
		asked   string // the choices at a failure
		answer  string
		want    string
		status  int
	}{
		{"on every server, one by one", "", nil, "", "continue", "web1 in 1, web2 in 1, web3 in 1, web4 in 1", 0},
		{"a failure offers no way back", "", func(*world) func(server, command, version string) error {
			return func(server, _, _ string) error {
				if server == "web2" {
					return exitError(1)
				}
				return nil
			}
		}, "retry skip pause abort", "pause", "web1 in 1, web2 out 1, web3 in 1, web4 in 1", 1},
		{"a policy that goes back stops", "on_failure: rollback", func(*world) func(server, command, version string) error {
			return func(server, _, _ string) error {
				if server == "web2" {
					return exitError(1)
				}
				return nil
			}
		}, "", "continue", "web1 in 1, web2 out 1, web3 in 1, web4 in 1", 1},
		{"a server must still run what it ran", "", func(w *world) func(server, command, version string) error {
			return func(server, _, _ string) error {
				if server == "web2" {
					w.runs[server] = "0"
				}
				return nil
			}
		}, "retry skip pause abort", "pause", "web1 in 1, web2 out 0, web3 in 1, web4 in 1", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, strings.Replace(worldYAML, "soak: 0s", "soak: 0s\n  "+tt.rules, 1)+jobYAML, 3)
				if tt.command != nil {
					w.command = tt.command(w)
				}
				asked := ""
				w.decide = func(q rollout.Question) (string, error) {
					for _, c := range q.Choices {
						if c.Word == rollout.RollBack {
							t.Errorf("a way back is offered at: %s", q.Text)
						}
					}
					if q.Kind != rollout.AskFailure {
						return rollout.Continue, nil
					}
					var words []string
					for _, c := range q.Choices {
						words = append(words, c.Word)
					}
					asked = strings.Join(words, " ")
					return tt.answer, nil
				}
				sum, _ := w.process().run(w.roll())
				w.says(tt.want)
				if sum.ExitStatus() != tt.status || asked != tt.asked {
					t.Errorf("%s, exit status %d, want %d; asked %q, want %q (%s)", sum.Outcome, sum.ExitStatus(), tt.status, asked, tt.asked, sum.Why)
				}
				if got := strings.Join(sum.GoOn, " "); strings.Contains(got, "rollback") {
					t.Errorf("go on with %s", got)
				}
				w.replays()
			})
		})
	}
}

func TestAJobThatWasInterruptedGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, worldYAML+jobYAML, 3)
		w.decide = func(q rollout.Question) (string, error) { return rollout.Pause, nil }
		if sum, _ := w.process().run(w.roll()); sum.Outcome != rollout.Stopped {
			t.Fatalf("%s (%s)", sum.Outcome, sum.Why)
		}
		w.decide = nil
		if sum, err := w.resume(); sum.Outcome != rollout.Done {
			t.Errorf("%s, %v", sum.Outcome, err)
		}
		var did []string
		for _, d := range w.did {
			server, _, _ := strings.Cut(d, ":")
			did = append(did, server)
		}
		if got := strings.Join(did, " "); got != "web1 web2 web3 web4" {
			t.Errorf("done on %s", got)
		}
		w.says("web1 in 1, web2 in 1, web3 in 1, web4 in 1")
	})
}

func TestAJobLeavesTheIdleGroupOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sidesYAML+jobYAML, 1)
		for _, f := range w.fronts {
			f.Put("g1", lb.Out)
			f.Put("g2", lb.Out)
		}
		sum, err := w.process().run(w.roll())
		if err != nil || sum.ExitStatus() != 0 {
			t.Errorf("%s, %v", sum.Outcome, err)
		}
		w.says("b1 in 1, b2 in 1, g1 out 1, g2 out 1")
		if got := strings.Join(sum.Idle, " "); got != "g1 g2" || len(sum.Left) > 0 || len(sum.Updated) != 4 {
			t.Errorf("idle %q, left %v, done %v", got, sum.Left, sum.Updated)
		}
		w.replays()
	})
}
