package engine

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rota/rollout"
)

func (w *world) rehearsal() rollout.Plan {
	w.t.Helper()
	p, err := rollout.NewRehearsal(w.inv, w.facts(), rollout.Options{}, rollout.Rehearsal{})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func TestARehearsalGoesTheWholeWayAndDoesNothing(t *testing.T) {
	for _, tt := range []struct {
		name    string
		healthy func(server, version string) error
		runs    string // what web3 runs, once the plan is made
		answer  string
		asked   string
		want    string
		status  int
		timed   int
	}{
		{"all go out and come back", nil, "1", "", "", "web1 in 1, web2 in 1, web3 in 1, web4 in 1", 0, 4},
		{"one is not healthy out there", func(server, _ string) error {
			if server == "web3" {
				return errors.New("503")
			}
			return nil
		}, "1", "skip", "retry skip pause abort", "web1 in 1, web2 in 1, web3 out 1, web4 in 1", 1, 3},
		{"one runs another version than it said", nil, "0", "pause", "retry skip pause abort", "web1 in 1, web2 in 1, web3 out 0, web4 in 1", 1, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, worldYAML, 2)
				plan := w.rehearsal()
				w.healthy, w.runs["web3"] = tt.healthy, tt.runs
				asked := ""
				w.decide = func(q rollout.Question) (string, error) {
					var words []string
					for _, c := range q.Choices {
						words = append(words, c.Word)
					}
					asked = strings.Join(words, " ")
					return tt.answer, nil
				}
				sum, _ := w.process().run(plan)
				w.says(tt.want)
				if len(w.did) > 0 {
					t.Errorf("it did %v", w.did)
				}
				if sum.ExitStatus() != tt.status || asked != tt.asked {
					t.Errorf("%s, exit status %d, want %d; asked %q, want %q (%s)", sum.Outcome, sum.ExitStatus(), tt.status, asked, tt.asked, sum.Why)
				}
				if len(sum.Timings) != tt.timed || sum.LikelyMS == 0 {
					t.Errorf("timings %+v, likely %d ms", sum.Timings, sum.LikelyMS)
				}
				for _, tm := range sum.Timings {
					if tm.DrainMS == 0 || tm.CheckMS != 10 || tm.ReturnMS == 0 {
						t.Errorf("%+v", tm)
					}
				}
				if len(w.store.versions) > 0 {
					t.Errorf("noted as deployed: %v", w.store.versions)
				}
				w.replays()
			})
		})
	}
}

// TestARehearsalKilledAtEveryEventLeavesNobodyOut resumes it each time.
func TestARehearsalKilledAtEveryEventLeavesNobodyOut(t *testing.T) {
	for n, whole := 1, false; !whole; n += 3 {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, worldYAML, 3)
			p := w.process()
			p.until = n
			plan := w.rehearsal()
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_, _ = p.run(plan)
			}()
			select {
			case <-p.killed:
				if sum, err := w.resume(); err != nil {
					t.Errorf("killed at event %d: %s, %v", n, sum.Outcome, err)
				}
			case <-ended:
				whole = true
			}
			<-ended
			w.says("web1 in 1, web2 in 1, web3 in 1, web4 in 1")
		})
		if t.Failed() {
			return
		}
	}
}

// TestRightsAreAskedWithoutDoing runs the scripts in a real shell.
func TestRightsAreAskedWithoutDoing(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		name string
		need rollout.Need
		err  string
	}{
		{"a folder that is there", rollout.Need{Folder: dir}, ""},
		{"one that will be made", rollout.Need{Folder: dir + "/a b/c"}, ""},
		{"no folder", rollout.Need{Folder: "/dev/null/x"}, "upload to /dev/null/x: /dev/null is not a folder"},
		{"a user", rollout.Need{Sudo: "root"}, ""},
		{"a user that one may not become", rollout.Need{Sudo: "nobody"}, "web1: become nobody for a step: sudo: a password is required"},
		{"a command of one's own", rollout.Need{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.need.Server = "web1"
			err := Rights(t.Context(), []rollout.Need{tt.need}, map[string]rollout.Host{"web1": local{}})
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%v, want %q", err, tt.err)
			}
		})
	}
}

// local runs scripts here, and lets nobody become nobody.
type local struct{ rollout.Host }

func (local) Run(ctx context.Context, script, sudo string, out io.Writer) error {
	if sudo == "nobody" {
		return errors.New("sudo: a password is required")
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", script)
	cmd.Stdout = out
	return cmd.Run()
}
