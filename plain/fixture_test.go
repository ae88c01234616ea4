package plain

import (
	"os"
	"testing"
	"time"

	"rota/rollout"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // lines tell local times
	os.Exit(m.Run())
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// shopPlan is a plan in which something is unusual about every server.
func shopPlan() rollout.Plan {
	const activate = `/opt/shop/bin/activate "$ROTA_VERSION"`
	back := []rollout.Action{{Run: activate, Timeout: 10 * time.Minute}}
	upload := rollout.Action{Upload: "dist/shop-1.0.2.tar.gz", To: "/opt/shop/releases/"}
	reload := rollout.Action{Run: "set -x\nsystemctl reload shop\n", Sudo: "root", Retry: 2}
	p := rollout.Plan{
		Kind: "deploy", App: "shop", Environment: "production", Protected: true, Version: "1.0.2", Strategy: "rolling",
		Batches: []rollout.Batch{rollout.Roll("web1"), rollout.Roll("web2", "web3"), rollout.Roll("worker1")},
		Prepare: []rollout.Action{
			{ID: "prepare1/web1", Server: "web1", Run: "/opt/shop/bin/migrate", Once: true},
			{ID: "prepare2/web1", Server: "web1", Run: "fetch"},
			{ID: "prepare2/web2", Server: "web2", Run: "fetch"},
		},
		Finish: []rollout.Action{{ID: "finish1/web1", Server: "web1", Run: "tidy-up"}},
		Health: "GET http://127.0.0.1:8080/healthz",
		Floors: []rollout.Floor{{Balancer: "lb1", Pool: "shop_web", Meant: 3, Least: 2}},
		Policy: rollout.Policy{
			Confirm: "batch", MaxFailures: 1, DrainTimeout: time.Minute, OnDrainTimeout: "ask",
			Soak: 10 * time.Second, OnFailure: "ask",
		},
		Skipped: []rollout.Where{{Server: "web4", State: "in", Why: "runs 1.0.2 already, healthy"}},
		Without: []string{"lb3"},
	}
	p.Targets = []rollout.Target{
		{
			Server: "web1", Host: "web1.example.com", Batch: 1, From: "1.0.1", To: "1.0.2", Balancers: []string{"lb1", "lb2"},
			Steps: []rollout.Action{{Run: activate}}, Back: back,
		},
		{
			Server: "web2", Host: "web2.example.com", Batch: 2, From: "1.0.1", To: "1.0.2",
			Balancers: []string{"lb1"}, LeftOut: []string{"lb2"},
			Steps: []rollout.Action{upload, {Run: activate}, reload}, Back: back,
		},
		{
			Server: "web3", Host: "web3.example.com", Batch: 2, To: "1.0.2", LeftOut: []string{"lb1", "lb2"}, Held: "disk #4711",
			Steps: []rollout.Action{upload, {Run: activate}}, NoWayBack: "nobody can tell what it runs now",
		},
		{
			Server: "worker1", Host: "worker1.example.com", Batch: 3, From: "1.0.1", To: "1.0.2",
			Steps: []rollout.Action{{Run: activate}}, Back: back,
		},
	}
	return p
}

func gate() rollout.Question {
	return rollout.Question{
		ID: "q1", Kind: rollout.AskGate, Batch: 1, Text: "batch 1 of 3 is done; go on with batch 2?",
		Facts: []string{"web1 runs 1.0.2, proved by 2 checks"},
		Choices: []rollout.Choice{
			{Key: "C", Word: rollout.Continue, Then: "web2 and web3 go out of rotation"},
			{Key: "A", Word: rollout.ContinueAll, Then: "all batches, without a further question"},
			{Key: "X", Word: rollout.Abort, Then: "web1 stays at 1.0.2, the others are untouched", Wide: true},
		},
	}
}

func failureQuestion() rollout.Question {
	return rollout.Question{
		ID: "q2", Kind: rollout.AskFailure, Server: "web2", Batch: 2, Text: "web2 has failed; what now?",
		Facts:  []string{"it is out of lb1 and takes no traffic"},
		Output: []string{"config: missing DB_POOL_MAX"},
		Choices: []rollout.Choice{
			{Key: "T", Word: rollout.Retry, Then: "the step again"},
			{Key: "R", Word: rollout.RollBack, Then: "web1 and web2 to 1.0.1", Wide: true},
			{Key: "P", Word: rollout.Pause, Then: "stops where it stands"},
		},
	}
}

func drainQuestion() rollout.Question {
	return rollout.Question{
		ID: "q3", Kind: rollout.AskDrain, Server: "web2", Text: "3 connections to web2 have not ended; what now?",
		Choices: []rollout.Choice{
			{Key: "W", Word: rollout.Wait},
			{Key: "C", Word: rollout.Continue},
			{Key: "F", Word: rollout.PutBack},
			{Key: "K", Word: rollout.Cut},
		},
	}
}

// asking makes a question of a kind with these choices.
func asking(kind rollout.QuestionKind, words ...string) rollout.Question {
	q := rollout.Question{ID: "q", Kind: kind, Text: "what now?"}
	for _, w := range words {
		q.Choices = append(q.Choices, rollout.Choice{Word: w})
	}
	return q
}

// shopRun is the journal of a run that fails once and is paused.
func shopRun() []rollout.Event {
	plan, g, f := shopPlan(), gate(), failureQuestion()
	events := []rollout.Event{
		{Kind: rollout.RunBegun, Plan: &plan, Version: "1.0.2"},
		{Kind: rollout.StepBegun, Step: "b1/out", Server: "web1", Batch: 1, Attempt: 1, Text: "take out of rotation"},
		{Kind: rollout.Moved, Server: "web1", Batch: 1, State: "draining"},
		{Kind: rollout.Output, Server: "web1", Balancer: "lb1", Stream: "lb", Line: "set server shop_web/web1 state maint"},
		{Kind: rollout.Observed, Server: "web1", Balancer: "lb1", State: "out"},
		{Kind: rollout.Sampled, Server: "web1", Balancer: "lb1", Sample: &rollout.Sample{Sessions: 3}},
		{Kind: rollout.StepEnded, Step: "b1/out", Server: "web1", Batch: 1, ElapsedMS: 58100},
		{Kind: rollout.Moved, Server: "web1", Batch: 1, State: "out"},
		{Kind: rollout.Moved, Server: "web1", Batch: 1, State: "deploying"},
		{Kind: rollout.StepBegun, Step: "web1/step1", Server: "web1", Batch: 1, Attempt: 2, Text: "/opt/shop/bin/activate"},
		{Kind: rollout.Output, Server: "web1", Step: "web1/step1", Stream: "out", Line: "activated 1.0.2"},
		{Kind: rollout.Disturbed, Server: "web1", Balancer: "lb1", State: "in"},
		{Kind: rollout.StepEnded, Step: "web1/step1", Server: "web1", Batch: 1, ElapsedMS: 133000},
		{Kind: rollout.Found, Server: "web1", Version: "1.0.2"},
		{Kind: rollout.Moved, Server: "web1", Batch: 1, State: "checking"},
		{Kind: rollout.Moved, Server: "web1", Batch: 1, State: "returning"},
		{Kind: rollout.Moved, Server: "web1", Batch: 1, State: "serving"},
		{Kind: rollout.Asked, Batch: 1, Text: g.Text, Question: &g, Choices: g.Choices},
		{Kind: rollout.Answered, State: rollout.Continue, Text: "by a person"},
		{Kind: rollout.StepBegun, Step: "b2/out", Servers: []string{"web2", "web3"}, Batch: 2, Attempt: 1, Text: "take out of rotation"},
		{Kind: rollout.StepEnded, Step: "b2/out", Servers: []string{"web2", "web3"}, Batch: 2, Error: "lb2: read: i/o timeout", State: "unknown"},
		{Kind: rollout.Moved, Server: "web2", Batch: 2, State: "draining"},
		{Kind: rollout.Moved, Server: "web2", Batch: 2, State: "failed", Error: "lb2: read: i/o timeout\nhint: is it up?"},
		{Kind: rollout.Asked, Server: "web2", Text: f.Text, Question: &f, Choices: f.Choices},
		{Kind: rollout.Answered, Server: "web2", State: rollout.Pause, Text: "by policy, nobody to ask"},
		{Kind: rollout.Noted, Text: "the records on lb2 were brought up to date"},
		{Kind: rollout.RunEnded, State: string(rollout.Paused), Summary: shopSummary()},
	}
	for i := range events {
		events[i].Seq, events[i].Run, events[i].Operator = i+1, "20260102-120000", "anna@laptop"
		events[i].Time = noon.Add(time.Duration(i) * time.Second)
	}
	return events
}

func shopSummary() *rollout.Summary {
	return &rollout.Summary{
		Outcome: rollout.Paused, Why: "web2 has failed", Updated: []string{"web1"}, Failed: []string{"web2"},
		Left:    []rollout.Where{{Server: "web2", State: "out", Why: "the step failed: i/o timeout"}, {Server: "web3", State: "out"}},
		TotalMS: 133400, WaitMS: 120000, AskedMS: 10000, OwnMS: 3400,
		GoOn:   []string{"rota resume", "rota rollback"},
		ByHand: []string{"echo 'set server shop_web/web2 state ready' | socat - /run/haproxy/admin.sock"},
	}
}
