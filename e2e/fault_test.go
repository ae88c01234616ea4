package e2e

import (
	"flag"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The flags of the fault harness; the script faults passes them on.
var (
	faultsAll    = flag.Bool("all", false, "every case instead of a sample of them")
	faultsCase   = flag.String("case", "", "only the case with this name, or those whose names hold it")
	faultsSeed   = flag.Uint64("seed", 0, "what draws the sample and the moments; 0: by the clock")
	faultsFor    = flag.Duration("for", 0, "begin no further case after so long")
	faultsTell   = flag.Bool("tell", false, "print a line for each case, and what they add up to")
	faultsSample = flag.Int("sample", 8, "how many cases a sample has")
)

// cell is one case: what is done on which site, what goes wrong, and when.
type cell struct {
	strategy strategy
	site     string
	fault    fault
	boundary boundary
}

func (c cell) String() string {
	return strings.Join([]string{c.strategy.name, c.site, c.fault.name, string(c.boundary)}, "/")
}

// sites are the balancers of each site.
var sites = map[string][]string{"haproxy": {"lb1"}, "nginx": {"lb2"}, "pair": {"lb1", "lb2"}}

// boundary names the first event of its kind: "begin b2/drained", "end
// web1/step1", "web3 is out".
type boundary string

func boundaryOf(e event) boundary {
	switch e.Event {
	case "begin", "end":
		return boundary(e.Event + " " + e.Step)
	case "phase":
		return boundary(e.Server + " is " + e.State)
	case "run", "resumed", "finished":
		return boundary(e.Event)
	}
	return ""
}

// TestFaults stops, kills and cuts each part of a site at the boundaries of the
// steps of every strategy, under load, lets a person go on by what rota says, and
// looks whether the promises were kept. Unless -all is given it does so for a
// sample, which another seed draws each time.
func TestFaults(t *testing.T) {
	heavy(t)
	seed := *faultsSeed
	if seed == 0 {
		seed = uint64(time.Now().Unix())
	}
	random := rand.New(rand.NewPCG(seed, 0))
	sum := &tally{begun: time.Now(), seed: seed}
	t.Cleanup(func() { sum.print(t) })

	if c, ok := named(*faultsCase); ok {
		sum.planned = 1
		t.Run(c.String(), func(t *testing.T) { c.run(t, sum) })
		return
	}
	chosen := strategies()
	random.Shuffle(len(chosen), func(i, k int) { chosen[i], chosen[k] = chosen[k], chosen[i] })
	sampled := !*faultsAll && *faultsFor == 0 && *faultsCase == ""
	if sampled {
		chosen = chosen[:4]
	}
	boundaries := map[string][]boundary{}
	var mu sync.Mutex
	t.Run("without a fault", func(t *testing.T) {
		for i, s := range chosen {
			site := slices.Sorted(maps.Keys(sites))[i%3]
			t.Run(s.name+"/"+site, func(t *testing.T) {
				t.Parallel()
				found := cell{strategy: s, site: site}.run(t, sum)
				mu.Lock()
				defer mu.Unlock()
				boundaries[s.name] = found
			})
		}
	})
	all := slices.DeleteFunc(cells(boundaries), func(c cell) bool { return !strings.Contains(c.String(), *faultsCase) })
	random.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	if sampled {
		all = sample(all, *faultsSample)
	}
	sum.planned = len(all)
	for _, c := range all {
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			if *faultsFor > 0 && time.Since(sum.begun) > *faultsFor {
				t.Skip("the time is over")
			}
			c.run(t, sum)
		})
	}
}

// named finds the case that has this whole name.
func named(name string) (cell, bool) {
	part := strings.SplitN(name, "/", 4)
	if len(part) < 4 || part[3] == "" {
		return cell{}, false
	}
	s := slices.IndexFunc(strategies(), func(s strategy) bool { return s.name == part[0] })
	f := slices.IndexFunc(faults(), func(f fault) bool { return f.name == part[2] })
	if s < 0 || f < 0 || sites[part[1]] == nil {
		return cell{}, false
	}
	return cell{strategies()[s], part[1], faults()[f], boundary(part[3])}, true
}

// cells lists all cases that make sense.
func cells(boundaries map[string][]boundary) (all []cell) {
	for _, s := range strategies() {
		for _, site := range slices.Sorted(maps.Keys(sites)) {
			for _, f := range faults() {
				for _, b := range boundaries[s.name] {
					if c := (cell{s, site, f, b}); f.fits == nil || f.fits(c) {
						all = append(all, c)
					}
				}
			}
		}
	}
	return all
}

// sample picks n of shuffled cases, of as many faults and strategies as it can.
func sample(all []cell, n int) (some []cell) {
	used := map[string]int{}
	for len(some) < n && len(some) < len(all) {
		best := slices.MinFunc(all, func(a, b cell) int {
			return used[a.fault.name]*100 + used[a.strategy.name]*10 + used[a.site] -
				used[b.fault.name]*100 - used[b.strategy.name]*10 - used[b.site]
		})
		some = append(some, best)
		used[best.fault.name]++
		used[best.strategy.name]++
		used[best.site]++
	}
	return some
}

// random is the same for the same case and seed.
func (c cell) random(seed uint64) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(c.String()))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// tally is what all cases add up to.
type tally struct {
	begun   time.Time
	seed    uint64
	planned int

	mu                          sync.Mutex
	cases, struck, failed       int
	settled                     int // cases that ended with every server in its place
	sent, lost, excused, others int
}

// add counts a case.
func (s *tally) add(t *testing.T, c cell, r result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cases++
	s.sent += r.sent
	s.lost += r.lost
	s.excused += r.excused
	s.others += r.others
	word := "ok"
	if t.Failed() {
		s.failed++
		word = "FAILED"
	}
	if r.struck {
		s.struck++
	}
	if r.settled {
		s.settled++
	}
	if *faultsTell {
		fmt.Printf("%-6s %d/%d %5.1fs  %s  (%s; %d requests, %d lost, %d reset by a reload, %d by the fault)\n",
			word, s.cases, s.planned, r.took.Seconds(), c, strings.Join(r.ends, ", "), r.sent, r.lost, r.excused, r.others)
		if t.Failed() {
			fmt.Printf("       %s\n       ./faults -case '%s' -seed %d\n", r.wrong, c, s.seed)
		}
	}
}

func (s *tally) print(t *testing.T) {
	text := fmt.Sprintf("seed %d: %d cases, %d faults injected; %d requests sent, %d lost "+
		"(%d more were reset by a reload itself before any server saw them, %d failed by the fault's own hand); "+
		"%d of %d ended with every server in its place; %d cases failed; %v",
		s.seed, s.cases, s.struck, s.sent, s.lost, s.excused, s.others, s.settled, s.cases, s.failed, time.Since(s.begun).Round(time.Second))
	if *faultsTell {
		fmt.Println(text)
	}
	t.Log(text)
}
