package plain

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rota/rollout"
)

func TestARehearsalTellsHowLongItTook(t *testing.T) {
	var out bytes.Buffer
	Summary(&out, rollout.Summary{
		Outcome: rollout.Done, LikelyMS: 64_000,
		Timings: []rollout.Timing{{Server: "web1", DrainMS: 1200, CheckMS: 400, ProveMS: 2000, ReturnMS: 90}, {Server: "web10", DrainMS: 61_000}},
	})
	const want = `         out, drained  healthy  proved  back
  web1   1.2s          0.4s     2.0s    0.1s
  web10  1m1s          0.0s     0.0s    0.0s
a deploy would take about 1m4s beside its steps
`
	_, got, _ := strings.Cut(out.String(), "of which rota: 0.0s\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
