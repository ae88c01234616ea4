package inventory

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRolloutRefusals(t *testing.T) {
	refused(t, []bad{
		{"words that are mistyped", "", "rollout:\n  strategy: blue_green\n  confirm: always\n  on_drain_timeout: kill\n  on_failure: rolback\n", []string{
			`15:13 unknown value "blue_green" (did you mean "blue-green"?)`,
			`16:12 unknown value "always" (there are "never", "first", "batch" and "server")`,
			`17:21 unknown value "kill" (there are "ask", "continue", "fail", "move" and "cut")`,
			`18:15 unknown value "rolback" (did you mean "rollback"?)`,
		}},
		{"batches that are none", "", "rollout: {batches: [0, 0%, 101%, 1.5, x, -1, 9999999]}\n", []string{
			`14:21 this size must be more than 0 (write a number of servers, such as 2, or a share of them, such as 25%)`,
			`14:24 this size must be more than 0 (write a number of servers, such as 2, or a share of them, such as 25%)`,
			`14:28 "101%" is more than all (write a number of servers, such as 2, or a share of them, such as 25%)`,
			`14:34 "1.5" is not a size (write a number of servers, such as 2, or a share of them, such as 25%)`,
			`14:39 "x" is not a size (write a number of servers, such as 2, or a share of them, such as 25%)`,
			`14:42 "-1" is not a size (write a number of servers, such as 2, or a share of them, such as 25%)`,
			`14:46 "9999999" is too big (write a number of servers, such as 2, or a share of them, such as 25%)`,
		}},
		{"one batch without brackets", "", "rollout: {batches: 25%}\n", []string{`14:20 a single value where a list is needed (write [1, 25%, 50%])`}},
		{"no batch", "", "rollout: {batches: []}\n", []string{`14:20 the list is empty (write [1, 25%, 50%])`}},
		{"failures as a share", "", "rollout: {max_failures: 25%}\n", []string{`14:25 "25%" is not a number (write a whole number, such as 2)`}},
		{"durations that are none", "", "rollout: {drain_timeout: 0s, soak: -1s}\n", []string{
			`14:26 this duration must be more than 0 (write a number and its unit, such as 90s or 2m)`,
			`14:36 a duration cannot be less than 0`,
		}},
		{"three groups", "", "rollout: {blue_green: [a, b, c]}\n", []string{
			`14:24 no group is called "a"`, `14:27 no group is called "b"`, `14:30 no group is called "c"`,
		}},
		{"errors that are counted", "", "rollout: {max_errors: {over_old: 1, min_requests: 0}}\n", []string{
			`14:34 "1" is not a share (write it with a per cent sign, such as 10%)`,
			`14:51 0 is too small (it must be at least 1)`,
		}},
		{"weights that fall", "", "rollout: {canary: {weights: [50%, 10%]}}\n", []string{`14:29 these weights do not climb (write the smallest first)`}},
		{"weights that are numbers", "", "rollout: {warm: {weights: [10], hold: 0s}}\n", []string{
			`14:28 "10" is not a share (write it with a per cent sign, such as 10%)`,
			`14:39 this duration must be more than 0 (write a number and its unit, such as 90s or 2m)`,
		}},
		{"a floor of all", "", "rollout:\n  min_in_rotation: 2\n", []string{`15:20 every server behind "lb1" would have to stay in rotation (2 of 2), so none could be deployed (write less, or leave it out)`}},
		{"a floor of more than all", "", "rollout:\n  min_in_rotation: 3\n", []string{`15:20 every server behind "lb1" would have to stay in rotation (3 of 2), so none could be deployed (write less, or leave it out)`}},
		{"a share that is all when rounded up", "", "rollout:\n  min_in_rotation: 51%\n", []string{`15:20 every server behind "lb1" would have to stay in rotation (2 of 2), so none could be deployed (write less, or leave it out)`}},
		{"one server and no floor said", "  - name: web2\n    address: 10.0.0.2:80\n", "", []string{`6:5 every server behind "lb1" would have to stay in rotation (1 of 1), so none could be deployed (with one server it must be said that none need stay: min_in_rotation: 0)`}},
		{"a floor of a size that is none", "", "rollout: {min_in_rotation: half}\n", []string{`14:28 "half" is not a size (write a number of servers, such as 2, or a share of them, such as 25%)`}},
	})
}

func TestFloorsThatLetSomeServerGoOut(t *testing.T) {
	one := strings.Replace(base, "  - name: web2\n    address: 10.0.0.2:80\n", "", 1)
	for name, text := range map[string]string{
		"half of two":                base + "rollout: {min_in_rotation: 50%}\n",
		"one of two":                 base + "rollout: {min_in_rotation: 1}\n",
		"none of one":                one + "rollout: {min_in_rotation: 0}\n",
		"none of one, as a share":    one + "rollout: {min_in_rotation: 0%}\n",
		"all of two in one batch":    base + "rollout: {batches: [100%]}\n",
		"blue-green has no floor":    strings.NewReplacer("10.0.0.1:80\n", "10.0.0.1:80\n    group: a\n", "10.0.0.2:80\n", "10.0.0.2:80\n    group: b\n").Replace(base) + "rollout: {strategy: blue-green, min_in_rotation: 2}\n",
		"one server in no balancer":  "app: a\nservers: [{name: w, balanced: false}]\ndeploy: {steps: [{run: x}]}\nhealth: none\n",
		"the second batch is larger": base + "rollout: {batches: [1, 100%]}\n",
	} {
		t.Run(name, func(t *testing.T) { load(t, text) })
	}
}

func TestRolloutAsItIsWritten(t *testing.T) {
	text := strings.NewReplacer("10.0.0.1:80\n", "10.0.0.1:80\n    group: a\n", "10.0.0.2:80\n", "10.0.0.2:80\n    group: b\n").Replace(base)
	got := load(t, text+`rollout:
  strategy: blue-green
  confirm: server
  min_in_rotation: 0
  max_failures: 3
  drain_timeout: 1h30m
  on_drain_timeout: move
  soak: 0s
  on_failure: rollback
  max_errors: {over_old: 2%, min_requests: 7}
  canary: {weights: [5%], hold: 2m}
  warm: {}
`).Rollout
	want := Rollout{
		Strategy: "blue-green", BlueGreen: []string{"a", "b"}, Batches: []Size{{100, true}}, Confirm: "server",
		MinInRotation: &Size{}, MaxFailures: 3, DrainTimeout: 90 * time.Minute, OnDrainTimeout: "move", OnFailure: "rollback",
		MaxErrors: &MaxErrors{Size{2, true}, 7},
		Canary:    &Climb{[]Size{{5, true}}, 2 * time.Minute},
		Warm:      &Climb{[]Size{{10, true}, {50, true}}, 5 * time.Second},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestACanaryHasALadderWhereverItIsAskedFor(t *testing.T) {
	want := &Climb{[]Size{{1, true}, {10, true}, {50, true}}, time.Minute}
	if got := load(t, base+"rollout: {strategy: canary}\n").Rollout; !cmp.Equal(want, got.Canary) || got.Warm != nil || got.MaxErrors != nil {
		t.Errorf("%+v", got)
	}
	inv := load(t, base)
	if inv.Rollout.Canary != nil {
		t.Errorf("a rolling deploy has %+v", inv.Rollout.Canary)
	}
	if err := inv.SetStrategy("canary"); err != nil || !cmp.Equal(want, inv.Rollout.Canary) {
		t.Errorf("%+v, %v", inv.Rollout.Canary, err)
	}
}

func TestBatchSizesComeInTurnAndTheLastRepeats(t *testing.T) {
	for name, row := range map[string]struct {
		batches string
		n       int
		want    []int
	}{
		"one at a time":              {"1", 3, []int{1, 1, 1}},
		"the contract's":             {"1,25%,50%", 10, []int{1, 2, 5, 2}},
		"a share rounds down":        {"50%", 5, []int{2, 2, 1}},
		"a share is never nothing":   {"10%", 3, []int{1, 1, 1}},
		"all at once":                {"100%", 4, []int{4}},
		"more than there are":        {"9", 4, []int{4}},
		"more sizes than are needed": {"2,2,2", 3, []int{2, 1}},
		"no server":                  {"1", 0, nil},
	} {
		sizes, err := ParseSizes(row.batches)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Rollout{Batches: sizes}).BatchSizes(row.n); !slices.Equal(got, row.want) {
			t.Errorf("%s: got %v, want %v", name, got, row.want)
		}
	}
	if got := (Rollout{}).BatchSizes(2); !slices.Equal(got, []int{1, 1}) {
		t.Errorf("without sizes: %v", got)
	}
}

func TestLeastIsWhatMustStayInRotation(t *testing.T) {
	for name, row := range map[string]struct {
		floor, batches string
		meant, want    int
	}{
		"a number":                        {"2", "1", 10, 2},
		"a share is rounded up":           {"50%", "1", 5, 3},
		"nothing, as it says so":          {"0", "1", 1, 0},
		"all but one":                     {"", "1", 5, 4},
		"all but the largest batch":       {"", "1,2", 5, 3},
		"all but the largest of shares":   {"", "1,25%,50%", 10, 5},
		"a later batch that never comes":  {"", "1,1,3", 2, 1},
		"never under one by itself":       {"", "100%", 5, 1},
		"never under one of one server":   {"", "1", 1, 1},
		"of the servers meant in a pool":  {"50%", "1", 2, 1},
		"all, though no batch allows for": {"100%", "1", 4, 4},
	} {
		sizes, err := ParseSizes(row.batches)
		if err != nil {
			t.Fatal(err)
		}
		inv := Inventory{Rollout: Rollout{Batches: sizes}}
		if row.floor != "" {
			floor, err := ParseSize(row.floor)
			if err != nil {
				t.Fatal(err)
			}
			inv.Rollout.MinInRotation = &floor
		}
		if got := inv.Least(row.meant); got != row.want {
			t.Errorf("%s: got %d, want %d", name, got, row.want)
		}
	}
}
