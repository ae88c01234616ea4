package lbtest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"rota/lb"
)

// Weights implements lb.Weigher.
func (m *Memory) Weights(ctx context.Context) ([]lb.Weight, error) {
	fault, err := m.begin(ctx, Call{Method: "Weights"})
	if err := errors.Join(err, fault.Err, m.static()); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var weights []lb.Weight
	for _, s := range m.members {
		weights = append(weights, s.weighed())
	}
	return weights, nil
}

// Weigh implements lb.Weigher.
func (m *Memory) Weigh(ctx context.Context, want ...lb.Weight) error {
	if err := m.static(); err != nil {
		return err
	}
	members, err := m.weighing(want)
	if err != nil {
		return err
	}
	return m.talked(ctx, Call{Method: "Weigh", Weights: want}, func(fault Fault, err error) error {
		for i, w := range want {
			if w.Weight > 0 && (err == nil || i < fault.Made) {
				members[i].weight = w.Weight
			}
		}
		return err
	})
}

func (m *Memory) static() error {
	if m.Static {
		return fmt.Errorf("pool app: %w", lb.ErrStatic)
	}
	return nil
}

// weighing finds the members whose weights are asked for.
func (m *Memory) weighing(want []lb.Weight) ([]*member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []*member
	for _, w := range want {
		i := slices.IndexFunc(m.members, func(s *member) bool { return w.Pool == "app" && s.name == w.Name })
		if i < 0 {
			return nil, fmt.Errorf("%s/%s: %w", w.Pool, w.Name, lb.ErrNotFound)
		}
		if w.Weight < 0 || w.Weight > lb.MostWeight {
			return nil, fmt.Errorf("%s/%s: no weight is %d", w.Pool, w.Name, w.Weight)
		}
		found = append(found, m.members[i])
	}
	return found, nil
}

func (s *member) weighed() lb.Weight {
	w := lb.Weight{Pool: "app", Name: s.name, Server: s.name, Weight: s.weight}
	if s.stranger {
		w.Server = ""
	}
	return w
}

// Stranger adds a member that the inventory does not name. It is in rotation,
// and only Weights and Serve know it.
func (m *Memory) Stranger(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := newMember(name)
	s.stranger = true
	m.members = append(m.members, s)
}

// PutWeight is another's hand: it changes the weight of a server (or stranger),
// also as it is configured. Zero is possible.
func (m *Memory) PutWeight(name string, weight int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.members {
		if s.name == name {
			s.weight, s.configured = weight, weight
		}
	}
}
