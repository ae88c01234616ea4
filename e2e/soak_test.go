package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// TestSoak deploys one version after the other for as long as ROTA_SOAK says,
// kills most of the runs in a random moment, and lets one of two people resume
// them. Now and then somebody else reloads nginx meanwhile.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("ROTA_SOAK"))
	if err != nil {
		t.Skip("ROTA_SOAK is the duration of this test")
	}
	heavy(t)
	w := newWorld(t, 6, hard())
	people := []operator{w.operator(t), w.operator(t)}
	load := w.traffic(t, w.balancers())
	load.everywhere(t, oldVersion)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	me := func() operator { return people[random.IntN(len(people))] }
	runs, kills := 0, 0
	for end := time.Now().Add(length); time.Now().Before(end) && !t.Failed(); runs++ {
		version := fmt.Sprintf("2.0.%d", runs)
		c := me().start(t, "deploy", version, "--yes")
		for random.IntN(4) > 0 {
			select {
			case <-c.done:
			case <-time.After(time.Duration(random.IntN(15000)) * time.Millisecond):
				if random.IntN(3) == 0 {
					w.nginx.HUP()
				}
				c.kill()
				kills++
				c = me().start(t, "resume", "--yes")
			}
		}
		<-c.done
		if c.status == 2 { // it was killed before its run had begun, or after it had ended
			c = me().start(t, "deploy", version, "--yes")
		}
		c.ends(t, 0)
		load.everywhere(t, version)
		w.inPlace(t, me(), version)
		if lost := load.failures(); lost > 20 {
			t.Errorf("%d requests have failed", lost)
		}
	}
	t.Logf("%d runs, %d kills", runs, kills)
	load.intact(t)
}
