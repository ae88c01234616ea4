package plain

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"
	"github.com/google/go-cmp/cmp"

	"rota/internal/text"
	"rota/rollout"
)

func TestPlan(t *testing.T) {
	back := shopPlan()
	back.Kind, back.Version, back.Source, back.Prepare, back.Finish = "rollback", "", "20260101-090000", nil, nil
	by := func(kind string) rollout.Plan {
		return rollout.Plan{
			Kind: kind, App: "shop", Batches: []rollout.Batch{rollout.Roll("web1")},
			Targets: []rollout.Target{{Server: "web1", Batch: 1, From: "1.0.1", Balancers: []string{"lb1"}}},
			Health:  "none",
		}
	}
	tests := []struct {
		name  string
		plan  rollout.Plan
		width int
	}{
		{"across", shopPlan(), 0},
		{"too_wide_for_80", shopPlan(), 80},
		{"rollback", back, 100},
		{"drain", by("drain"), 80},
		{"restore", by("restore"), 80},
		{"nothing_to_do", rollout.Plan{Kind: "deploy", App: "shop", Version: "1.0.2", Skipped: shopPlan().Skipped}, 80},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			Plan(&out, tt.plan, tt.width)
			golden.RequireEqual(t, out.Bytes())
		})
	}
}

func TestAPlanTellsWhatIsDoneAroundIt(t *testing.T) {
	p := shopPlan()
	p.Hooks = rollout.Hooks{Before: `./ci "$ROTA_VERSION"`, AfterBatch: "./smoke\n./more"}
	p.Around = []rollout.Around{{Balancer: "lb2", After: "puppet agent --enable", Sudo: "root"}}
	var out bytes.Buffer
	Plan(&out, p, 0)
	const want = `
around it:
  hooks.before: ./ci "$ROTA_VERSION"
  hooks.after-batch: ./smoke … (2 lines)
  lb2: after: puppet agent --enable (as root)
`
	if !strings.Contains(out.String(), want) {
		t.Errorf("said:\n%s", out.String())
	}
}

func TestATableIsNeverWiderThanItIsAllowedToBe(t *testing.T) {
	for width := 40; width <= 100; width++ {
		var out bytes.Buffer
		Plan(&out, shopPlan(), width)
		head, rest, _ := strings.Cut(out.String(), "\n\nfloor")
		table := strings.Contains(head, "web1  web2")
		for line := range strings.Lines(head) {
			if w := text.Width(strings.TrimSpace(line)); table && w > width && !strings.HasPrefix(line, "deploy ") {
				t.Errorf("at %d: %d: %s", width, w, line)
			}
		}
		if rest == "" {
			t.Errorf("at %d: no notes", width)
		}
	}
}

func TestServersShareTheirStepsInOrder(t *testing.T) {
	tests := []struct {
		name  string
		steps []string // a server each, a letter a step
		want  []string
	}{
		{"the same for all", []string{"ab", "ab"}, []string{"a xx", "b xx"}},
		{"one has a step before", []string{"b", "ab"}, []string{"a -x", "b xx"}},
		{"one has a step between", []string{"ac", "abc"}, []string{"a xx", "b -x", "c xx"}},
		{"one has a step after", []string{"a", "ab"}, []string{"a xx", "b -x"}},
		{"nothing in common", []string{"a", "b"}, []string{"b -x", "a x-"}},
		{"the same step twice", []string{"aa", "a"}, []string{"a xx", "a x-"}},
		{"a server without steps", []string{"", "a"}, []string{"a -x"}},
		{"another order", []string{"ab", "ba"}, []string{"a x-", "b xx", "a -x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p rollout.Plan
			for _, letters := range tt.steps {
				var target rollout.Target
				for l := range strings.SplitSeq(letters, "") {
					target.Steps = append(target.Steps, rollout.Action{Run: l})
				}
				p.Targets = append(p.Targets, target)
			}
			var got []string
			for _, r := range steps(p) {
				got = append(got, r.words+" "+strings.Join(r.cells, ""))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPlanJSONIsThePlanAndItsDigest(t *testing.T) {
	var out bytes.Buffer
	if err := PlanJSON(&out, shopPlan()); err != nil {
		t.Fatal(err)
	}
	var got struct {
		rollout.Plan
		Digest string `json:"digest"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shopPlan(), got.Plan); diff != "" {
		t.Error(diff)
	}
	if got.Digest != shopPlan().Digest() {
		t.Errorf("the digest is %q", got.Digest)
	}
}

func TestCommandsAreExact(t *testing.T) {
	var out bytes.Buffer
	Commands(&out,
		Section{"batch 1: lb1", []string{"set server shop_web/web1 state maint"}},
		Section{"batch 1: lb2", []string{"-\tserver 10.0.0.11:8080;", "+\tserver 10.0.0.11:8080 down;", "hostile\x1b[2J"}})
	const want = `# batch 1: lb1
set server shop_web/web1 state maint

# batch 1: lb2
-	server 10.0.0.11:8080;
+	server 10.0.0.11:8080 down;
hostile
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
