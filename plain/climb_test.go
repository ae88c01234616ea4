package plain

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"rota/lb"
	"rota/rollout"
)

func TestLaddersOfAPlan(t *testing.T) {
	p := shopPlan()
	p.Strategy = "canary"
	p.Policy.MaxErrors = &rollout.MaxErrors{OverOld: 1, MinRequests: 200}
	p.Batches[0] = p.Batches[0].On(&rollout.Ladder{Percents: []int{1, 10, 50}, Hold: time.Minute, Trial: true})
	p.Batches[1] = p.Batches[1].On(&rollout.Ladder{Percents: []int{20}, Hold: 90 * time.Second})
	var b bytes.Buffer
	Plan(&b, p, 0)
	for _, want := range []string{
		"climbs 1%, 10%, 50%, each 1m x - - -",
		"climbs 20%, each 1m30s - x - -",
		"the new version fails with over 1% more errors than the old one, of at least 200 requests",
	} {
		if !strings.Contains(strings.Join(strings.Fields(b.String()), " "), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}

func TestWeightsAndComparisonsInWords(t *testing.T) {
	weights := []lb.Weight{{Pool: "app", Name: "s1", Server: "web1", Weight: 1}, {Pool: "app", Name: "spare", Weight: 100}}
	worse := rollout.Comparison{
		New: rollout.Figures{Version: "1.0.2", Requests: 412, Errors: 20, TimeMS: 12},
		Old: rollout.Figures{Version: "1.0.1", Requests: 8122, Errors: 8, TimeMS: -1}, Counted: []string{"lb1"}, Blind: []string{"lb2"},
	}.Judge(&rollout.MaxErrors{OverOld: 1, MinRequests: 200})
	for _, tt := range []struct {
		e    rollout.Event
		want string
	}{
		{rollout.Event{Kind: rollout.Weighed, Balancer: "lb1", State: rollout.WeightsFound, Weights: weights}, "weights lb1 has web1 1, spare 100"},
		{rollout.Event{Kind: rollout.Weighed, Balancer: "lb1", State: rollout.WeightsAsked, Weights: weights[:1]}, "weights lb1 is asked for web1 1"},
		{rollout.Event{Kind: rollout.Weighed, Balancer: "lb1", State: rollout.WeightsAsked}, "weights lb1 is asked for nothing"},
		{rollout.Event{Kind: rollout.Weighed, Balancer: "lb1", State: rollout.WeightsRestored}, "weights lb1 is as it was found"},
		{rollout.Event{Kind: rollout.Weighed, Balancer: "lb1", State: rollout.WeightsRestored, Weights: weights[1:]}, "weights lb1 is as it was found, but for others' spare 100"},
		{
			rollout.Event{Kind: rollout.Compared, Text: worse.String(), Error: worse.Complaint(rollout.MaxErrors{OverOld: 1})},
			"WORSE new 1.0.2: 412 requests, 4.9% errors, 12 ms; old 1.0.1: 8,122, 0.1% errors; lb2 tells no counts: " +
				"more errors than the old version: 4.9% of 412 requests to 1.0.2, 0.1% of 8,122 to 1.0.1; max_errors allows 1% more",
		},
	} {
		if word, sentence := describe(tt.e, ""); word+" "+sentence != tt.want {
			t.Errorf("got  %s %s\nwant %s", word, sentence, tt.want)
		}
	}
}
