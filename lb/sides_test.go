package lb_test

import (
	"errors"
	"strings"
	"testing"

	"rota/lb"
)

func TestLiveFindsTheSideInRotation(t *testing.T) {
	view := func(name, said string) lb.View {
		v := lb.View{Name: name}
		for part := range strings.SplitSeq(said, ", ") {
			server, word, _ := strings.Cut(part, " ")
			var s lb.State
			if err := s.UnmarshalText([]byte(word)); err != nil {
				t.Fatal(err)
			}
			v.Servers = append(v.Servers, lb.Server{Name: server, State: s})
		}
		return v
	}
	blue, green := lb.Side{Name: "blue", Servers: []string{"b1", "b2"}}, lb.Side{Name: "green", Servers: []string{"g1", "g2"}}
	for _, tt := range []struct{ name, lb1, lb2, live, err string }{
		{"one in, one out", "b1 in, b2 in, g1 out, g2 out", "b1 in, b2 in, g1 out, g2 out", "blue", ""},
		{"the other way round", "b1 out, b2 draining, g1 in, g2 in", "b1 out, b2 out, g1 in, g2 in", "green", ""},
		{"a server that is down is still meant to be in", "b1 in, b2 down, g1 out, g2 out", "b1 in, b2 in, g1 out, g2 out", "blue", ""},
		{"one that a balancer does not have counts for nothing", "b1 in, b2 in, g1 out, g2 out", "b1 in, b2 absent, g1 absent, g2 out", "blue", ""},
		{"both", "b1 in, b2 in, g1 in, g2 in", "b1 in, b2 in, g1 in, g2 in", "", "blue and green are both in rotation"},
		{"neither", "b1 out, b2 out, g1 out, g2 out", "b1 out, b2 out, g1 out, g2 out", "", "neither blue nor green"},
		{"one too many, on one balancer", "b1 in, b2 in, g1 out, g2 out", "b1 in, b2 in, g1 out, g2 in", "", "of green in rotation: g2 on lb2"},
		{"the balancers disagree", "b1 in, b2 in, g1 out, g2 out", "b1 out, b2 out, g1 in, g2 in", "", "of blue in rotation: b1 on lb1, b2 on lb1; of green in rotation: g1 on lb2, g2 on lb2"},
		{"one of the idle side is only down", "b1 in, b2 in, g1 out, g2 down", "b1 in, b2 in, g1 out, g2 out", "", "of green in rotation: g2 on lb1"},
		{"its pools disagree", "b1 in, b2 mixed, g1 out, g2 out", "b1 in, b2 in, g1 out, g2 out", "", "of blue out: b2 on lb1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			live, idle, err := lb.Live([]lb.View{view("lb1", tt.lb1), view("lb2", tt.lb2)}, blue, green)
			var mixed *lb.MixedError
			if tt.err != "" {
				if !errors.As(err, &mixed) || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || live != tt.live || idle == live || idle == "" {
				t.Errorf("live %q, idle %q, %v; want %q", live, idle, err, tt.live)
			}
		})
	}
}
