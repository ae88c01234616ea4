package engine

import (
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
		if took := time.Since(begun); took < gateWait {
			t.Errorf("it waited for less than %v: %v", gateWait, took)
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
