package rollout

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/lb"
)

func TestALadderInWords(t *testing.T) {
	for want, l := range map[string]Ladder{
		"1%, 10%, 50%, each 1m": {Percents: []int{1, 10, 50}, Hold: time.Minute},
		"20%, each 1m30s":       {Percents: []int{20}, Hold: 90 * time.Second},
		"20%, each 10s":         {Percents: []int{20}, Hold: 10 * time.Second},
		"20%, each 2h":          {Percents: []int{20}, Hold: 2 * time.Hour},
	} {
		if got := l.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestStepsOfALadder(t *testing.T) {
	for id, want := range map[StepID]int{
		RungStep(2, 3): 3, HoldStep(12, 1): 1, HoldStep(1, 2).Reversed(): 2,
		BatchStep(1, "soak"): 0, OwnStep("hold1", 2): 0, ServerStep("web1", "health"): 0,
	} {
		if got := id.rung(); got != want {
			t.Errorf("%s is of rung %d, want %d", id, got, want)
		}
	}
	if !HoldStep(1, 1).Looks() || RungStep(1, 1).Looks() {
		t.Error("a hold only looks, the step to a rung does not")
	}
}

func TestWeightsArePutBackWhereTheyAreOurs(t *testing.T) {
	list := func(words string) []lb.Weight {
		var all []lb.Weight
		for word := range strings.FieldsSeq(words) {
			name, weight, _ := strings.Cut(word, "=")
			n := 0
			for _, r := range weight {
				n = 10*n + int(r-'0')
			}
			all = append(all, lb.Weight{Pool: "app", Name: name, Weight: n})
		}
		return all
	}
	for _, tt := range []struct{ name, found, asked, then, now, others, back string }{
		{"all of it", "a=1 b=1 c=1", "a=1 b=10 c=10", "a=1 b=2 c=2", "a=1 b=2 c=2", "", "b=1 c=1"},
		{"what it had not come to", "a=1 b=1", "a=1 b=10", "a=1 b=2", "a=1 b=10", "", "b=1"},
		{"nothing", "a=1 b=1", "a=1 b=10", "a=1 b=2", "a=1 b=1", "", ""},
		{"not what another has changed", "a=1 b=1 c=1", "a=1 b=10 c=10", "a=1 b=2 c=2", "a=1 b=7 c=2", "b=7", "c=1"},
		{"not what is new", "a=1 b=1", "a=1 b=10", "a=1 b=2", "a=1 b=2 d=5", "", "b=1"},
		{"not what is gone", "a=1 b=1", "a=1 b=10", "a=1 b=2", "a=1", "", ""},
		{"all lines of a member", "a=1 b=1 b=3", "a=1 b=10 b=30", "a=1 b=2 b=6", "a=1 b=2 b=6", "", "b=1 b=3"},
		{"no line of one that another has changed", "a=1 b=1 b=3", "a=1 b=10 b=30", "a=1 b=2 b=6", "a=1 b=2 b=9", "b=2 b=9", ""},
		{"a weight of nothing stays", "a=0 b=1", "a=0 b=10", "a=0 b=2", "a=0 b=2", "", "b=1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := Weighing{Found: list(tt.found), Asked: [][]lb.Weight{list(tt.asked), list(tt.then)}}
			ours, others := w.Ours(list(tt.now))
			if diff := cmp.Diff(list(tt.others), others); diff != "" {
				t.Errorf("others: %s", diff)
			}
			if back := w.Back(ours); !slices.Equal(back, list(tt.back)) {
				t.Errorf("back: %v, want %s", back, tt.back)
			}
		})
	}
}

func TestJudging(t *testing.T) {
	limit := &MaxErrors{OverOld: 1, MinRequests: 200}
	f := func(requests, errors int64) Figures { return Figures{Requests: requests, Errors: errors, TimeMS: -1} }
	for _, tt := range []struct {
		name     string
		new, old Figures
		counted  string
		limit    *MaxErrors
		want     Verdict
		says     string
	}{
		{"as good", f(1000, 2), f(9000, 18), "lb1", limit, NotWorse, "new: 1,000 requests, 0.2% errors; old: 9,000, 0.2% errors"},
		{"just as much worse as it may be", f(1000, 12), f(1000, 2), "lb1", limit, NotWorse, ""},
		{"worse", f(1000, 13), f(1000, 2), "lb1", limit, Worse, ""},
		{"better", f(1000, 0), f(1000, 500), "lb1", limit, NotWorse, ""},
		{"too few", f(43, 43), f(9000, 0), "lb1", limit, TooFew, "; 43 requests, too few to judge (200)"},
		{"none at all", f(0, 0), f(1234567, 0), "lb1", limit, TooFew, "new: 0 requests; old: 1,234,567, 0.0% errors; 0 requests, too few"},
		{"no old ones", f(1000, 900), f(0, 0), "lb1", limit, NoOld, "not judged: the old one has no requests to compare with"},
		{"nobody counts", f(0, 0), f(0, 0), "", limit, Unmeasured, "nothing could be measured here: lb2 tells no counts"},
		{"no limit", f(1000, 900), f(1000, 0), "lb1", nil, Unjudged, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := Comparison{New: tt.new, Old: tt.old, Counted: strings.Fields(tt.counted)}
			if tt.counted == "" {
				c.Blind = []string{"lb2"}
			}
			if c = c.Judge(tt.limit); c.Verdict != tt.want {
				t.Errorf("it is %q, want %q", c.Verdict, tt.want)
			}
			if !strings.Contains(c.String(), tt.says) {
				t.Errorf("it says %q, want %q", c.String(), tt.says)
			}
		})
	}
}

const climbYAML = `
app: shop
servers:
  - name: web{1..4}
    address: 10.0.0.{1..4}:80
  - name: worker1
    balanced: false
balancers:
  - name: lb1
    haproxy: {socket: /run/haproxy.sock, backends: [app]}
deploy:
  steps: [{run: activate}]
  version: "true"
health: none
rollout:
  strategy: canary
  min_in_rotation: 1
`

func TestTheFirstBatchWithAShareOfTheTrafficIsTheCanary(t *testing.T) {
	facts := Facts{
		Views:    []lb.View{view("lb1", "web1 in, web2 out, web3 in, web4 in")},
		Versions: map[string]string{"web1": "1", "web2": "1", "web3": "1", "web4": "2"}, Healthy: map[string]bool{"web4": true},
	}
	const canary, warm = "1%, 10%, 50%, each 1m", "10%, 50%, each 5s"
	for _, tt := range []struct {
		name, rules string
		o           Options
		want        []string
	}{
		{"it alone", "", Options{}, []string{"web2: ", "worker1: ", "web1: " + canary, "web3: "}},
		{"the others are warmed", "  warm: {}\n", Options{}, []string{"web2: ", "worker1: ", "web1: " + canary, "web3: " + warm}},
		{"several servers", "  batches: [3]\n  min_in_rotation: 1\n", Options{}, []string{"web2 worker1 web1: " + canary, "web3: "}},
		{"some of the servers", "", Options{Only: []string{"web3", "worker1"}}, []string{"worker1: ", "web3: " + canary}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			yaml := strings.Replace(climbYAML, "  min_in_rotation: 1\n", "", 1) + tt.rules
			if !strings.Contains(tt.rules, "min_in") {
				yaml += "  min_in_rotation: 1\n"
			}
			tt.o.Version = "2"
			p, err := New(load(t, yaml), facts, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range p.Batches {
				l := ""
				if b.Ladder != nil {
					l = b.Ladder.String()
				}
				if b.Has(Climb) != (b.Ladder != nil) {
					t.Errorf("%v has the verbs %v", b.Servers, b.Verbs)
				}
				got = append(got, strings.Join(b.Servers, " ")+": "+l)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if want := (Runs{"web4", "2"}); !slices.Contains(p.Beside, want) {
				t.Errorf("beside: %v", p.Beside)
			}
		})
	}
}

func TestABalancerWithoutWeightsIsNoneForALadder(t *testing.T) {
	yaml := strings.Replace(climbYAML, "haproxy: {socket: /run/haproxy.sock, backends: [app]}", "exec: {state: a, out: b, in: c}", 1)
	facts := Facts{Views: []lb.View{view("lb1", "web1 in, web2 in, web3 in, web4 in")}, Versions: map[string]string{"web1": "1"}}
	_, err := New(load(t, yaml), facts, Options{Version: "2"})
	if err == nil || !strings.Contains(err.Error(), "lb1: it is driven by commands, which set no weights") {
		t.Errorf("%v", err)
	}
	// What stands behind no balancer has nothing to climb.
	if _, err := New(load(t, yaml), facts, Options{Version: "2", Only: []string{"worker1"}}); err != nil {
		t.Error(err)
	}
}
