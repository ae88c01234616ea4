package rollout

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rota/lb"
	"rota/record"
)

const jobYAML = "jobs: {patch: {steps: [{run: apt-get upgrade}, {run: 'true', only: [blue]}]}}\n"

func TestAJobGoesThroughAllServersAndLeavesTheirVersions(t *testing.T) {
	for _, tt := range []struct {
		name     string
		strategy string
		said     string
		facts    func(*Facts)
		o        Options
		want     []string
		err      string
	}{
		{
			"rolling, one by one, a worker too", "rolling", "b1 in, b2 in, b3 in, g1 in, g2 in, g3 in", nil,
			Options{Exclude: []string{"green"}},
			[]string{"out work in soak: worker1 ? next", "out work in soak: b1 ? next", "out work in soak: b2 ? next", "out work in soak: b3 ? next"},
			"",
		},
		{
			"the idle group is worked on where it is, and stays out", "blue-green", blueIsLive, nil,
			Options{Only: []string{"b1", "b2", "green"}},
			[]string{"out work keep: g1 g2 g3 ? next", "out work in soak: b1 ? next", "out work in soak: b2 ? next"},
			"",
		},
		{
			"where the truth is mixed, who is out was found out", "blue-green", "b1 in, b2 in, b3 out, g1 in, g2 out, g3 out", nil,
			Options{Only: []string{"b3", "g1"}},
			[]string{"out work in soak: b3 ? next", "out work in soak: g1 ? next"},
			"",
		},
		{"a held server that cannot be reached is left alone", "rolling", blueIsLive, func(f *Facts) {
			f.Unreachable = map[string]string{"b1": "no route"}
			f.Holds = []record.Hold{{Server: "b1"}}
		}, Options{Only: []string{"b1", "b2"}}, []string{"out work in soak: b2 ? next"}, ""},
		{
			"a floor that no server can leave", "rolling\n  min_in_rotation: 3", "b1 in, b2 in, b3 in, g1 out, g2 out, g3 out", nil,
			Options{Only: []string{"b1"}},
			nil, "b1 cannot be taken out",
		},
		{"nobody is called that", "rolling", blueIsLive, nil, Options{Only: []string{"b9"}}, nil, "no server or group is called"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := sideFacts(tt.said)
			if tt.facts != nil {
				tt.facts(&f)
			}
			inv := load(t, strings.Replace(sidesYAML, "strategy: blue-green", "strategy: "+tt.strategy, 1)+jobYAML)
			p, err := NewRoll(inv, f, "patch", tt.o)
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
				steps := 1
				if strings.HasPrefix(tg.Server, "b") {
					steps = 2
				}
				if len(tg.Steps) != steps || tg.From != "1" || tg.To != "1" || len(tg.Back) > 0 || tg.NoWayBack == "" {
					t.Errorf("%+v", tg)
				}
			}
			if p.Title() != "roll patch" || p.Version != "" || p.Strategy != "rolling" {
				t.Errorf("%q, version %q, %s", p.Title(), p.Version, p.Strategy)
			}
		})
	}
}

func TestTheIdleGroupDoesNotCountAsFoundOut(t *testing.T) {
	p, err := NewRoll(load(t, sidesYAML+jobYAML), sideFacts(blueIsLive), "patch", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(p.Floors); got != "[{lb1 app 3 2}]" {
		t.Errorf("floors: %s", got)
	}
	for _, tg := range p.Targets {
		if idle := strings.HasPrefix(tg.Server, "g"); p.Waits(tg) != idle {
			t.Errorf("%s waits: %v", tg.Server, !idle)
		}
	}
}

func TestAJobIsMadeAgainFromTodaysInventory(t *testing.T) {
	f := sideFacts(blueIsLive)
	p, err := NewRoll(load(t, sidesYAML+jobYAML), f, "patch", Options{})
	if err != nil {
		t.Fatal(err)
	}
	same, err := Refresh(load(t, sidesYAML+jobYAML), p)
	if err != nil || same.Digest() != p.Digest() {
		t.Errorf("%v\n%s", err, cmp.Diff(p, same))
	}
	other, err := Refresh(load(t, sidesYAML+strings.Replace(jobYAML, "upgrade", "dist-upgrade", 1)), p)
	if err != nil || other.Targets[0].Steps[0].Run != "apt-get dist-upgrade" {
		t.Errorf("%v: %+v", err, other.Targets)
	}
	if _, err := Refresh(load(t, sidesYAML), p); err == nil || !strings.Contains(err.Error(), `the job "patch"`) {
		t.Errorf("a job that is gone: %v", err)
	}
}

func TestAJobHasNoWayBack(t *testing.T) {
	p, err := NewRoll(load(t, sidesYAML+jobYAML), sideFacts("b1 in, b2 in, b3 in, g1 in, g2 in, g3 in"), "patch", Options{})
	if err != nil {
		t.Fatal(err)
	}
	st := State{Run: "r1", Plan: p}
	if st.MayGoBack() {
		t.Error("it may")
	}
	_, err = NewRollback(load(t, sidesYAML+jobYAML), Facts{Views: []lb.View{view("lb1", blueIsLive)}}, st, Options{})
	if err == nil || !strings.Contains(err.Error(), "a job has no way back") {
		t.Errorf("%v", err)
	}
	if _, err := NewRoll(load(t, sidesYAML+jobYAML), Facts{}, "ptach", Options{}); err == nil || !strings.Contains(err.Error(), `did you mean "patch"?`) {
		t.Errorf("%v", err)
	}
}
