package lbtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"rota/lb"
)

// Ear keeps what is heard of changes. Its methods may be called concurrently.
type Ear struct {
	mu  sync.Mutex
	all heard
}

// On returns a context under which changes are heard.
func (e *Ear) On(ctx context.Context) context.Context {
	return lb.Hear(ctx, func(talk lb.Talk) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.all = append(e.all, talk)
	})
}

// Take returns what was heard since the last time: the servers, ">" for what a
// balancer was told and "<" for what it said, and the line, as "a b > reload".
func (e *Ear) Take() []string {
	var lines []string
	for _, talk := range e.take() {
		way := ">"
		if talk.Said {
			way = "<"
		}
		lines = append(lines, strings.Join(append(slices.Clone(talk.Servers), way, talk.Text), " "))
	}
	return lines
}

func (e *Ear) take() heard {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.all
	e.all = nil
	return all
}

// heard is what balancers were told, and what they said.
type heard []lb.Talk

// hear makes a call and returns what is heard of it.
func (t trial) hear(limit time.Duration, call func(ctx context.Context) error) (heard, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var ear Ear
	err := call(ear.On(ctx))
	return ear.take(), err
}

// told returns the lines that the balancer was told.
func (h heard) told() []string {
	var lines []string
	for _, talk := range h {
		if !talk.Said {
			lines = append(lines, talk.Text)
		}
	}
	return lines
}

// about tells which servers are told of and said of, as "a told, a said".
func (h heard) about() []string {
	var all []string
	for _, talk := range h {
		for _, name := range talk.Servers {
			if talk.Said {
				name += " said"
			} else {
				name += " told"
			}
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	slices.Sort(all)
	return all
}

// answered reports whether what the balancer said comes last.
func (h heard) answered() bool { return len(h) > 0 && h[len(h)-1].Said }

func heardChanging(t trial) {
	for _, want := range [][]lb.Change{
		{{Server: "a", To: lb.Draining}, {Server: "c", To: lb.Out}},
		{{Server: "a", To: lb.In}, {Server: "c", To: lb.In}},
	} {
		var preview []string
		p, previews := t.Balancer.(lb.Previewer)
		if previews {
			lines, err := p.Preview(t.Context(), want...)
			if err != nil {
				t.Fatal(err)
			}
			lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "# ") })
			preview = strings.Split(strings.Join(lines, "\n"), "\n")
		}
		set := func(ctx context.Context) error { return t.Balancer.Set(ctx, want...) }
		h, err := t.hear(t.Settle, set)
		if err != nil {
			t.Fatal(err)
		}
		if previews && !slices.Equal(h.told(), preview) {
			t.Errorf("it was told\n%s\nthe preview is\n%s", strings.Join(h.told(), "\n"), strings.Join(preview, "\n"))
		}
		if got := h.about(); !slices.Equal(got, []string{"a said", "a told", "c said", "c told"}) || !h.answered() {
			t.Errorf("%v: heard of %q: %+v", want, got, h)
		}
		again, err := t.hear(t.Settle, set)
		if err != nil || len(again.told()) > 0 && previews && !slices.Equal(again.told(), preview) {
			t.Errorf("%v once more: heard %+v, %v", want, again, err)
		}
	}
}

func heardLooking(t trial) {
	h, err := t.hear(t.Settle, func(ctx context.Context) error {
		if p, ok := t.Balancer.(lb.Previewer); ok {
			if _, err := p.Preview(ctx, lb.Change{Server: "a", To: lb.Out}); err != nil {
				return err
			}
		}
		_, err := t.Balancer.Servers(ctx)
		return err
	})
	if err != nil || len(h) > 0 {
		t.Errorf("looks: heard %+v, %v", h, err)
	}
	h, err = t.hear(t.Settle, func(ctx context.Context) error {
		return t.Balancer.Set(ctx, lb.Change{Server: "a", To: lb.Out}, lb.Change{Server: "nobody", To: lb.Out})
	})
	if err == nil || len(h) > 0 {
		t.Errorf("a change of an unknown server: heard %+v, %v", h, err)
	}
	h, err = t.hear(0, func(ctx context.Context) error {
		return t.Balancer.Set(ctx, lb.Change{Server: "a", To: lb.Out})
	})
	if err == nil || len(h) > 0 {
		t.Errorf("a change that was given up: heard %+v, %v", h, err)
	}
}

func heardProving(t trial) {
	t.set(t.Balancer, lb.Change{Server: "a", To: lb.Out})
	t.becomeOut(t.Balancer, "a")
	want := []string{"a said", "a told"}
	powers := 0
	if p, ok := t.Balancer.(lb.Prover); ok {
		powers++
		h, err := t.hear(t.Settle, func(ctx context.Context) error { return p.Prove(ctx, "a") })
		if err != nil || !slices.Equal(h.about(), want) || !h.answered() {
			t.Errorf("prove: heard %+v, %v", h, err)
		}
	}
	if c, ok := t.Balancer.(lb.Cutter); ok {
		powers++
		h, err := t.hear(t.Settle, func(ctx context.Context) error { return c.Cut(ctx, "a") })
		if err != nil || !slices.Equal(h.about(), want) || !h.answered() {
			t.Errorf("cut: heard %+v, %v", h, err)
		}
	}
	if powers == 0 {
		t.Skip("it is neither a Prover nor a Cutter")
	}
}

func heardWeighing(t trial) {
	w := t.weigher()
	found, err := w.Weights(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var want []lb.Weight
	for i, m := range found {
		if m.Server == "a" || m.Name == t.Stranger {
			m.Weight = 10 + i
			want = append(want, m)
		}
	}
	h, err := t.hear(t.Settle, func(ctx context.Context) error { return w.Weigh(ctx, want...) })
	if err != nil || !slices.Equal(h.about(), []string{"a said", "a told"}) || !h.answered() {
		t.Fatalf("heard %+v, %v", h, err)
	}
	for _, m := range want {
		if !slices.ContainsFunc(h.told(), func(l string) bool { return strings.Contains(l, fmt.Sprint(m.Weight)) }) {
			t.Errorf("the weight %d of %s is not heard: %+v", m.Weight, m.Name, h)
		}
	}
	if p, ok := t.Balancer.(lb.WeighPreviewer); ok && !slices.Equal(h.told(), p.PreviewWeigh(want...)) {
		t.Errorf("it was told %q, the preview is %q", h.told(), p.PreviewWeigh(want...))
	}
}
