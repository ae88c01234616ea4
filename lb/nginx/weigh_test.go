package nginx_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/internal/servertest"
	"rota/lb"
	"rota/lb/nginx"
)

func (h *house) weigh(b *nginx.Balancer, want ...lb.Weight) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 20*time.Second)
	defer cancel()
	if err := b.Weigh(ctx, want...); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) weights(b *nginx.Balancer) []lb.Weight {
	h.t.Helper()
	weights, err := b.Weights(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return weights
}

// weight is a wish for a server of the upstream "app".
func (h *house) weight(server string, to int) lb.Weight {
	return lb.Weight{Pool: "app", Name: h.apps[server].Addr, Weight: to}
}

// TestOnlyTheWeightsChange gives a ten percent and then what was found, in
// configurations of many shapes.
func TestOnlyTheWeightsChange(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		files   map[string]string
		lines   []string
		edited  []string
		becomes map[string]string // what is replaced in them
	}{
		"no weights at all": {
			lines:   []string{"upstream app { server @a; server @b; server @c down; }"},
			edited:  []string{"nginx.conf"},
			becomes: map[string]string{"@b;": "@b weight=010;", "@c down;": "@c down weight=010;"},
		},
		"a weight of 1 that was written": {
			lines:   []string{"upstream app { server @a weight=1; server @b weight=1; server @c; }"},
			edited:  []string{"nginx.conf"},
			becomes: map[string]string{"@b weight=1;": "@b weight=10;", "@c;": "@c weight=010;"},
		},
		"weights that are great enough, and members that the inventory does not name": {
			lines:   []string{"upstream app { server @a weight=100; server 127.0.0.1:1 weight=50 backup; server @b; server @c; }"},
			edited:  []string{"nginx.conf"},
			becomes: map[string]string{"@a weight=100;": "@a weight=10;"},
		},
		"a file with CRLF, several servers on a line, comments and quotes": {
			files:  map[string]string{"app.conf": "# \xff weight=1\r\nupstream app {\r\n\tserver @a; server \"@b\"; # @a;\r\n\tserver @c 'weight=2' # { \r\n\t;\r\n}\r\n"},
			lines:  []string{"include app.conf;"},
			edited: []string{"app.conf"},
			becomes: map[string]string{
				"\"@b\";": "\"@b\" weight=010;", "'weight=2' #": "'weight=20' #",
			},
		},
		"server lines in two files": {
			files:   map[string]string{"1.inc": "server @a weight=5;\n", "2.inc": "server @b weight=7 max_fails=3;\nserver @c weight=5;"},
			lines:   []string{"upstream app { include *.inc; }"},
			edited:  []string{"1.inc", "2.inc"},
			becomes: map[string]string{"weight=7": "weight=14", "@c weight=5": "@c weight=10", "@a weight=5": "@a weight=1"},
		},
		"two lines of one server": {
			lines:   []string{"upstream app { server @a; server @b; server @c; server @a weight=2; }"},
			edited:  []string{"nginx.conf"},
			becomes: map[string]string{"@b;": "@b weight=010;", "@c;": "@c weight=010;"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, row.files, append([]string{""}, row.lines...)...)
			b := h.balancer()
			found, before := h.weights(b), h.configuration()

			shares := lb.Shares(found, []string{"a"}, 10)
			h.weigh(b, shares...)
			if diff := cmp.Diff(shares, h.weights(h.balancer())); diff != "" {
				t.Error(diff)
			}
			after := h.configuration()
			for name, want := range before {
				for _, edited := range row.edited {
					if name == edited {
						for from, to := range row.becomes {
							want = strings.ReplaceAll(want, h.expand(from), h.expand(to))
						}
					}
				}
				if diff := cmp.Diff(want, after[name]); diff != "" {
					t.Errorf("%s: %s", name, diff)
				}
			}
			if cmp.Equal(before, after) {
				t.Error("nothing has changed")
			}
			h.weigh(b, lb.Shares(found, []string{"a"}, 50)...)
			h.weigh(h.balancer(), found...)
			if diff := cmp.Diff(before, h.configuration()); diff != "" {
				t.Errorf("there and back again is not the same:\n%s", diff)
			}
			if n := strings.Count(h.Log(), "(SIGHUP) received"); n > 3 {
				t.Errorf("%d reloads for three changes", n)
			}
			h.tidy()
		})
	}
}

func TestTrafficFollowsTheWeights(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	b := h.balancer()
	h.weigh(b, lb.Shares(h.weights(b), []string{"a"}, 10)...)
	was := h.apps["a"].Served()
	for range 84 {
		servertest.Get(t, h.Addr, "/")
	}
	// Every worker takes turns of its own.
	if n := h.apps["a"].Served() - was; n < 1 || n > 8 {
		t.Errorf("a got %d of 84 requests, want about 4", n)
	}
}

func TestAWeighThatIsProvedReloadsNothing(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	b := h.balancer()
	for range 2 {
		h.weigh(b, h.weight("a", 3), h.weight("b", 1))
	}
	h.weigh(h.balancer(), h.weight("a", 3), h.weight("c", 0))
	if n := strings.Count(h.Log(), "(SIGHUP) received"); n != 1 {
		t.Errorf("%d reloads, want one", n)
	}
}

// TestAWeightThatWaitsIsAWish is killed between the change and the reload: the
// states are as they were, the weights are not known, and the next Weigh
// proves them.
func TestAWeightThatWaitsIsAWish(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	b := h.balancer()
	h.set(b, out("c"))
	h.become(b, "a in, b in, c out")
	test := h.cfg.Test
	h.cfg.Test = killTheScript
	if err := h.balancer().Weigh(t.Context(), h.weight("a", 5), h.weight("c", 5)); err == nil {
		t.Fatal("a Weigh that was killed went through")
	}
	h.cfg.Test = test
	if text := h.read("upstreams.conf"); !strings.Contains(text, h.expand("@c down weight=05;")) {
		t.Fatalf("the edit was not made: %s", text)
	}
	if got := h.states(b); got != "a in, b in, c out" {
		t.Errorf("the servers are %q", got)
	}
	if _, err := b.Weights(t.Context()); err == nil || !strings.Contains(err.Error(), "no reload is proved") {
		t.Errorf("the weights are told: %v", err)
	}
	h.weigh(h.balancer(), h.weight("a", 5), h.weight("c", 5))
	if got := h.weights(b); got[0].Weight != 5 || got[1].Weight != 1 || got[2].Weight != 5 {
		t.Errorf("%+v", got)
	}
	h.become(b, "a in, b in, c out")
	h.tidy()
}

func TestARefusedWeightPutsTheFileBack(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	before := h.configuration()
	h.cfg.Test = "! grep -q weight " + h.Upstreams
	err := h.balancer().Weigh(t.Context(), h.weight("a", 5))
	if err == nil || !strings.Contains(err.Error(), "the files are as they were") {
		t.Errorf("the error is %v", err)
	}
	h.same(before)
	h.weights(h.balancer())
}

func TestLinesAndWeightsMustAgree(t *testing.T) {
	t.Parallel()
	h := start(t, map[string]string{"servers.inc": "server @a;\nserver @b;\n"},
		"upstream app { include servers.inc; server @c; }", "upstream other { include servers.inc; server @c weight=2; server @c weight=1000; }")
	h.cfg.Upstreams = []string{"app", "Other"}
	h.cfg.Members = append(h.cfg.Members, lb.Member{Server: "a", Pool: "Other", Address: h.apps["a"].Addr})
	b := h.balancer()
	found, before := h.weights(b), h.configuration()
	at := func(pool, server string, to int) lb.Weight {
		return lb.Weight{Pool: pool, Name: h.apps[server].Addr, Weight: to}
	}
	for _, row := range []struct {
		name string
		want []lb.Weight
		fact string
	}{
		{"one line in two upstreams", []lb.Weight{at("app", "a", 2), at("Other", "a", 3)}, "servers.inc:1: the line is in several upstreams and cannot weigh 2 in one and 3 in another"},
		{"fewer weights than lines", []lb.Weight{at("Other", "c", 2)}, "has more lines"},
		{"more weights than lines", []lb.Weight{at("app", "c", 2), at("app", "c", 2)}, "not found"},
	} {
		err := b.Weigh(t.Context(), row.want...)
		if err == nil || !strings.Contains(err.Error(), row.fact) {
			t.Errorf("%s: the error is %v", row.name, err)
		}
	}
	if diff := cmp.Diff(before, h.configuration()); diff != "" {
		t.Error(diff)
	}
	h.weigh(b, at("app", "a", 2), at("OTHER", "a", 2), at("Other", "c", 3), at("Other", "c", 0))
	want := []int{2, 1, 1, 2, 1, 3, 1000}
	for i, w := range h.weights(b) {
		if w.Weight != want[i] {
			t.Errorf("%+v, want the weight %d", w, want[i])
		}
	}
	h.weigh(b, found...)
	if diff := cmp.Diff(before, h.configuration()); diff != "" {
		t.Error(diff)
	}
}

func TestAnotherHandsFileTellsNoWeights(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	h.weights(h.balancer())
	time.Sleep(300 * time.Millisecond) // a file that is as old as the workers counts as read
	text := h.read("upstreams.conf")
	if err := os.WriteFile(h.path("upstreams.conf"), []byte(strings.Replace(text, ";", " weight=9;", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := h.balancer().Weights(t.Context()); err == nil || !strings.Contains(err.Error(), "upstreams.conf:2: whether") {
		t.Errorf("the error is %v", err)
	}
	if err := h.balancer().Weigh(t.Context(), lb.Weight{Pool: "app", Name: "127.0.0.1:1", Weight: 1}); !errors.Is(err, lb.ErrNotFound) {
		t.Errorf("the error is %v", err)
	}
	h.weigh(h.balancer(), h.weight("a", 9))
	h.weights(h.balancer())
}
