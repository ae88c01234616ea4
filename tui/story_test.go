package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/lb"
	"rota/record"
	"rota/rollout"
	"rota/survey"
)

// story tells a run to a model as an engine would, at a clock of its own.
type story struct {
	*model
	now   time.Time
	seq   int
	plan  rollout.Plan
	cmds  []tea.Cmd // what the last messages asked for
	calls []string  // what was asked of Actions
	fails error     // what Actions answer

	lock   *Lock           // that Actions tell of
	runs   []rollout.State // that Actions know
	told   Past            // and one of them
	past   []rollout.Event // what happened
	damage error           // of its journal
	gather *news           // where events are kept back, or nil
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// newStory makes a model of n servers behind balancers, on a screen of a size.
func newStory(t testing.TB, n, width, height int, change ...func(*Config)) *story {
	t.Helper()
	st := &story{now: noon}
	cfg := Config{
		App: "shop", Environment: "staging", Balancers: []string{"lb1", "lb2"},
		Color: false, Dark: true, Now: func() time.Time { return st.now },
	}
	cfg.Actions = st
	for i := range n {
		name := fmt.Sprintf("web%d", i+1)
		if i == 3 {
			name = "주문서버-4.서울"
		}
		cfg.Servers = append(cfg.Servers, Row{Name: name, Group: []string{"blue", "green"}[i%2]})
	}
	for _, c := range change {
		c(&cfg)
	}
	for i := range cfg.Servers {
		cfg.Servers[i].Balancers = cfg.Balancers
	}
	st.model = newModel(cfg, newFeed())
	st.after = func(time.Duration, tea.Msg) tea.Cmd { return nil }
	st.do = func(f func(context.Context) tea.Msg) tea.Cmd {
		ended, cancel := context.WithCancel(context.Background())
		cancel() // so that waiting for news ends at once
		return func() tea.Msg { return f(ended) }
	}
	st.plan = rollout.Plan{
		Kind: "deploy", App: "shop", Environment: "staging", Version: "1.42.0", Strategy: "rolling",
		Health: "GET http://127.0.0.1:8080/healthz is 200, 2 times in a row",
		Policy: rollout.Policy{
			Confirm: "batch", DrainTimeout: time.Minute, OnDrainTimeout: "ask", Soak: 10 * time.Second, OnFailure: "ask",
		},
	}
	for i, r := range cfg.Servers {
		b := i/2 + 1
		if i%2 == 0 {
			st.plan.Batches = append(st.plan.Batches, rollout.Roll())
		}
		st.plan.Batches[b-1].Servers = append(st.plan.Batches[b-1].Servers, r.Name)
		target := rollout.Target{
			Server: r.Name, Host: r.Name, Group: r.Group, Batch: b, From: "1.41.0", To: "1.42.0", Balancers: cfg.Balancers,
		}
		for s, run := range []string{"/opt/shop/bin/activate 1.42.0", "systemctl restart shop"} {
			target.Steps = append(target.Steps, rollout.Action{ID: rollout.OwnStep(r.Name, s+1), Server: r.Name, Run: run})
		}
		st.plan.Targets = append(st.plan.Targets, target)
	}
	for _, b := range cfg.Balancers {
		st.plan.Floors = append(st.plan.Floors, rollout.Floor{Balancer: b, Pool: "shop", Meant: n, Least: max(n-2, 1)})
	}
	st.send(tea.WindowSizeMsg{Width: width, Height: height})
	return st
}

// send gives the model a message and keeps the commands that it asks for.
func (st *story) send(msg tea.Msg) {
	_, cmd := st.Update(msg)
	if cmd != nil {
		st.cmds = append(st.cmds, cmd)
	}
}

// carryOut runs the commands that the last messages asked for.
func (st *story) carryOut() {
	cmds := st.cmds
	st.cmds = nil
	for _, cmd := range cmds {
		switch msg := cmd().(type) {
		case versions, planned, exactTold, lastTold, started, saved, facts, shell, lockTold, unlocked, runsTold, pastTold, replayOver:
			st.send(msg)
		case tea.QuitMsg:
			st.calls = append(st.calls, "quit")
		}
	}
}

func (st *story) wait(d time.Duration) {
	st.now = st.now.Add(d)
	st.send(quietOver{})
	st.send(tick{})
}

// press presses keys one after the other, slowly enough for every quiet period.
func (st *story) press(names ...string) {
	for _, name := range names {
		st.wait(quiet)
		st.send(keyOf(name))
	}
}

func keyOf(name string) tea.KeyPressMsg {
	codes := map[string]tea.KeyPressMsg{
		"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown},
		"tab": {Code: tea.KeyTab}, "space": {Code: tea.KeySpace, Text: " "}, "ctrl+c": {Code: 'c', Mod: tea.ModCtrl},
		"ctrl+z": {Code: 'z', Mod: tea.ModCtrl}, "pgdown": {Code: tea.KeyPgDown}, "pgup": {Code: tea.KeyPgUp},
		"backspace": {Code: tea.KeyBackspace}, "ctrl+w": {Code: 'w', Mod: tea.ModCtrl}, "ctrl+u": {Code: 'u', Mod: tea.ModCtrl},
		"left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight}, "home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd},
	}
	if k, ok := codes[name]; ok {
		return k
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

func (st *story) event(e rollout.Event) {
	st.seq++
	e.Seq, e.Time, e.Run = st.seq, st.now, "r7f3"
	st.now = st.now.Add(300 * time.Millisecond)
	st.past = append(st.past, e)
	if st.gather != nil {
		st.gather.events = append(st.gather.events, e)
		return
	}
	st.send(news{events: []rollout.Event{e}})
}

// together has what is told in f come in as one.
func (st *story) together(f func()) {
	st.gather = &news{}
	f()
	n := *st.gather
	st.gather = nil
	st.send(n)
}

func (st *story) begin() {
	st.event(rollout.Event{Kind: rollout.RunBegun, Plan: &st.plan, Text: "deploy 1.42.0 over 1.41.0"})
}

func (st *story) move(server string, phases ...rollout.Phase) {
	for _, p := range phases {
		st.event(rollout.Event{Kind: rollout.Moved, Server: server, State: string(p)})
	}
}

func (st *story) observed(server string, state lb.State, balancers ...string) {
	for _, b := range balancers {
		sample := &rollout.Sample{Weight: 100, Sessions: 0, Rate: 0}
		if state == lb.In {
			sample.Sessions, sample.Rate = 12, 40
		}
		st.event(rollout.Event{Kind: rollout.Observed, Server: server, Balancer: b, State: state.String(), Sample: sample})
	}
}

// deployed carries a server through its batch, up to a phase.
func (st *story) deployed(server string, upto rollout.Phase) {
	batch := st.plan.Target(server).Batch
	lbs := st.plan.Target(server).Balancers
	out := rollout.BatchStep(batch, "out")
	st.event(rollout.Event{Kind: rollout.StepBegun, Step: out, Servers: []string{server}, Batch: batch, Attempt: 1, Text: "take out of rotation"})
	st.move(server, rollout.Draining)
	st.event(rollout.Event{Kind: rollout.Output, Server: server, Balancer: lbs[0], Stream: "lb", Line: "set server shop/" + server + " state drain"})
	st.observed(server, lb.Draining, lbs...)
	if upto == rollout.Draining {
		return
	}
	st.observed(server, lb.Out, lbs...)
	st.event(rollout.Event{Kind: rollout.StepEnded, Step: out, Servers: []string{server}, ElapsedMS: 2300})
	st.move(server, rollout.Out, rollout.Deploying)
	for i, a := range st.plan.Target(server).Steps {
		st.event(rollout.Event{Kind: rollout.StepBegun, Step: a.ID, Server: server, Attempt: 1, Text: a.Words()})
		st.event(rollout.Event{Kind: rollout.Output, Server: server, Step: a.ID, Stream: "out", Line: fmt.Sprintf("line %d of %s", i+1, a.Run)})
		if upto == rollout.Deploying {
			return
		}
		st.event(rollout.Event{Kind: rollout.StepEnded, Step: a.ID, Server: server, ElapsedMS: 900})
	}
	st.event(rollout.Event{Kind: rollout.Found, Server: server, Version: "1.42.0"})
	st.move(server, rollout.Checking)
	health := rollout.ServerStep(server, "health")
	st.event(rollout.Event{Kind: rollout.StepBegun, Step: health, Server: server, Attempt: 1, Text: "health check"})
	if upto == rollout.Failed {
		st.event(rollout.Event{Kind: rollout.StepEnded, Step: health, Server: server, ElapsedMS: 60_000, Error: "GET /healthz: 503, want 200"})
		st.move(server, rollout.Failed)
		return
	}
	if upto == rollout.Checking {
		return
	}
	st.event(rollout.Event{Kind: rollout.StepEnded, Step: health, Server: server, ElapsedMS: 1500})
	st.move(server, rollout.Returning)
	st.observed(server, lb.In, lbs...)
	st.move(server, rollout.Serving)
}

// seen has all balancers say that every server is in rotation.
func (st *story) seen() {
	snap := lb.Snapshot{At: st.now}
	for i, b := range st.cfg.Balancers {
		v := lb.View{Name: b, At: st.now, Info: lb.Info{Kind: []string{"haproxy", "nginx"}[i%2], Version: "2.6.12"}}
		for j, s := range st.cfg.Servers {
			rate, errors := 30+j%5, int64(j)
			if v.Info.Kind == "nginx" {
				rate, errors = -1, -1
			}
			v.Servers = append(v.Servers, lb.Server{Name: s.Name, State: lb.In, Weight: 100, Sessions: 4 + j%7, Rate: rate, Errors: errors})
		}
		snap.Balancers = append(snap.Balancers, v)
	}
	st.send(news{snapshot: &snap})
}

// watched has all balancers say again what they said.
func (st *story) watched() {
	snap := lb.Snapshot{At: st.now}
	for i, b := range st.cfg.Balancers {
		v := lb.View{Name: b, At: st.now}
		for _, s := range st.fleet.servers {
			seat := s.seats[i]
			v.Servers = append(v.Servers, lb.Server{
				Name: s.Name, State: seat.told, Weight: seat.weight, Sessions: seat.sessions, Rate: seat.rate,
			})
		}
		snap.Balancers = append(snap.Balancers, v)
	}
	st.send(news{snapshot: &snap})
}

// surveyed has servers tell how they are.
func (st *story) surveyed(change func([]survey.Server)) {
	snap := survey.Snapshot{At: st.now}
	for _, s := range st.cfg.Servers {
		snap.Servers = append(snap.Servers, survey.Server{
			Name: s.Name, Balanced: true, Version: "1.41.0", Asked: true, Since: st.now, Reachable: true, Healthy: true,
		})
	}
	if change != nil {
		change(snap.Servers)
	}
	st.send(news{survey: &snap})
}

// question has somebody ask, and returns where the answer will be.
func (st *story) question(q rollout.Question) *ask {
	a := &ask{question: q, reply: make(chan string, 1)}
	st.send(news{asks: []*ask{a}})
	return a
}

func (st *story) secretAsked(prompt string) *ask {
	a := &ask{secret: prompt, reply: make(chan string, 1)}
	st.send(news{asks: []*ask{a}})
	return a
}

func answer(a *ask) string {
	select {
	case word := <-a.reply:
		return word
	default:
		return "(none)"
	}
}

// The story stands in for the cli, too.

func (st *story) Plan(_ context.Context, version string, servers ...string) (rollout.Plan, []string, error) {
	st.calls = append(st.calls, strings.Join(append([]string{"plan", version}, servers...), " "))
	p := st.plan
	p.Version = version
	if len(servers) > 0 {
		p.Targets = slices.DeleteFunc(slices.Clone(p.Targets), func(t rollout.Target) bool { return !slices.Contains(servers, t.Server) })
	}
	return p, nil, st.fails
}

func (st *story) Commands(_ context.Context, p rollout.Plan) ([]string, error) {
	st.calls = append(st.calls, "commands of "+p.Version)
	return []string{"# batch 1: lb1: draining", "set server app/web1 state drain", "# batch 1: lb2: draining", "-    server 10.0.0.1:80;", "+    server 10.0.0.1:80 down;"}, st.fails
}

func (st *story) Versions(context.Context) ([]string, error) {
	return []string{"1.43.0", "1.42.1", "1.42.0", "1.41.0"}, nil
}

func (st *story) Runs(context.Context) ([]rollout.State, error) { return st.runs, st.fails }

func (st *story) Past(_ context.Context, run string) (Past, error) {
	st.calls = append(st.calls, "past "+run)
	return st.told, st.fails
}

func (st *story) Start(_ context.Context, r Request) error {
	st.calls = append(st.calls, join(" ", "start", r.Do, r.Version, r.Job, r.Group, fmt.Sprint(r.Servers), r.Why))
	return st.fails
}

func (st *story) Stop(context.Context) error { st.calls = append(st.calls, "stop"); return st.fails }

func (st *story) Hold(context.Context) error { st.calls = append(st.calls, "hold"); return st.fails }

func (st *story) Lock(context.Context) (*Lock, error) { return st.lock, st.fails }

func (st *story) Unlock(_ context.Context, shown record.Held) error {
	st.calls = append(st.calls, "unlock "+shown.Token)
	return st.fails
}

func (st *story) Refresh(context.Context) { st.calls = append(st.calls, "refresh") }

func (st *story) Save(_ context.Context, name string, lines []string) (string, error) {
	st.calls = append(st.calls, fmt.Sprintf("save %s of %s", count(len(lines), "line"), name))
	return "/home/anna/" + name + ".log", st.fails
}

func (st *story) Facts(_ context.Context, server string) []string {
	return []string{"logged in as deploy@" + server, "its host key: ED25519 SHA256:abc"}
}

func (st *story) Shell(_ context.Context, server string) (Command, error) {
	st.calls = append(st.calls, "shell on "+server)
	return nil, st.fails
}
