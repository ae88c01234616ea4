package tui

import (
	"errors"
	"testing"
	"time"

	"rota/lb"
	"rota/record"
	"rota/rollout"
	"rota/survey"
)

var gateQuestion = rollout.Question{
	ID: "q1", Kind: rollout.AskGate, Batch: 1, Text: "batch 1 of 3 is done; go on with batch 2?",
	Facts: []string{
		"batch 1: 2 of 2 updated, proved healthy, back in rotation; took 14 s",
		"next: web3 and 주문서버-4.서울 go out; 4 of 6 stay in rotation, floor 4",
	},
	Choices: []rollout.Choice{
		{Key: "C", Word: rollout.Continue, Then: "batch 2 goes out of rotation"},
		{Key: "A", Word: rollout.ContinueAll, Then: "all other batches, without a question"},
		{Key: "R", Word: rollout.RollBack, Then: "2 servers go back to 1.41.0"},
		{Key: "P", Word: rollout.Pause, Then: "it stands as it is; rota resume goes on"},
		{Key: "X", Word: rollout.Abort, Then: "2 new and 4 old servers stay in rotation", Wide: true},
	},
}

var failureQuestion = rollout.Question{
	ID: "q2", Kind: rollout.AskFailure, Server: "web3", Batch: 2, Text: "web3 has failed: health check: GET /healthz: 503, want 200",
	Facts:  []string{"it is out of lb1 and lb2 and gets no traffic; 1 more server of batch 2 is held"},
	Output: []string{"shop[3121]: config: missing DB_POOL_MAX", "systemd[1]: shop.service: exited, status=78/CONFIG"},
	Choices: []rollout.Choice{
		{Key: "T", Word: rollout.Retry, Then: "the health check again, on this server"},
		{Key: "S", Word: rollout.Skip, Then: "leave it out and go on: 5 in rotation, floor 4"},
		{Key: "B", Word: rollout.Back, Then: "1.41.0 again on this server, then go on"},
		{Key: "R", Word: rollout.RollBack, Then: "3 servers go back to 1.41.0"},
		{Key: "X", Word: rollout.Abort, Then: "2 new and 3 old servers stay in rotation"},
	},
}

var drainQuestion = rollout.Question{
	ID: "q3", Kind: rollout.AskDrain, Server: "web3", Batch: 2, Text: "web3 still has 3 sessions after 1m00s",
	Facts: []string{"lb1: 3 sessions; lb2: drained"},
	Choices: []rollout.Choice{
		{Key: "W", Word: rollout.Wait, Then: "as long again"},
		{Key: "C", Word: rollout.Continue, Then: "deploy all the same; 3 sessions are lost"},
		{Key: "F", Word: rollout.PutBack, Then: "put it back, it is untouched"},
		{Key: "M", Word: rollout.Move, Then: "sticky sessions go elsewhere"},
		{Key: "K", Word: rollout.Cut, Then: "end the 3 sessions now"},
	},
}

var errBusy = errors.New("the lock is held by anna@laptop since 11:58\nto free a stale one: rota unlock")

// Scenes, each a moment that an operator meets.
var scenes = map[string]func(testing.TB, int, int, ...func(*Config)) *story{
	"start": func(t testing.TB, w, h int, c ...func(*Config)) *story { return newStory(t, 6, w, h, c...) },
	"idle": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := newStory(t, 6, w, h, c...)
		st.seen()
		st.surveyed(func(s []survey.Server) {
			s[1].Healthy, s[1].Error = false, "GET /healthz: connection refused"
			s[2].Hold = &record.Hold{Server: "web3", By: "anna@laptop", Why: "disk #4711"}
			s[4].Version = "1.42.0"
		})
		return st
	},
	"run": running,
	"gate": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := running(t, w, h, c...)
		st.question(gateQuestion)
		st.wait(quiet)
		return st
	},
	"failure": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := newStory(t, 6, w, h, c...)
		st.seen()
		st.begin()
		st.deployed("web1", rollout.Serving)
		st.deployed("web2", rollout.Serving)
		st.deployed("web3", rollout.Failed)
		st.watched()
		st.question(failureQuestion)
		st.wait(quiet)
		return st
	},
	"lost": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := running(t, w, h, c...)
		figures := &rollout.Probe{Sent: 1204}
		st.event(rollout.Event{Kind: rollout.Probed, Probe: figures})
		lost := &rollout.Lost{
			At: st.now, URL: "https://shop.example.com/ping", Address: "192.0.2.1:443", Balancer: "lb1",
			Reason: "no connection: connection refused", During: []string{"web2 was being put back in rotation"},
		}
		figures = &rollout.Probe{Sent: 1205, Lost: 1}
		st.event(rollout.Event{Kind: rollout.Missed, Balancer: "lb1", Text: lost.String(), Lost: lost, Probe: figures})
		st.press("5")
		return st
	},
	"canary": climbing,
	"versions": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := climbing(t, w, h, c...)
		st.press("6", "down")
		return st
	},
	"groups": turning,
	"drain": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := running(t, w, h, c...)
		st.question(drainQuestion)
		st.wait(quiet)
		return st
	},
	"yes": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := running(t, w, h, c...)
		st.question(gateQuestion)
		st.press("C")
		st.wait(quiet)
		return st
	},
	"plan": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := running(t, w, h, c...)
		st.press("4")
		return st
	},
	"exact plan": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := running(t, w, h, c...)
		st.press("4", "c")
		st.carryOut()
		return st
	},
	"events": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := running(t, w, h, c...)
		st.press("5")
		return st
	},
	"balancers": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := running(t, w, h, c...)
		st.press("2")
		return st
	},
	"server": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := running(t, w, h, c...)
		st.press("enter")
		return st
	},
	"search": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := printed(t, 60, w, h, c...)
		st.press("/", "e", "r", "r", "o", "r", "enter")
		return st
	},
	"help": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := running(t, w, h, c...)
		st.press("?")
		return st
	},
	"palette": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := running(t, w, h, c...)
		st.press(":", "o", "u", "down")
		return st
	},
	"version": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := newStory(t, 6, w, h, c...)
		st.seen()
		st.press("D")
		st.carryOut()
		st.press("1", ".", "4", "2", "down")
		return st
	},
	"propose": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := newStory(t, 6, w, h, c...)
		st.seen()
		st.press("D")
		st.carryOut()
		st.press("1", ".", "4", "3", "enter")
		st.carryOut()
		st.wait(quiet)
		return st
	},
	"name": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := running(t, w, h, c...)
		q := gateQuestion
		q.TypeName = "shop"
		st.question(q)
		st.press("X", "s", "h")
		return st
	},
	"lock": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := newStory(t, 6, w, h, c...)
		st.seen()
		st.lock = heldBy("anna@laptop", func(l *Lock) { l.Beat, l.Gone = 5*time.Minute, true })
		st.press("L")
		st.carryOut()
		st.wait(quiet)
		return st
	},
	"leave": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := running(t, w, h, c...)
		st.press("q")
		st.wait(quiet)
		return st
	},
	"secret": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := newStory(t, 6, w, h, c...)
		st.secretAsked("that password was wrong: 2 of 3 tries left\nsudo password of deploy on web1 (tried on this run's other machines too)")
		st.press("a", "b", "c")
		return st
	},
	"trust": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := newStory(t, 6, w, h, c...)
		st.question(trustQuestion(strangers(7)))
		st.wait(quiet)
		return st
	},
	"replay": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := pastRun(t, nil).replayed(w, h, 10)
		st.play(2 * time.Second)
		return st
	},
	"replay of a long wait": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := pastRun(t, nil).replayed(w, h, 1)
		st.press(">", ">", ">")
		st.play(2 * time.Second)
		return st
	},
	"replay of damage": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := pastRun(t, errors.New("journal line 71 is damaged: unexpected end of JSON input")).replayed(w, h, 1)
		st.press("end", "5")
		return st
	},
	"history": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := newStory(t, 6, w, h, c...).withHistory(t)
		st.press("h")
		st.carryOut()
		st.press("j")
		return st
	},
	"history of a run": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := newStory(t, 6, w, h, c...).withHistory(t)
		st.press("h")
		st.carryOut()
		st.press("enter")
		st.carryOut()
		return st
	},
	"done": func(t testing.TB, w, h int, c ...func(*Config)) *story {
		st := newStory(t, 6, w, h, c...)
		st.seen()
		st.begin()
		for _, s := range st.cfg.Servers {
			st.deployed(s.Name, rollout.Serving)
		}
		st.event(rollout.Event{Kind: rollout.RunEnded, State: string(rollout.Done), Summary: &rollout.Summary{
			Outcome: rollout.Done, Updated: []string{"web1", "web2", "web3", "주문서버-4.서울", "web5", "web6"},
			TotalMS: 93_000, AskedMS: 20_000, WaitMS: 70_000, OwnMS: 3_000,
		}})
		return st
	},
}

// running is a run of six servers in its second batch.
func running(t testing.TB, w, h int, c ...func(*Config)) *story {
	st := newStory(t, 6, w, h, c...)
	st.seen()
	st.begin()
	st.deployed("web1", rollout.Serving)
	st.deployed("web2", rollout.Serving)
	st.deployed("web3", rollout.Deploying)
	st.deployed(st.cfg.Servers[3].Name, rollout.Draining)
	st.watched()
	return st
}

// turning is a blue-green run that asks before its switch: green is ready.
func turning(t testing.TB, w, h int, c ...func(*Config)) *story {
	st := newStory(t, 6, w, h, append(c, func(c *Config) { c.Groups = []string{"blue", "green"} })...)
	blue, green := []string{"web1", "web3", "web5"}, []string{"web2", st.cfg.Servers[3].Name, "web6"}
	st.plan.Strategy = "blue-green"
	st.plan.Batches = []rollout.Batch{
		{Servers: green, Verbs: []rollout.Verb{rollout.TakeOut, rollout.Work, rollout.Keep}, Asks: rollout.AsksNext},
		{Servers: green, Verbs: []rollout.Verb{rollout.Work, rollout.PutIn}},
		{Servers: blue, Verbs: []rollout.Verb{rollout.TakeOut, rollout.Keep, rollout.Soak}},
	}
	for i := range st.plan.Targets {
		t := &st.plan.Targets[i]
		t.Batch = 1
		t.Comes = t.Group == "green"
		if t.Leaves = t.Group == "blue"; t.Leaves {
			t.Batch, t.To, t.Steps = 3, t.From, nil
		}
	}
	st.seen()
	st.begin()
	for _, name := range green {
		st.deployed(name, rollout.Checking)
		st.event(rollout.Event{Kind: rollout.StepEnded, Step: rollout.ServerStep(name, "health"), Server: name, ElapsedMS: 1500})
		st.move(name, rollout.Idle)
	}
	st.watched()
	st.surveyed(func(servers []survey.Server) {
		for i := range servers {
			if i%2 == 1 {
				servers[i].Idle, servers[i].Version = true, "1.42.0"
			}
		}
	})
	st.press("6")
	return st
}

// climbing is a canary that is held at its second rung.
func climbing(t testing.TB, w, h int, c ...func(*Config)) *story {
	st := newStory(t, 6, w, h, c...)
	st.plan.Strategy = "canary"
	st.plan.Policy.MaxErrors = &rollout.MaxErrors{OverOld: 1, MinRequests: 200}
	st.plan.Batches[0] = st.plan.Batches[0].On(&rollout.Ladder{Percents: []int{1, 10, 50}, Hold: time.Minute, Trial: true})
	st.seen()
	st.begin()
	both := st.plan.Batches[0].Servers
	for _, name := range both {
		st.deployed(name, rollout.Checking)
		st.event(rollout.Event{Kind: rollout.StepEnded, Step: rollout.ServerStep(name, "health"), Server: name, ElapsedMS: 1500})
		st.move(name, rollout.Returning)
		st.observed(name, lb.In, st.cfg.Balancers...)
		st.move(name, rollout.Climbing)
	}
	for rung := 1; rung <= 2; rung++ {
		st.event(rollout.Event{Kind: rollout.StepBegun, Step: rollout.HoldStep(1, rung), Batch: 1, Servers: both, Attempt: 1, Text: "hold them"})
		for i, b := range st.cfg.Balancers {
			for _, name := range both {
				st.event(rollout.Event{Kind: rollout.Sampled, Server: name, Balancer: b, Sample: &rollout.Sample{Weight: 10, Sessions: 1, Rate: 3 - 4*i}})
			}
		}
		is := rollout.Comparison{
			New:     rollout.Figures{Version: "1.42.0", Requests: 412, Errors: 1, TimeMS: 12},
			Old:     rollout.Figures{Version: "1.41.0", Requests: 8122, Errors: 8, TimeMS: 11},
			Counted: []string{"lb1"}, Blind: []string{"lb2"},
		}.Judge(st.plan.Policy.MaxErrors)
		st.now = st.now.Add(42 * time.Second)
		st.event(rollout.Event{Kind: rollout.Compared, Batch: 1, Servers: both, Comparison: &is, Text: is.String()})
	}
	st.watched()
	st.wait(quiet)
	return st
}
