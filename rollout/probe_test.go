package rollout

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTheProbesFiguresInWords(t *testing.T) {
	a := Route{URL: "http://a/", Address: "192.0.2.1:80", Balancer: "lb1"}
	b := Route{URL: "http://b/", Address: "192.0.2.1:80", Balancer: "lb1"}
	c := Route{URL: "http://a/", Address: "192.0.2.2:80"}
	with := func(r Route, sent, lost int) Route {
		r.Sent, r.Lost = sent, lost
		return r
	}
	for _, row := range []struct {
		name string
		p    Probe
		want string
	}{
		{"nothing yet", Probe{}, "0 requests, 0 lost"},
		{"one route", Probe{999, 0, 0, []Route{with(a, 999, 0)}}, "999 requests, 0 lost (lb1 999)"},
		{"one route that loses some", Probe{1000, 1, 0, []Route{with(a, 1000, 1)}}, "1,000 requests, 1 lost (lb1)"},
		{"what one balancer answers is one figure", Probe{30, 3, 0, []Route{with(a, 10, 1), with(b, 20, 2)}}, "30 requests, 3 lost (lb1)"},
		{
			"two balancers",
			Probe{1234567, 2, 3, []Route{with(a, 1234000, 0), with(c, 567, 2)}},
			"1,234,567 requests, 2 lost (lb1 1,234,000, 192.0.2.2:80 567, of which 2 lost; 3 sent again as a browser would)",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := row.p.String(); got != row.want {
				t.Errorf("%s\nwant %s", got, row.want)
			}
		})
	}
}

func TestTheFiguresOfTwoProcessesAddUp(t *testing.T) {
	a, b := Route{URL: "http://a/", Address: "192.0.2.1:80", Sent: 2, Lost: 1}, Route{URL: "http://a/", Address: "192.0.2.2:80", Sent: 3}
	first := Probe{2, 1, 0, []Route{a}}
	got := first.Plus(Probe{5, 1, 1, []Route{b, a}})
	want := Probe{7, 2, 1, []Route{{URL: "http://a/", Address: "192.0.2.1:80", Sent: 4, Lost: 2}, b}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if first.Routes[0].Sent != 2 {
		t.Error("adding has changed what it was added to")
	}
}

func TestWhatWasGoingOn(t *testing.T) {
	begin := func(id StepID, text string, servers ...string) Event {
		return Event{Kind: StepBegun, Step: id, Servers: servers, Text: text, Attempt: 1}
	}
	end := func(id StepID) Event { return Event{Kind: StepEnded, Step: id} }
	question := Event{Kind: Asked, Question: &Question{Kind: AskGate}}
	for _, row := range []struct {
		name   string
		events []Event // a second apart
		since  time.Duration
		want   string
	}{
		{"nothing", nil, 0, "no step was under way"},
		{"a question", []Event{question}, 0, "the run waited for an answer"},
		{"a step of a batch", []Event{begin("b1/out", "", "web1", "web2")}, 0, "web1, web2 were being taken out of rotation"},
		{"a command", []Event{begin("web1/step1", "activate \x1b[31m2", "web1")}, 0, "web1 was running activate 2"},
		{"the same on two servers", []Event{begin("web2/health", "", "web2"), begin("web1/health", "", "web1")}, 0, "web2, web1 were being checked"},
		{"the way back", []Event{begin("~b1/in", "", "web1")}, 0, "web1 was being put back in rotation"},
		{"what had ended before", []Event{begin("b1/out", "", "web1"), end("b1/out"), begin("b1/drained", "", "web1")}, 3 * time.Second, "web1 was draining"},
		{
			"what has ended since",
			[]Event{begin("b1/out", "", "web1"), end("b1/out"), begin("b1/drained", "", "web1")},
			time.Second / 2,
			"web1 was being taken out of rotation, web1 was draining",
		},
		{
			"many things", []Event{
				begin("web1/step1", "a", "web1"), begin("web2/step1", "b", "web2"), begin("web3/step1", "c", "web3"),
				begin("web4/step1", "d", "web4"), begin("web5/step1", "e", "web5"),
			}, 0, "web1 was running a, web2 was running b, web3 was running c, 2 other things were going on",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
			s := State{Seq: 1, steps: map[StepID]StepState{}}
			for i, e := range row.events {
				e.Seq, e.Time = i+2, noon.Add(time.Duration(i)*time.Second)
				if err := s.Apply(e); err != nil {
					t.Fatal(err)
				}
			}
			if got := strings.Join(s.During(noon.Add(row.since)), ", "); got != row.want {
				t.Errorf("%s\nwant %s", got, row.want)
			}
		})
	}
}

func TestTheLastLostRequestsAreKeptAndCleaned(t *testing.T) {
	g := NewGate("s3cret-token")
	s := State{Seq: 1}
	kept := s.Clone()
	for i := range 7 {
		e := Event{
			Seq: i + 2, Kind: Missed, Probe: &Probe{Sent: 10, Lost: i + 1, Routes: []Route{{URL: "http://a/s3cret-token"}}},
			Lost: &Lost{URL: "http://a/s3cret-token", Reason: "answered \x1b[31mno", Address: string(rune('a' + i)), During: []string{"s3cret-token"}},
		}
		g.pass(&e)
		if err := s.Apply(e); err != nil {
			t.Fatal(err)
		}
		if i == 4 {
			kept = s.Clone()
		}
	}
	if len(s.Lost) != 5 || s.Lost[0].Address != "c" || len(kept.Lost) != 5 || kept.Lost[0].Address != "a" {
		t.Errorf("%+v\n%+v", s.Lost, kept.Lost)
	}
	want := "http://a/*** through g, fresh connection: answered no, while ***"
	if got := s.Lost[4].String(); got != want || s.Probe.Routes[0].URL != "http://a/***" {
		t.Errorf("%s\nwant %s; %+v", got, want, s.Probe)
	}
	for _, e := range []Event{{Seq: 9, Kind: Probed}, {Seq: 9, Kind: Missed, Probe: &Probe{}}} {
		if s.Apply(e) == nil {
			t.Errorf("%q may come without its figures", e.Kind)
		}
	}
}
