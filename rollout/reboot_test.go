package rollout

import (
	"strings"
	"testing"
	"time"

	"rota/lb"
	"rota/record"
)

const twinsYAML = `
app: shop
servers:
  - {name: web1, ssh: me@h1, address: "10.0.0.1:80"}
  - {name: web2, ssh: "H1:22", address: "10.0.0.1:81"}
  - {name: web3, address: "10.0.0.3:80"}
  - {name: worker1, balanced: false, ssh: h1}
balancers:
  - name: lb1
    haproxy: {socket: /run/haproxy.sock, backends: [app]}
deploy:
  steps:
    - run: activate
    - {reboot: 10m, sudo: true, only: [web1]}
health: none
rollout:
  min_in_rotation: 1
  batches: [2]
`

func TestARebootThatWouldTakeAnotherServerDownIsRefused(t *testing.T) {
	const (
		all  = "web1 in, web2 in, web3 in"
		both = "web1 and web2 are on one host (me@h1): a reboot would take both down"
	)
	tests := []struct {
		name, yaml, said string
		o                Options
		held             string
		err              string
	}{
		{name: "servers of one host in one batch", said: all, o: Options{Exclude: []string{"worker1"}}},
		{name: "in two batches", said: all, yaml: "batches: [1]", err: both + "; put them in one batch"},
		{name: "the other stays as it is, in rotation", said: all, o: Options{Exclude: []string{"web2"}}, err: both + ", and this run leaves web2 in rotation (rota drain web2)"},
		{name: "the other stays as it is, out", said: "web1 in, web2 out, web3 in", o: Options{Exclude: []string{"web2"}}},
		{name: "nobody knows how the other stands", said: "web1 in, web2 unknown, web3 in", o: Options{Exclude: []string{"web2"}}, err: both},
		{name: "the other is left out where it was found out", said: "web1 in, web2 out, web3 in", yaml: "batches: [1]"},
		{name: "the other is held", said: all, held: "web2", yaml: "batches: [1]"},
		{name: "the worker on it is rebooted while they serve", said: all, yaml: "only: [worker1]", o: Options{Only: []string{"worker1", "web3"}}, err: "worker1 and web1 are on one host (h1)"},
		{name: "no server with a reboot", said: all, o: Options{Only: []string{"web2"}}},
		{name: "the balancer is on it", said: all, yaml: "ssh: root@h1", err: "web1 and the balancer lb1 are on one host (me@h1)"},
		{name: "a balancer on it that is left out", said: all, yaml: "ssh: root@h1", o: Options{Without: []string{"lb1"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			yaml := twinsYAML
			switch key, _, _ := strings.Cut(tt.yaml, ":"); key {
			case "batches":
				yaml = strings.Replace(yaml, "batches: [2]", tt.yaml, 1)
			case "only":
				yaml = strings.Replace(yaml, "only: [web1]", tt.yaml, 1)
			case "ssh":
				yaml = strings.Replace(yaml, "- name: lb1", "- name: lb1\n    "+tt.yaml, 1)
			}
			f := run1(tt.said)
			if tt.held != "" {
				f.Holds = []record.Hold{{Server: tt.held}}
			}
			tt.o.Version = "2"
			p, err := New(load(t, yaml), f, tt.o)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if web1 := p.Target("web1"); web1 != nil {
				if a := web1.Steps[1]; a.Words() != "reboot" || a.Reboot != 10*time.Minute || a.Sudo != "root" {
					t.Errorf("the step is %+v", a)
				}
			}
		})
	}
}

func TestAJobIsRefusedThatWouldTakeAnotherServerDown(t *testing.T) {
	yaml := strings.Replace(twinsYAML, "batches: [2]", "batches: [1]", 1) + "jobs: {patch: {steps: [{reboot: 10m}]}}\n"
	_, err := NewRoll(load(t, yaml), run1("web1 in, web2 in, web3 in"), "patch", Options{Exclude: []string{"worker1"}})
	if err == nil || !strings.Contains(err.Error(), "on one host") {
		t.Errorf("error %v", err)
	}
}

func TestTheBootIsKnownUntilTheRebootIsDone(t *testing.T) {
	inv := load(t, strings.Replace(twinsYAML, "batches: [2]", "batches: [1]", 1))
	p, err := New(inv, Facts{Views: []lb.View{view("lb1", "web1 in, web2 out, web3 in")}}, Options{Version: "2", Only: []string{"web1"}})
	if err != nil {
		t.Fatal(err)
	}
	st := told(t, p, "web1 draining", "web1 out", "web1 deploying")
	id := p.Targets[0].Steps[1].ID
	apply := func(e Event) {
		t.Helper()
		e.Seq, e.Step, e.Server = st.Seq+1, id, "web1"
		if err := st.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	knows := func(when, want string) {
		t.Helper()
		if s, _ := st.Step(id); s.Boot != want {
			t.Errorf("%s: the boot is %q, want %q", when, s.Boot, want)
		}
	}
	if err := st.Apply(Event{Seq: st.Seq + 1, Kind: Booted, Step: id, Server: "web1", State: "a"}); err == nil {
		t.Error("a boot is told of a step that has not begun")
	}
	apply(Event{Kind: StepBegun})
	knows("begun", "")
	apply(Event{Kind: Booted, State: "a"})
	knows("told", "a")
	apply(Event{Kind: StepEnded, State: "unknown", Error: "rota was interrupted"})
	apply(Event{Kind: StepBegun, Attempt: 2})
	knows("tried again after an interruption", "a")
	apply(Event{Kind: StepEnded, State: NotDone, Error: "no space left"})
	knows("tried again in vain", "a")
	apply(Event{Kind: StepBegun, Attempt: 2})
	apply(Event{Kind: StepEnded})
	apply(Event{Kind: StepBegun, Attempt: 3})
	knows("done once more after it was done", "")
}
