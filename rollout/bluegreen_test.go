package rollout

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rota/inventory"
	"rota/lb"
	"rota/record"
)

const sidesYAML = `
app: shop
servers:
  - name: b{1..3}
    address: 10.0.1.{1..3}:80
    group: blue
  - name: g{1..3}
    address: 10.0.2.{1..3}:80
    group: green
  - name: worker1
    balanced: false
balancers:
  - name: lb1
    haproxy: {socket: /run/haproxy.sock, backends: [app]}
deploy:
  steps:
    - run: activate
  version: cat VERSION
health: none
rollout:
  strategy: blue-green
`

const blueIsLive = "b1 in, b2 in, b3 in, g1 out, g2 out, g3 out"

func sideFacts(said string) Facts {
	f := Facts{Views: []lb.View{view("lb1", said)}, Versions: map[string]string{}, Healthy: map[string]bool{}}
	for s := range strings.FieldsSeq("b1 b2 b3 g1 g2 g3 worker1") {
		f.Versions[s], f.Healthy[s] = "1", true
	}
	return f
}

// ways tells the batches of a plan: "out work keep: g1 g2".
func ways(p Plan) []string {
	var all []string
	for _, b := range p.Batches {
		var verbs []string
		for _, v := range b.Verbs {
			verbs = append(verbs, string(v))
		}
		line := strings.Join(verbs, " ") + ": " + strings.Join(b.Servers, " ")
		if b.Asks != "" {
			line += " ? " + string(b.Asks)
		}
		all = append(all, line)
	}
	return all
}

func TestABlueGreenDeployGoesToTheIdleGroupAndThenSwitches(t *testing.T) {
	for _, tt := range []struct {
		name  string
		rules string
		facts func(*Facts)
		o     Options
		want  []string
		err   string
	}{
		{"side by side, then all in, then all out, then the rest", "", nil, Options{}, []string{
			"out work keep: g1 g2 g3 ? switch", "out work in: g1 g2 g3", "out keep soak: b1 b2 b3 ? switched", "out work in soak: worker1 ? next",
		}, ""},
		{"in batches where they are given", "batches: [1, 2]", nil, Options{}, []string{
			"out work keep: g1 ? next", "out work keep: g2 g3 ? switch", "out work in: g1 g2 g3", "out keep soak: b1 b2 b3 ? switched", "out work in soak: worker1 ? next",
		}, ""},
		{"without the switch", "", nil, Options{NoSwitch: true}, []string{"out work keep: g1 g2 g3"}, ""},
		{"one of the idle group alone", "", nil, Options{NoSwitch: true, Only: []string{"g2"}}, []string{"out work keep: g2"}, ""},
		{"a part of the idle group cannot come in", "", nil, Options{Only: []string{"g2"}}, nil, "green comes into rotation as a whole"},
		{"the live group cannot be deployed to", "", nil, Options{NoSwitch: true, Only: []string{"blue"}}, nil, "none of the chosen servers is in green"},
		{"what runs it already is only switched to", "", func(f *Facts) {
			f.Versions["g1"], f.Versions["g2"], f.Versions["g3"] = "2", "2", "2"
		}, Options{Exclude: []string{"worker1"}}, []string{
			"out work keep: g1 g2 g3 ? switch", "out work in: g1 g2 g3", "out keep soak: b1 b2 b3 ? switched",
		}, ""},
		{"nothing to do where the live group runs it", "", func(f *Facts) {
			f.Versions["b1"], f.Versions["b2"], f.Versions["b3"], f.Versions["worker1"] = "2", "2", "2", "2"
		}, Options{}, nil, ""},
		{"a held server is deployed to and stays out", "", func(f *Facts) {
			f.Holds = []record.Hold{{Server: "g2", Why: "disk"}}
		}, Options{Exclude: []string{"worker1"}}, []string{
			"out work keep: g1 g2 g3 ? switch", "out work in: g1 g3", "out keep soak: b1 b2 b3 ? switched",
		}, ""},
		{"a mixed truth is refused", "", func(f *Facts) {
			f.Views = []lb.View{view("lb1", "b1 in, b2 in, b3 in, g1 out, g2 in, g3 out")}
		}, Options{}, nil, "of green in rotation: g2 on lb1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := sideFacts(blueIsLive)
			if tt.facts != nil {
				tt.facts(&f)
			}
			tt.o.Version = "2"
			p, err := New(load(t, sidesYAML+"  "+tt.rules+"\n"), f, tt.o)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, ways(p)); diff != "" {
				t.Error(diff)
			}
			for _, tg := range p.Targets {
				if (tg.Group == "blue") != tg.Leaves || tg.Leaves && len(tg.Steps) > 0 {
					t.Errorf("%+v", tg)
				}
			}
		})
	}
}

func TestNoFewerServeWhileGroupsSwitch(t *testing.T) {
	for _, tt := range []struct {
		name, rules string
		held        []record.Hold
		want        int
	}{
		{"as many as now", "", nil, 3},
		{"as many as come", "", []record.Hold{{Server: "g2"}}, 2},
		{"as the inventory says", "min_in_rotation: 1", nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := sideFacts(blueIsLive)
			f.Holds = tt.held
			p, err := New(load(t, sidesYAML+"  "+tt.rules+"\n"), f, Options{Version: "2"})
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Floors; len(got) != 1 || got[0].Least != tt.want {
				t.Errorf("%+v, want %d", got, tt.want)
			}
		})
	}
}

func TestASwitchNamesWhatIsNotInPlace(t *testing.T) {
	inv := load(t, sidesYAML)
	for _, tt := range []struct {
		name, said, group string
		want              []string
		err               string
	}{
		{"to the other group", blueIsLive, "green", []string{"work in: g1 g2 g3", "out keep soak: b1 b2 b3"}, ""},
		{"to the one that is in: nothing to do", blueIsLive, "blue", nil, ""},
		{"the rest of a switch that stood still", "b1 out, b2 in, b3 in, g1 in, g2 in, g3 out", "green", []string{"work in: g3", "out keep soak: b2 b3"}, ""},
		{"back from there", "b1 out, b2 in, b3 in, g1 in, g2 in, g3 out", "blue", []string{"work in: b1", "out keep soak: g1 g2"}, ""},
		{"where both are in, one only leaves", "b1 in, b2 in, b3 in, g1 in, g2 in, g3 in", "blue", []string{"out keep soak: g1 g2 g3"}, ""},
		{"where neither is in, one only comes", "b1 out, b2 out, b3 out, g1 out, g2 out, g3 out", "blue", []string{"work in soak: b1 b2 b3"}, ""},
		{"a group that is none", blueIsLive, "red", nil, `"red" is neither blue nor green`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := NewSwitch(inv, sideFacts(tt.said), tt.group, Options{})
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("%v, want %q", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, ways(p)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestABlueGreenRunGoesBackByTheBalancersAlone(t *testing.T) {
	inv := load(t, sidesYAML)
	p := sidePlan(t, inv)
	green := through("", "g1", "g2", "g3")
	for _, tt := range []struct {
		name  string
		told  []string
		facts string
		runs  string // what blue runs now
		want  []string
		err   string
	}{
		{
			"after the switch", append(green, moved("b1 b2 b3", "draining", "out", "idle")...),
			"b1 out, b2 out, b3 out, g1 in, g2 in, g3 in", "1",
			[]string{"work in: b1 b2 b3", "out keep soak: g1 g2 g3"},
			"",
		},
		{
			"not where the old group runs something else by now", append(green, moved("b1 b2 b3", "draining", "out", "idle")...),
			"b1 out, b2 out, b3 out, g1 in, g2 in, g3 in", "1.1", nil, "runs 1.1 now",
		},
		{
			"before the switch, by steps, out of rotation",
			[]string{"g1 out", "g1 deploying", "g1 steps", "g1 checking", "g1 idle"},
			blueIsLive, "1",
			[]string{"out work keep: g1 ? next"},
			"",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := told(t, p, tt.told...)
			f := sideFacts(tt.facts)
			for s := range strings.FieldsSeq("b1 b2 b3") {
				f.Versions[s] = tt.runs
			}
			back, err := NewRollback(inv, f, st, Options{})
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("%v, want %q", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, ways(back)); diff != "" {
				t.Error(diff)
			}
			for _, tg := range back.Targets {
				if tt.facts == blueIsLive && len(tg.Balancers) > 0 {
					t.Errorf("%s would come into rotation", tg.Server)
				}
			}
		})
	}
	st := told(t, p, append(green, moved("b1 b2", "draining", "out")...)...)
	back, none := st.WayBack()
	if diff := cmp.Diff([]string{"work in: b1 b2", "out keep soak: g1 g2 g3"}, ways(back)); diff != "" || len(none) > 0 {
		t.Errorf("in the middle of the switch: %v %s", none, diff)
	}
}

func sidePlan(t *testing.T, inv *inventory.Inventory) Plan {
	t.Helper()
	p, err := New(inv, sideFacts(blueIsLive), Options{Version: "2", Exclude: []string{"worker1"}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func moved(servers string, to ...string) []string {
	var lines []string
	for _, phase := range to {
		for s := range strings.FieldsSeq(servers) {
			lines = append(lines, fmt.Sprintf("%s %s", s, phase))
		}
	}
	return lines
}

func TestAMixedTruthIsTheWorldsFault(t *testing.T) {
	f := sideFacts("b1 in, b2 in, b3 in, g1 in, g2 in, g3 in")
	_, err := New(load(t, sidesYAML), f, Options{Version: "2"})
	var refused *Refused
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "rota switch blue") {
		t.Errorf("%v", err)
	}
}
