package rollout

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rota/inventory"
	"rota/lb"
)

const fleetYAML = `
app: shop
servers:
  - name: web{1..3}
    address: 10.0.0.{1..3}:80
balancers:
  - name: lb1
    haproxy: {socket: /run/haproxy.sock, backends: [app]}
deploy:
  prepare:
    - {run: backup, once: true}
  steps:
    - run: activate
    - {run: migrate, once: true}
  rollback:
    - run: activate
    - {run: unmigrate, once: true}
  version: cat VERSION
health: none
rollout:
  min_in_rotation: 1
`

func load(t testing.TB, yaml string) *inventory.Inventory {
	t.Helper()
	inv, err := inventory.Load(strings.NewReader(yaml), "inventory.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// view is what lb1 says: "web1 in, web2 out", in one pool.
func view(name, said string) lb.View {
	v := lb.View{Name: name}
	for one := range strings.SplitSeq(said, ", ") {
		server, word, _ := strings.Cut(one, " ")
		var s lb.State
		if err := s.UnmarshalText([]byte(word)); err != nil {
			panic(err)
		}
		v.Servers = append(v.Servers, lb.Server{Name: server, State: s, Pools: []lb.PoolServer{{Pool: "app", State: s}}})
	}
	return v
}

// run1 are facts: every server runs version 1 and lb1 says this.
func run1(said string) Facts {
	return Facts{
		Views:    []lb.View{view("lb1", said)},
		Versions: map[string]string{"web1": "1", "web2": "1", "web3": "1"},
		Healthy:  map[string]bool{"web1": true, "web2": true, "web3": true},
	}
}

// words lists what a plan does, "web1: activate, migrate".
func words(p Plan) []string {
	var lines []string
	line := func(who string, actions []Action) {
		if len(actions) == 0 {
			return
		}
		var said []string
		for _, a := range actions {
			said = append(said, strings.TrimSpace(a.Words()+" "+strings.TrimPrefix(a.Server, who)))
		}
		lines = append(lines, who+": "+strings.Join(said, ", "))
	}
	line("prepare", p.Prepare)
	for _, t := range p.Targets {
		line(t.Server, t.Steps)
		line(t.Server+" back", t.Back)
	}
	return lines
}

// told is a run as its journal has it: "web1 touched", "web1 serving", …
func told(t testing.TB, p Plan, lines ...string) State {
	t.Helper()
	events := []Event{{Kind: RunBegun, Plan: &p}}
	for _, l := range lines {
		server, what, _ := strings.Cut(l, " ")
		switch what {
		case "steps":
			for i := range p.Target(server).Steps {
				id := p.Target(server).Steps[i].ID
				events = append(events, Event{Kind: StepBegun, Step: id, Server: server}, Event{Kind: StepEnded, Step: id, Server: server})
			}
		default:
			events = append(events, Event{Kind: Moved, Server: server, State: what})
		}
	}
	for i := range events {
		events[i].Seq, events[i].Run = i+1, "r1"
	}
	st, err := Replay(events)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

var served = strings.Split("draining, out, deploying, steps, checking, returning, serving", ", ")

// through are the lines of servers that went through all phases up to the last.
func through(last string, servers ...string) []string {
	var lines []string
	for _, s := range servers {
		for _, what := range served {
			lines = append(lines, s+" "+what)
			if what == last {
				break
			}
		}
	}
	return lines
}

func TestAOnceStepStaysWithItsServerWhenThePlanIsMadeAgain(t *testing.T) {
	inv := load(t, fleetYAML)
	for _, said := range []string{"web1 in, web2 in, web3 in", "web1 in, web2 in, web3 down", "web1 in, web2 out, web3 down"} {
		p, err := New(inv, run1(said), Options{Version: "2"})
		if err != nil {
			t.Fatal(err)
		}
		once := 0
		for _, w := range words(p) {
			once += strings.Count(w, "unmigrate") + strings.Count(w, " migrate")
		}
		if once != 2 {
			t.Errorf("%s: once-steps are done %d times: %q", said, once, words(p))
		}
		again, err := Refresh(inv, p)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, again); diff != "" || p.Digest() != again.Digest() {
			t.Errorf("%s: the same inventory makes another plan: %s", said, diff)
		}
		st := told(t, p)
		back, _ := st.WayBack()
		if len(back.Targets) != 0 {
			t.Errorf("nothing was changed and %d servers go back", len(back.Targets))
		}
	}
}

func TestNewRollbackTakesBackWhatARunChanged(t *testing.T) {
	inv := load(t, fleetYAML)
	p, err := New(inv, run1("web1 in, web2 in, web3 in"), Options{Version: "2"})
	if err != nil {
		t.Fatal(err)
	}
	half := append(through("serving", "web1"), append(through("checking", "web2"), "web2 failed")...)
	tests := []struct {
		name, versions, said string
		past                 []string
		want                 []string // "web2: steps -> version, lb…"
		err                  string
	}{
		{
			"those that are out first, then the newest, each once-step once, and no prepare", "2 2 1", "web1 in, web2 out, web3 in", half,
			[]string{"web2 1 [lb1] []: activate, unmigrate", "web1 1 [lb1] []: activate"},
			"",
		},
		{
			"a server that runs the earlier version again is skipped, and takes no once-step with it", "2 1 1", "web1 in, web2 in, web3 in", half,
			[]string{"web1 1 [lb1] []: activate, unmigrate"},
			"",
		},
		{
			"a server that somebody took out since is left out", "2 2 2", "web1 out, web2 in, web3 in", through("serving", "web1", "web2"),
			[]string{"web1 1 [] [lb1]: activate", "web2 1 [lb1] []: activate, unmigrate"},
			"",
		},
		{
			"a server that was taken out and not touched comes back without a step", "1 1 1", "web1 out, web2 in, web3 in", through("out", "web1"),
			[]string{"web1 1 [lb1] []: "},
			"",
		},
		{"a run that changed nothing", "1 1 1", "web1 in, web2 in, web3 in", nil, nil, "has changed nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := run1(tt.said)
			for i, v := range strings.Fields(tt.versions) {
				f.Versions[fmt.Sprintf("web%d", i+1)] = v
			}
			back, err := NewRollback(inv, f, told(t, p, tt.past...), Options{})
			if err != nil || tt.err != "" {
				if err == nil || tt.err == "" || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				return
			}
			var got []string
			for _, tg := range back.Targets {
				var said []string
				for _, a := range tg.Steps {
					said = append(said, a.Words())
				}
				got = append(got, fmt.Sprintf("%s %s %v %v: %s", tg.Server, tg.To, tg.Balancers, tg.LeftOut, strings.Join(said, ", ")))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if back.Prepare != nil || back.Finish != nil {
				t.Error("a rollback repeats prepare or finish")
			}
			again, err := Refresh(inv, back)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(back, again); diff != "" {
				t.Errorf("the same inventory makes another plan: %s", diff)
			}
		})
	}
}
