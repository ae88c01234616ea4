package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"rota/lb"
	"rota/lb/lbtest"
	"rota/rollout"
)

type unreachable string

func (u unreachable) Error() string       { return string(u) + ": connection refused" }
func (u unreachable) Unreachable() string { return string(u) }

func TestAMachineOutOfReachIsOneProblem(t *testing.T) {
	other := errors.New("lb2: permission denied")
	err := once([]error{
		fmt.Errorf("lb1: /run/haproxy.sock: %w", unreachable("lb1")),
		nil,
		errors.Join(fmt.Errorf("lb1: record: %w", unreachable("lb1")), other),
		fmt.Errorf("web1: %w", unreachable("web1")),
	})
	if want := "lb1: connection refused\nlb2: permission denied\nweb1: connection refused"; err == nil || err.Error() != want {
		t.Errorf("told:\n%v\nwant:\n%s", err, want)
	}
	if !errors.Is(err, other) {
		t.Error("an error got lost")
	}
	if err := once([]error{nil, nil}); err != nil {
		t.Error(err)
	}
}

func TestALadderNeedsWeights(t *testing.T) {
	ladder := &rollout.Ladder{Percents: []int{10}}
	plan := func(kind string, l *rollout.Ladder) rollout.Plan {
		return rollout.Plan{
			Kind: kind, Targets: []rollout.Target{{Server: "web1", Balancers: []string{"lb1"}}, {Server: "worker1"}},
			Batches: []rollout.Batch{rollout.Roll("worker1"), rollout.Roll("web1").On(l)},
		}
	}
	memory := lbtest.NewMemory("web1")
	static := lbtest.NewMemory("web1")
	static.Static = true
	for _, tt := range []struct {
		name string
		plan rollout.Plan
		b    lb.Named
		says string
	}{
		{"a balancer that has them", plan("deploy", ladder), lb.Named{Name: "lb1", Balancer: memory}, ""},
		{"fixed ones", plan("deploy", ladder), lb.Named{Name: "lb1", Balancer: static}, "lb1: pool app: its algorithm takes no other weights while it runs, and servers that come back would climb by weights: leave rollout.warm out and take --strategy rolling"},
		{"none at all", plan("deploy", ladder), lb.Named{Name: "lb1", Balancer: struct{ lb.Balancer }{memory}}, "lb1: it cannot change weights"},
		{"another balancer", plan("deploy", ladder), lb.Named{Name: "lb2", Balancer: static}, ""},
		{"nobody climbs", plan("deploy", nil), lb.Named{Name: "lb1", Balancer: static}, ""},
		{"the way back is not blocked", plan("rollback", ladder), lb.Named{Name: "lb1", Balancer: static}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := checkWeights(t.Context(), tt.plan, tt.b)
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
		})
	}
}
