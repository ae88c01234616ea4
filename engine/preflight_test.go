package engine

import (
	"errors"
	"fmt"
	"testing"
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
