package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rota/lb"
	"rota/rollout"
)

func TestAGateTellsWhatAPersonNeedsToDecide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, strings.Replace(worldYAML, "soak: 0s", "soak: 2s", 1), 3)
		w.shows = func(servers []lb.Server) {
			for i := range servers {
				s := &servers[i]
				s.Sessions, s.Rate, s.Peak, s.Limit, s.Check = 6, 10, 9, 100, "L7OK"
				if s.Name == "web1" && w.runs["web1"] == "2" {
					s.Errors = 3
				}
			}
		}
		var asked []rollout.Question
		w.decide = func(q rollout.Question) (string, error) {
			asked = append(asked, q)
			if len(asked) == 1 {
				return rollout.Wait, nil
			}
			return rollout.ContinueAll, nil
		}
		begun := time.Now()
		if sum, err := w.deploy("2"); err != nil || sum.ExitStatus() != 0 {
			t.Errorf("%s, %v", sum.Outcome, err)
		}
		if len(asked) != 2 || asked[0].Text != asked[1].Text {
			t.Fatalf("asked %d times: %v", len(asked), asked)
		}
		if took, told := time.Since(begun), time.Duration(asked[0].WaitMS)*time.Millisecond; took < gateWait || told != gateWait {
			t.Errorf("it waited for %v and told %v, want %v", took, told, gateWait)
		}
		facts := strings.Join(asked[0].Facts, "\n")
		for _, want := range []string{
			"1 of 4 servers done, 0 failed",
			"this batch took", "the other 3 will take about",
			"web1: serving, runs 2, in on lb1 (L7OK)",
			"traffic: 2 25%, 1 75%",
			"lb1: errors since the run began: web1 3",
			"lb1 app: 3 stay in rotation, floor 3; 24 sessions now, then about 8 on each (most seen on one 9, maxconn 100)",
		} {
			if !strings.Contains(facts, want) {
				t.Errorf("the facts do not tell %q:\n%s", want, facts)
			}
		}
		w.replays()
	})
}

func TestABatchGoesBackTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, with(twoYAML, "on_failure: ask"), 1)
		w.command = func(server, _, version string) error {
			if (server == "web1" || server == "web2") && version == "2" {
				return exitError(1)
			}
			return nil
		}
		asked := 0
		w.decide = func(q rollout.Question) (string, error) {
			asked++
			if !slices.ContainsFunc(q.Choices, func(c rollout.Choice) bool { return c.Word == rollout.BackBatch }) {
				t.Errorf("a batch cannot go back: %+v", q.Choices)
			}
			if len(q.ByHand) == 0 {
				t.Error("nobody says how to go on by hand")
			}
			return rollout.BackBatch, nil
		}
		sum, _ := w.deploy("2")
		w.says("web1 in 1, web2 in 1, web3 in 2, web4 in 2")
		if asked != 1 || sum.ExitStatus() != 1 || strings.Join(sum.Back, " ") != "web1 web2" || strings.Join(sum.Updated, " ") != "web3 web4" {
			t.Errorf("asked %d times, then %+v", asked, sum)
		}
		w.replays()
	})
}

// A gate after a batch that failed, or was sent back, does not call it done, and
// says what the next ones would get.
func TestAGateTellsWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, with(worldYAML, "on_failure: ask"), 1)
		w.command = func(server, _, version string) error {
			if (server == "web1" || server == "web2") && version == "2" {
				return exitError(1)
			}
			return nil
		}
		var gates []rollout.Question
		w.decide = func(q rollout.Question) (string, error) {
			switch {
			case q.Kind == rollout.AskGate:
				gates = append(gates, q)
				return rollout.Continue, nil
			case q.Server == "web1":
				return rollout.Skip, nil
			}
			return rollout.Back, nil
		}
		sum, _ := w.deploy("2")
		if len(gates) != 3 {
			t.Fatalf("%d gates: %+v", len(gates), sum)
		}
		for i, want := range []string{
			"batch 1 of 4 has FAILED; go on with batch 2 (web2)?",
			"batch 2 of 4 was sent back; go on with batch 3 (web3)?",
			"batch 3 of 4 is done; go on with batch 4 (web4)?",
		} {
			if gates[i].Text != want {
				t.Errorf("gate %d says %q, want %q", i+1, gates[i].Text, want)
			}
		}
		for i, want := range []string{"failed on web1", "failed on web1, web2", "failed on web1, web2"} {
			if facts := strings.Join(gates[i].Facts, "\n"); !strings.Contains(facts, "what comes next gets 2 too, which "+want+"\n") {
				t.Errorf("gate %d does not tell that it %s:\n%s", i+1, want, facts)
			}
		}
		if got := fmt.Sprint(sum.Runs); got != "[{1 [web1 web2]} {2 [web3 web4]}]" {
			t.Errorf("at the end there runs %s", got)
		}
		w.replays()
	})
}
