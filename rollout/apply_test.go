package rollout

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/lb"
	"rota/record"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestEventsThatCannotFollowAreRefusedAndChangeNothing(t *testing.T) {
	begun := []Event{{Seq: 1, Kind: RunBegun, Plan: onePlan()}}
	tests := []struct {
		name string
		past []Event
		e    Event
		err  string
	}{
		{"nothing before the beginning", nil, Event{Seq: 1, Kind: Noted}, `"note" cannot stand here`},
		{"no second beginning", begun, Event{Seq: 2, Kind: RunBegun, Plan: onePlan()}, `"run" cannot stand here`},
		{"a beginning without a plan", nil, Event{Seq: 1, Kind: RunBegun}, "no plan"},
		{"a gap", begun, Event{Seq: 3, Kind: Noted}, "event 3 follows event 1"},
		{"the same event twice", begun, Event{Seq: 1, Kind: Noted}, "event 1 follows event 1"},
		{"an unknown kind", begun, Event{Seq: 2, Kind: "guess"}, `"guess" is not a kind`},
		{"a phase that cannot follow", begun, Event{Seq: 2, Kind: Moved, Server: "web1", State: "returning"}, "cannot go from waiting to returning"},
		{"a phase that is none", begun, Event{Seq: 2, Kind: Moved, Server: "web1", State: "flying"}, "cannot go from waiting to flying"},
		{"a server that is not in the plan", begun, Event{Seq: 2, Kind: Moved, Server: "web9", State: "draining"}, `"web9" is not in the plan`},
		{"an end without a begin", begun, Event{Seq: 2, Kind: StepEnded, Step: "web1/step1"}, "without having begun"},
		{"a state that no balancer has", begun, Event{Seq: 2, Kind: Observed, Server: "web1", Balancer: "lb1", State: "asleep"}, "not a rotation state"},
		{"a way back without a plan", begun, Event{Seq: 2, Kind: Reversed}, "no plan"},
		{"a way back of another server", begun, Event{Seq: 2, Kind: Reversed, Plan: &Plan{Targets: []Target{{Server: "web9"}}}}, `"web9" is not in the plan`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st, err := Replay(tt.past)
			if err != nil {
				t.Fatal(err)
			}
			before := st.Clone()
			if err := st.Apply(tt.e); err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%v, want %q", err, tt.err)
			}
			if diff := cmp.Diff(before, st, cmp.AllowUnexported(State{}, StepState{}, timing{})); diff != "" {
				t.Errorf("it changed the state: %s", diff)
			}
		})
	}
}

// A journal that somebody sent may say so; it must not end the program.
func TestAServerThatIsNotInTheResumedPlanDoesNotGoBack(t *testing.T) {
	_, err := Replay([]Event{
		{Seq: 1, Kind: RunBegun, Plan: onePlan()},
		{Seq: 2, Kind: Resumed, Plan: &Plan{}},
		{Seq: 3, Kind: Answered, Server: "web1", State: Back},
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAnAttemptThatWasNotDoneLeavesNoTrace(t *testing.T) {
	const step = StepID("web1/step1")
	st := told(t, *onePlan(), "web1 draining", "web1 out", "web1 deploying")
	apply := func(e Event) {
		t.Helper()
		e.Seq = st.Seq + 1
		if err := st.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	begin := Event{Kind: StepBegun, Step: step, Server: "web1", Attempt: 1}
	apply(begin)
	apply(Event{Kind: StepEnded, Step: step, Server: "web1", State: NotDone, Error: "full"})
	if _, begun := st.Step(step); begun || st.Server("web1").Touched || !st.Untouched("web1") {
		t.Error("the server counts as touched")
	}
	apply(begin)
	apply(Event{Kind: StepEnded, Step: step, Server: "web1", State: "unknown", Error: "lost"})
	begin.Attempt = 2
	apply(begin)
	apply(Event{Kind: StepEnded, Step: step, Server: "web1", State: NotDone, Error: "full"})
	if past, _ := st.Step(step); !past.Unknown || past.Attempt != 1 || !st.Server("web1").Touched {
		t.Errorf("what was unknown became %+v", past)
	}
}

func TestAWayBackLeadsThoseThatAreOutFirstThenTheNewest(t *testing.T) {
	inv := load(t, fleetYAML)
	p, err := New(inv, run1("web1 in, web2 in, web3 in"), Options{Version: "2"})
	if err != nil {
		t.Fatal(err)
	}
	p.Target("web2").NoWayBack = "nobody can tell"
	st := told(t, p, append(through("serving", "web1", "web2"), append(through("checking", "web3"), "web3 failed")...)...)
	back, none := st.WayBack()
	var got []string
	for _, tg := range back.Targets {
		got = append(got, tg.Server+" "+tg.From+" to "+tg.To)
	}
	if diff := cmp.Diff([]string{"web3 2 to 1", "web1 2 to 1"}, got); diff != "" {
		t.Error(diff)
	}
	if len(none) != 1 || none[0].Server != "web2" || back.Prepare != nil || back.Kind != "rollback" {
		t.Errorf("no way back: %+v, prepare %v", none, back.Prepare)
	}
}

func TestDifferencesTellWhatAnotherInventoryWouldDo(t *testing.T) {
	old, err := New(load(t, fleetYAML), run1("web1 in, web2 in, web3 in"), Options{Version: "2"})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, from, to, want string }{
		{"nothing", "", "", ""},
		{"another command", "    - run: activate\n    - {run: migrate, once: true}", "    - run: activate --fast\n    - {run: migrate, once: true}", `web1 step 1: was "activate", is "activate --fast"`},
		{"one command more", "    - run: activate\n    - {run: mig", "    - run: activate\n    - run: more\n    - {run: mig", `web1 step 2: was "migrate", is "more"`},
		{"another health check", "health: none", "health: {tcp: 127.0.0.1:80}", `health: was "none", is "connect to 127.0.0.1:80"`},
		{"another prepare", "run: backup", "run: dump", `prepare 1: was "backup", is "dump"`},
		{"another host", "    address: 10", "    ssh: app{1..3}\n    address: 10", `web1 host: was "web1", is "app1"`},
		{"a timeout", "    - run: activate\n    - {run: mig", "    - {run: activate, timeout: 3s}\n    - {run: mig", "timeouts, users or retries of the steps are others"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now, err := Refresh(load(t, strings.Replace(fleetYAML, tt.from, tt.to, 1)), old)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(Differences(old, now), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
			if (got == "") != (old.Digest() == now.Digest()) {
				t.Errorf("digests and words disagree: %q", got)
			}
		})
	}
	if _, err := Refresh(load(t, strings.ReplaceAll(fleetYAML, "{1..3}", "{1..2}")), old); err == nil || !strings.Contains(err.Error(), "web3") {
		t.Errorf("a server that is gone: %v", err)
	}
}

func TestUnsettledServers(t *testing.T) {
	p := *onePlan()
	out := []string{"web1 draining", "web1 out", "web1 deploying", "web1 failed"}
	tests := []struct {
		name    string
		past    []string
		outcome Outcome // "": it was killed
		said    string
		hold    bool
		want    string
		resume  bool
	}{
		{"a run that was killed before it took anything out", nil, "", "web1 in", false, "", true},
		{"a server that was left out", out, "", "web1 out", false, "web1", true},
		{"of a run that paused", out, Paused, "web1 out", false, "web1", true},
		{"one that is in rotation again", out, Paused, "web1 in", false, "", true},
		{"one that is held", out, Paused, "web1 out", true, "", true},
		{"an abort is settled", out, Aborted, "web1 out", false, "", false},
		{"so is a run that is done", out, Done, "web1 out", false, "", false},
		{"and one that went back", out, RolledBack, "web1 out", false, "", false},
		{"one that nobody can ask about", out, LockLost, "web2 in", false, "web1", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := told(t, p, tt.past...)
			if tt.outcome != "" {
				if err := st.Apply(Event{Seq: st.Seq + 1, Kind: RunEnded, State: string(tt.outcome), Summary: &Summary{}}); err != nil {
					t.Fatal(err)
				}
			}
			var holds []record.Hold
			if tt.hold {
				holds = append(holds, record.Hold{Server: "web1"})
			}
			if got := strings.Join(Unsettled(st, []lb.View{view("lb1", tt.said)}, holds), " "); got != tt.want {
				t.Errorf("unsettled %q, want %q", got, tt.want)
			}
			if st.Resumable() != tt.resume {
				t.Errorf("resumable: %v", st.Resumable())
			}
		})
	}
}

// TestEventsAreWrittenAsTheContractNamesThem keeps one event of each kind as
// JSON: other programs read these lines.
func TestEventsAreWrittenAsTheContractNamesThem(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	choices := []Choice{{Key: "C", Word: Continue, Then: "take web2 out next"}}
	events := []Event{
		{Kind: RunBegun, Plan: onePlan(), Version: "2"},
		{Kind: Resumed, Version: "2"},
		{Kind: StepBegun, Batch: 1, Step: "b1/out", Servers: []string{"web1"}, Attempt: 1, Text: "take web1 out of rotation"},
		{Kind: StepEnded, Batch: 1, Step: "web1/step1", Server: "web1", State: "unknown", Attempt: 1, ElapsedMS: 1500, Error: "the connection was lost"},
		{Kind: Moved, Server: "web1", State: string(Draining)},
		{Kind: Observed, Server: "web1", Balancer: "lb1", State: "draining", Sample: &Sample{Weight: 1, Sessions: 3, Rate: -1, Errors: -1}},
		{Kind: Sampled, Server: "web1", Balancer: "lb1", State: "in", Sample: &Sample{Weight: 1}},
		{Kind: Output, Server: "web1", Step: "web1/step1", Stream: "out", Line: "done"},
		{Kind: Found, Server: "web1", Version: "2"},
		{Kind: Disturbed, Server: "web1", Balancer: "lb1", State: "in", Text: "somebody put it back"},
		{Kind: Asked, Batch: 2, Text: "go on?", Choices: choices, Question: &Question{ID: "r1-11", Kind: AskGate, Batch: 2, Text: "go on?", Choices: choices}},
		{Kind: Answered, State: Continue, Text: "by a person"},
		{Kind: Reversed, Plan: onePlan(), Servers: []string{"web1"}},
		{Kind: Noted, Text: "lb1 cannot cut connections"},
		{Kind: RunEnded, State: string(Done), Summary: &Summary{Outcome: Done, Updated: []string{"web1"}, TotalMS: 9}},
	}
	var b strings.Builder
	for i, e := range events {
		e.Seq, e.Time, e.Run, e.Operator = i+1, at, "r1", "me@here"
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	const golden = "testdata/events.jsonl"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Error(diff)
	}
	again, err := ReadEvents(want)
	if err != nil || len(again) != len(events) {
		t.Errorf("%d of %d events are read back: %v", len(again), len(events), err)
	}
}
