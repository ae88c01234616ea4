package rollout

import (
	"fmt"
	"slices"
	"strings"

	"rota/internal/text"
	"rota/inventory"
)

// MaxErrors is how many more errors the new version may make than the old one.
type MaxErrors struct {
	OverOld     int   `json:"over_old"` // per cent of its requests more than the old one
	MinRequests int64 `json:"min_requests"`
}

// Comparison is how the new version does beside the old one, by the counters of
// the balancers.
type Comparison struct {
	New     Figures  `json:"new"`
	Old     Figures  `json:"old"`
	Counted []string `json:"counted,omitempty"` // by these balancers
	Blind   []string `json:"blind,omitempty"`   // these do not count, or could not be asked
	Verdict Verdict  `json:"verdict"`
	Least   int64    `json:"least,omitempty"` // so many requests of the new one are judged
}

// Figures is what balancers counted of the servers of one version.
type Figures struct {
	Version  string `json:"version,omitempty"`
	Requests int64  `json:"requests"`
	Errors   int64  `json:"errors"`  // of those: answers with 5xx, and none at all
	TimeMS   int64  `json:"time_ms"` // until an answer begins; -1: cannot be told
}

// Verdict is what a comparison comes to.
type Verdict string

// The verdicts. Only Worse says that something is wrong, and only NotWorse that
// nothing is.
const (
	NotWorse   Verdict = "not worse"
	Worse      Verdict = "worse"
	TooFew     Verdict = "too few"    // requests to the new version
	NoOld      Verdict = "no old"     // there is nothing to compare with
	Unmeasured Verdict = "unmeasured" // no balancer counts
	Unjudged   Verdict = "unjudged"   // no limit is given
)

// Percent is the share of errors.
func (f Figures) Percent() float64 {
	if f.Requests == 0 {
		return 0
	}
	return float64(f.Errors) * 100 / float64(f.Requests)
}

// Judge returns the comparison with its verdict. max may be nil.
func (c Comparison) Judge(limit *MaxErrors) Comparison {
	switch {
	case len(c.Counted) == 0:
		c.Verdict = Unmeasured
	case limit == nil:
		c.Verdict = Unjudged
	case c.New.Requests < limit.MinRequests:
		c.Verdict, c.Least = TooFew, limit.MinRequests
	case c.Old.Requests == 0:
		c.Verdict = NoOld
	case c.New.Percent()-c.Old.Percent() > float64(limit.OverOld):
		c.Verdict = Worse
	default:
		c.Verdict = NotWorse
	}
	return c
}

// String tells the comparison in a sentence.
func (c Comparison) String() string {
	blind := ""
	if len(c.Blind) == 1 {
		blind = c.Blind[0] + " tells no counts"
	} else if len(c.Blind) > 1 {
		blind = strings.Join(c.Blind, ", ") + " tell no counts"
	}
	if c.Verdict == Unmeasured {
		return strings.TrimSuffix("nothing could be measured here: "+blind, ": ")
	}
	said := []string{
		fmt.Sprintf("new%s: %s requests%s", c.New.name(), text.Number(c.New.Requests), c.New.tail()),
		fmt.Sprintf("old%s: %s%s", c.Old.name(), text.Number(c.Old.Requests), c.Old.tail()),
	}
	switch c.Verdict {
	case TooFew:
		said = append(said, fmt.Sprintf("%s requests, too few to judge (%s)", text.Number(c.New.Requests), text.Number(c.Least)))
	case NoOld:
		said = append(said, "not judged: the old one has no requests to compare with")
	case NotWorse, Worse, Unmeasured, Unjudged:
	}
	if blind != "" {
		said = append(said, blind)
	}
	return strings.Join(said, "; ")
}

// Complaint says what is wrong with the new version.
func (c Comparison) Complaint(limit MaxErrors) string {
	return fmt.Sprintf("more errors than the old version: %.1f%% of %s requests to%s, %.1f%% of %s to%s; max_errors allows %d%% more",
		c.New.Percent(), text.Number(c.New.Requests), or(c.New.name(), " the new one"),
		c.Old.Percent(), text.Number(c.Old.Requests), or(c.Old.name(), " the old one"), limit.OverOld)
}

func (f Figures) name() string {
	if f.Version == "" {
		return ""
	}
	return " " + f.Version
}

func (f Figures) tail() string {
	if f.Requests == 0 {
		return ""
	}
	tail := fmt.Sprintf(", %.1f%% errors", f.Percent())
	if f.TimeMS >= 0 {
		tail += fmt.Sprintf(", %d ms", f.TimeMS)
	}
	return tail
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// FoundWorse reports whether a server has failed by a comparison. That speaks
// against the version, not the server: leaving it out cures nothing.
func (s *State) FoundWorse(server string) bool {
	sv := s.Server(server)
	if sv == nil || sv.Phase != Failed || s.Compared == nil || s.Compared.Verdict != Worse {
		return false
	}
	return sv.Step.rung() > 0 || strings.HasSuffix(string(sv.Step), "/soak")
}

// Compares reports whether new and old are compared while the n-th batch, from
// 1, is watched in rotation.
func (s *State) Compares(n int) bool {
	if s.Plan.Kind != "deploy" || s.Reverse != nil {
		return false
	}
	return s.Plan.Batches[n-1].Ladder != nil || s.Plan.Policy.MaxErrors != nil
}

// Runs is a server and what it runs.
type Runs struct {
	Server  string `json:"server"`
	Version string `json:"version"`
}

// Side tells what a server runs, and whether that is the new version or an old
// one; neither where nobody can tell.
func (s *State) Side(server string) (version string, isNew, isOld bool) {
	sv := s.Server(server)
	if sv == nil {
		i := slices.IndexFunc(s.Plan.Beside, func(r Runs) bool { return r.Server == server })
		if i < 0 {
			return "", false, false
		}
		version = s.Plan.Beside[i].Version
		return version, version == s.Plan.Version, version != s.Plan.Version
	}
	isNew = sv.Version == s.Plan.Version
	return sv.Version, isNew, !isNew && !sv.Touched
}

// beside notes what servers run that the run leaves alone, where new and old
// are compared.
func (m *maker) beside() {
	p := m.plan
	if p.Policy.MaxErrors == nil && !slices.ContainsFunc(p.Batches, func(b Batch) bool { return b.Ladder != nil }) {
		return
	}
	for _, s := range m.inv.Servers {
		if v := m.facts.Versions[s.Name]; v != "" && s.Balanced && p.Target(s.Name) == nil {
			p.Beside = append(p.Beside, Runs{s.Name, v})
		}
	}
}

func newMaxErrors(m *inventory.MaxErrors) *MaxErrors {
	if m == nil {
		return nil
	}
	return &MaxErrors{OverOld: m.OverOld.N, MinRequests: int64(m.MinRequests)}
}
