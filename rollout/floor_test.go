package rollout

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rota/lb"
	"rota/record"
)

func TestGuardRefusesWhatWouldBreakAFloor(t *testing.T) {
	lb1 := func(said string) []lb.View { return []lb.View{view("lb1", said)} }
	tests := []struct {
		name  string
		views []lb.View
		least int
		take  string
		err   string
	}{
		{"enough stay", lb1("a in, b in, c in"), 2, "a", ""},
		{"too few stay", lb1("a in, b in, c in"), 2, "a b", "lb1: app: 1 server would stay in rotation, min_in_rotation is 2"},
		{"somebody else took one out meanwhile", lb1("a in, b out, c in"), 2, "a", "1 server would stay"},
		{"a server that is down carries nothing", lb1("a in, b down, c in"), 2, "a", "1 server would stay"},
		{"a server that drains carries nothing", lb1("a in, b draining, c in"), 2, "a", "1 server would stay"},
		{"one that is out already costs no floor", lb1("a out, b in"), 2, "a", ""},
		{"one that is down costs no floor", lb1("a down, b in"), 2, "a", ""},
		{"a floor of 0 lets the last one go", lb1("a in"), 0, "a", ""},
		{"nobody is taken out although too few are in", lb1("a in, b out"), 2, "", ""},
		{"a balancer that could not be asked", []lb.View{{Name: "lb1", Err: errors.New("no route")}}, 1, "a", "lb1: no route"},
		{"a balancer that was not asked", []lb.View{view("lb2", "a in")}, 1, "a", "lb1: it was not asked"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Guard(tt.views, []Floor{{Balancer: "lb1", Pool: "app", Least: tt.least}}, strings.Fields(tt.take)...)
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%v, want %q", err, tt.err)
			}
		})
	}
}

func TestGuardLooksAtEveryPoolOfEveryBalancer(t *testing.T) {
	v := view("lb1", "a in, b in")
	v.Servers[0].Pools = append(v.Servers[0].Pools, lb.PoolServer{Pool: "ws", State: lb.In})
	floors := []Floor{{Balancer: "lb1", Pool: "app", Least: 1}, {Balancer: "lb1", Pool: "ws", Least: 1}}
	var short *Short
	if err := Guard([]lb.View{v}, floors, "a"); !errors.As(err, &short) || short.Pool != "ws" || short.Stay != 0 {
		t.Errorf("%v, want the pool ws", err)
	}
	if err := Guard([]lb.View{v}, floors, "b"); err != nil {
		t.Errorf("b is not in that pool: %v", err)
	}
}

func TestFloorsNowCountsServersThatWereLeftOutNoMore(t *testing.T) {
	inv := load(t, strings.Replace(fleetYAML, "min_in_rotation: 1", "batches: [1]", 1)) // all but one
	p, err := New(inv, run1("web1 in, web2 in, web3 in"), Options{Version: "2"})
	if err != nil {
		t.Fatal(err)
	}
	st := told(t, p, append(through("deploying", "web1"), "web1 failed", "web1 skipped")...)
	now := st.FloorsNow([]lb.View{view("lb1", "web1 out, web2 in, web3 in")}, inv.Least)
	if p.Floors[0].Least != 2 || now[0].Least != 1 || now[0].Meant != 2 {
		t.Errorf("the plan's floor %+v, now %+v", p.Floors[0], now[0])
	}
}

// serversOf lists the servers of each batch.
func serversOf(batches []Batch) [][]string {
	var all [][]string
	for _, b := range batches {
		all = append(all, b.Servers)
	}
	return all
}

func TestBatchesRespectSizesAndFloors(t *testing.T) {
	tests := []struct{ name, rules, said, want, err string }{
		{"one at a time by default", "", "web1 in, web2 in, web3 in", "[[web1] [web2] [web3]]", ""},
		{"sizes in turn, the last repeats", "batches: [1, 2]\n  min_in_rotation: 1", "web1 in, web2 in, web3 in", "[[web1] [web2 web3]]", ""},
		{"a batch that would break a floor is closed early", "batches: [3]\n  min_in_rotation: 2", "web1 in, web2 in, web3 in", "[[web1] [web2] [web3]]", ""},
		{"what carries no traffic goes first and costs no floor", "batches: [1]\n  min_in_rotation: 2", "web1 in, web2 in, web3 down", "[[web3] [web1] [web2]]", ""},
		{"confirm server makes batches of one", "batches: [3]\n  confirm: server\n  min_in_rotation: 0", "web1 in, web2 in, web3 in", "[[web1] [web2] [web3]]", ""},
		{"a found-out server is not counted as back", "batches: [1]\n  min_in_rotation: 2", "web1 in, web2 in, web3 out", "", "web1 cannot be taken out: lb1: app: 1 server would stay"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := load(t, strings.Replace(fleetYAML, "min_in_rotation: 1", tt.rules+"\n  soak: 0s", 1))
			p, err := New(inv, run1(tt.said), Options{Version: "2"})
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("%v, want %q", err, tt.err)
			}
			if got := fmt.Sprint(serversOf(p.Batches)); err == nil && got != tt.want {
				t.Errorf("batches %s, want %s", got, tt.want)
			}
			for _, tg := range p.Targets {
				if !slices.Contains(p.Batches[tg.Batch-1].Servers, tg.Server) {
					t.Errorf("%s is told to be in batch %d", tg.Server, tg.Batch)
				}
			}
		})
	}
}

func TestAServerThatComesBackIsNotCountedInPoolsThatDoNotHaveIt(t *testing.T) {
	inv := load(t, fleetYAML)
	f := run1("web1 down, web2 in, web3 in")
	for i := range f.Views[0].Servers { // web1 is in no ws, the others are alone there
		state := lb.In
		if i == 0 {
			state = lb.Absent
		}
		s := &f.Views[0].Servers[i]
		s.Pools = append(s.Pools, lb.PoolServer{Pool: "ws", State: state})
	}
	p := newPlan(inv, "deploy", nil)
	p.Targets = []Target{{Server: "web1", Balancers: []string{"lb1"}}}
	p.Batches = []Batch{Roll("web1")}
	p.Floors = []Floor{{Balancer: "lb1", Pool: "ws", Least: 2}}
	m := maker{inv: inv, facts: f, plan: &p}
	if err := m.allows([]string{"web2"}); err == nil {
		t.Error("web1 counts in a pool that does not have it")
	}
}

func TestAVersionIsOneWord(t *testing.T) {
	for v, ok := range map[string]bool{
		"1.0.2": true, "v2-rc1": true, "a/b@sha256:0f": true,
		"": false, "1 2": false, "1\t2": false, "-f": false, "1\x1b[2J": false, "1\n2": false,
	} {
		if err := checkVersion(v); (err == nil) != ok {
			t.Errorf("%q: %v", v, err)
		}
	}
}

func TestServersThatAreLeftAlone(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*Facts)
		options Options
		want    string // servers of the plan; and why others are skipped
	}{
		{"all that run another version", nil, Options{}, "web1 web2 web3"},
		{"not one that runs it, healthy and in rotation", func(f *Facts) { f.Versions["web1"] = "2" }, Options{}, "web2 web3; web1: runs 2 already, healthy"},
		{"but with --force", func(f *Facts) { f.Versions["web1"] = "2" }, Options{Force: true}, "web1 web2 web3"},
		{"one that runs it and is ill is done again", func(f *Facts) { f.Versions["web1"] = "2"; f.Healthy["web1"] = false }, Options{}, "web1 web2 web3"},
		{"one that runs it and is ill is skipped by --outdated", func(f *Facts) { f.Versions["web1"] = "2"; f.Healthy["web1"] = false }, Options{Outdated: true}, "web2 web3; web1: runs 2 already"},
		{"one that runs it and is out is done again", func(f *Facts) {
			f.Versions["web1"] = "2"
			f.Views = []lb.View{view("lb1", "web1 out, web2 in, web3 in")}
		}, Options{}, "web1 web2 web3"},
		{"a held one that cannot be reached", func(f *Facts) {
			f.Holds = []record.Hold{{Server: "web2", By: "you", Why: "disk"}}
			f.Unreachable = map[string]string{"web2": "timeout"}
		}, Options{}, "web1 web3; web2: held, and cannot be reached: timeout"},
		{"a held one that can is done", func(f *Facts) { f.Holds = []record.Hold{{Server: "web2", By: "you"}} }, Options{}, "web2 web1 web3"},
		{"one that cannot be reached and is not held is no matter of the plan", func(f *Facts) { f.Unreachable = map[string]string{"web2": "timeout"} }, Options{}, "web1 web2 web3"},
		{"every one of them", func(f *Facts) {
			for s := range f.Versions {
				f.Versions[s] = "2"
			}
		}, Options{}, "; web1: runs 2 already, healthy; web2: runs 2 already, healthy; web3: runs 2 already, healthy"},
		{"only some are asked for", nil, Options{Only: []string{"web[12]"}, Exclude: []string{"web2"}}, "web1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := run1("web1 in, web2 in, web3 in")
			if tt.change != nil {
				tt.change(&f)
			}
			tt.options.Version = "2"
			p, err := New(load(t, fleetYAML), f, tt.options)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, tg := range p.Targets {
				names = append(names, tg.Server)
			}
			got := strings.Join(names, " ")
			for _, w := range p.Skipped {
				got += "; " + w.Server + ": " + w.Why
			}
			if got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestWhereAServerGoesBackTo(t *testing.T) {
	f := run1("web1 in, web2 out, web3 down")
	f.Holds = []record.Hold{{Server: "web1", By: "you"}}
	p, err := New(load(t, strings.Replace(fleetYAML, "min_in_rotation: 1", "min_in_rotation: 0", 1)), f, Options{Version: "2"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, tg := range p.Targets {
		got[tg.Server] = fmt.Sprintf("%v %v %s", tg.Balancers, tg.LeftOut, tg.Held)
	}
	want := map[string]string{"web1": "[] [lb1] by you", "web2": "[] [lb1] ", "web3": "[lb1] [] "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestADrainByHandLeavesOutWhatWasOut(t *testing.T) {
	inv := load(t, strings.Replace(fleetYAML, "deploy:", "  - name: lb2\n    haproxy: {socket: /run/haproxy.sock, backends: [app]}\ndeploy:", 1))
	f := run1("web1 out, web2 in, web3 in")
	f.Views = append(f.Views, view("lb2", "web1 in, web2 in, web3 in"))
	p, err := NewByHand(inv, f, "drain", []string{"web1"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if tg := p.Targets[0]; fmt.Sprint(tg.Balancers, tg.LeftOut) != "[lb2] [lb1]" {
		t.Errorf("it would be put back, were the drain refused, to %v and not to %v", tg.Balancers, tg.LeftOut)
	}
	p, err = NewByHand(inv, f, "restore", []string{"web1"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if tg := p.Targets[0]; fmt.Sprint(tg.Balancers, tg.LeftOut) != "[lb1 lb2] []" {
		t.Errorf("restored to %v, not to %v", tg.Balancers, tg.LeftOut)
	}
}
