package rollout

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/inventory"
)

func TestARehearsalGoesOneByOneAndAsksNothing(t *testing.T) {
	const allIn = "b1 in, b2 in, b3 in, g1 in, g2 in, g3 in"
	sick := func(servers ...string) func(*Facts) {
		return func(f *Facts) {
			for _, s := range servers {
				f.Healthy[s] = false
			}
		}
	}
	for _, tt := range []struct {
		name  string
		said  string
		facts func(*Facts)
		r     Rehearsal
		want  []string
		left  string
		err   string
	}{
		{"one by one, whatever the batches are", allIn, nil, Rehearsal{}, []string{
			"out work in soak: b1 ? next", "out work in soak: b2 ? next", "out work in soak: b3 ? next",
		}, "", ""},
		{"in batches where they are asked for", allIn, nil, Rehearsal{Batches: []inventory.Size{{N: 1}, {N: 2}}}, []string{
			"out work in soak: b1 ? next", "out work in soak: b2 b3 ? next",
		}, "", ""},
		{"one in rotation that is not healthy", allIn, sick("b2", "b3"), Rehearsal{}, nil, "", "b2, b3: not healthy now"},
		{
			"one that is out and not healthy is left alone", "b1 in, b2 out, b3 down, g1 in, g2 in, g3 in", sick("b2", "b3"),
			Rehearsal{},
			[]string{"out work in soak: b1 ? next"},
			"b2 out, and not healthy b3 down, and not healthy", "",
		},
		{"one that cannot be reached is not called sick", allIn, func(f *Facts) {
			sick("b1")(f)
			f.Unreachable = map[string]string{"b1": "no route"}
		}, Rehearsal{}, []string{"out work in soak: b1 ? next", "out work in soak: b2 ? next", "out work in soak: b3 ? next"}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := sideFacts(tt.said)
			if tt.facts != nil {
				tt.facts(&f)
			}
			inv := load(t, strings.Replace(sidesYAML, "strategy: blue-green", "batches: [3]\n  min_in_rotation: 1", 1))
			p, err := NewRehearsal(inv, f, Options{Only: []string{"blue"}}, tt.r)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, ways(p)); diff != "" {
				t.Error(diff)
			}
			var left []string
			for _, w := range p.Skipped {
				left = append(left, w.Server+" "+w.Why)
			}
			if got := strings.Join(left, " "); got != tt.left {
				t.Errorf("left alone: %q, want %q", got, tt.left)
			}
			if p.Policy.Confirm != "never" || p.Policy.Soak != 0 {
				t.Errorf("%+v", p.Policy)
			}
			if now, err := Refresh(inv, p); err != nil || now.Digest() != p.Digest() {
				t.Errorf("made again: %v\n%s", err, cmp.Diff(p, now))
			}
			if size := inv.Rollout.Batches[0]; size.N != 3 {
				t.Errorf("the inventory has other batches now: %v", size)
			}
		})
	}
}

func TestAnEstimateAddsTheSlowestOfEachBatch(t *testing.T) {
	all := []Timing{{"a", 1000, 100, 0, 10}, {"b", 3000, 100, 0, 10}, {"c", 1000, 500, 200, 10}}
	for _, tt := range []struct {
		name  string
		sizes []int
		soak  time.Duration
		want  time.Duration
	}{
		{"one by one", []int{1, 1, 1}, 0, 5930 * time.Millisecond},
		{"together", []int{3}, 0, 3710 * time.Millisecond},
		{"with a soak after each batch", []int{2, 1}, 10 * time.Second, 24820 * time.Millisecond},
		{"fewer servers than the batches hold", []int{2, 9}, 0, 4820 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Estimate(all, tt.sizes, tt.soak); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

func TestNeedsAreWhatStepsBecomeAndWrite(t *testing.T) {
	inv := load(t, strings.Replace(sidesYAML, "  steps:\n    - run: activate\n", `
  prepare:
    - {upload: 'dist/app-${ROTA_VERSION}.tgz', to: '/opt/app/${ROTA_VERSION}/'}
    - {run: migrate, once: true, on: b2, sudo: dba}
  steps:
    - {run: activate, sudo: true}
    - {run: again, sudo: true}
    - {upload: conf, to: /etc/app.conf, sudo: true, only: [b1]}
    - {run: plain}
`, 1))
	p := Plan{Targets: []Target{{Server: "b1", From: "1", To: "1"}, {Server: "b2"}}}
	want := []Need{
		{"b1", "", "/opt/app/1"},
		{"b1", "root", ""},
		{"b1", "root", "/etc"},
		{"b1", "", ""},
		{"b2", "", "/opt/app"},
		{"b2", "dba", ""},
		{"b2", "root", ""},
		{"b2", "", ""},
	}
	if diff := cmp.Diff(want, Needs(inv, p)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"conf"}, Uploads(inv)); diff != "" {
		t.Error(diff)
	}
}
