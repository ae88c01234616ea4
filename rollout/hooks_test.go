package rollout

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const besideYAML = fleetYAML + `
hooks: {before: ci, after-batch: smoke, after: tell, on-failure: alarm}
`

func withAround(yaml string) string {
	return strings.Replace(yaml, "- name: lb1", "- name: lb1\n    before: puppet off\n    after: puppet on\n    sudo: true", 1)
}

func said(p Plan) string {
	var all []string
	for _, e := range p.Errands() {
		all = append(all, strings.TrimSpace(e.Name+" "+e.Command+" "+e.Sudo))
	}
	return strings.Join(all, ", ")
}

func TestCommandsAroundARunBelongToThePlan(t *testing.T) {
	inv := load(t, withAround(besideYAML))
	f := run1("web1 in, web2 in, web3 in")
	deploy, err := New(inv, f, Options{Version: "2"})
	if err != nil {
		t.Fatal(err)
	}
	const before, after = "lb1: before puppet off root, ", "lb1: after puppet on root"
	tests := []struct {
		name string
		make func() (Plan, error)
		want string
	}{
		{"a deploy", func() (Plan, error) { return deploy, nil }, "hooks.before ci, " + before + "hooks.after-batch smoke, " + after + ", hooks.after tell, hooks.on-failure alarm"},
		{
			"a rollback does not ask what must be right before a deploy", func() (Plan, error) {
				return NewRollback(inv, f, told(t, deploy, through("serving", "web1")...), Options{Force: true})
			},
			before + "hooks.after-batch smoke, " + after + ", hooks.after tell, hooks.on-failure alarm",
		},
		{"a drain by hand", func() (Plan, error) { return NewByHand(inv, f, "drain", []string{"web1"}, Options{}) }, before + after},
		{"a balancer that is left out", func() (Plan, error) { return New(inv, f, Options{Version: "2", Without: []string{"lb1"}}) }, "hooks.before ci, hooks.after-batch smoke, hooks.after tell, hooks.on-failure alarm"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := tt.make()
			if err != nil {
				t.Fatal(err)
			}
			if got := said(p); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if p.Kind == "drain" {
				return // which nobody resumes
			}
			again, err := Refresh(inv, p)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(p, again); diff != "" {
				t.Errorf("the same inventory makes another plan: %s", diff)
			}
		})
	}
}

func TestCommandsAroundARunThatHaveChangedAreShown(t *testing.T) {
	old, err := New(load(t, withAround(besideYAML)), run1("web1 in, web2 in, web3 in"), Options{Version: "2"})
	if err != nil {
		t.Fatal(err)
	}
	now, err := Refresh(load(t, strings.NewReplacer("after-batch: smoke", "after-batch: smoke -v", "before: ci, ", "").Replace(besideYAML)), old)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`hooks.after-batch: was "smoke", is "smoke -v"`,
		`hooks.before: was "ci", is ""`,
		`lb1: before: was "puppet off", is ""`,
		`lb1: after: was "puppet on", is ""`,
	}
	if diff := cmp.Diff(want, Differences(old, now)); diff != "" {
		t.Error(diff)
	}
}
