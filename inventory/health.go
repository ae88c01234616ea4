package inventory

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"rota/inventory/yaml"
)

// Health is how a server shows that it works; exactly one of None, HTTP, TCP and Run is set.
type Health struct {
	None     bool
	HTTP     string // names unexpanded
	TCP      string // host:port, names unexpanded
	Run      string
	Expect   []StatusRange
	Headers  []Var
	Body     string // must be contained; "" for any
	Insecure bool
	Interval time.Duration
	Passes   int
	Timeout  time.Duration
}

// StatusRange is a range of HTTP statuses, both ends included.
type StatusRange struct{ From, To int }

// String returns the range as it is written: "200" or "2xx".
func (s StatusRange) String() string {
	if s.From == s.To {
		return strconv.Itoa(s.From)
	}
	return fmt.Sprintf("%dxx", s.From/100)
}

// Probe asks from here, through the balancers, as long as a run lasts.
type Probe struct {
	URLs    []string
	Rate    int // requests a second, each
	MaxLost int // more than this holds the run
	Pos     Position
}

func (r *reader) health(n *yaml.Node) {
	h := &r.inv.Health
	*h = Health{Expect: []StatusRange{{200, 200}}, Interval: time.Second, Passes: 2, Timeout: time.Minute}
	if n.Kind == yaml.Scalar {
		if n.Text != "none" {
			r.wrong(n.Pos, "write none, or keys such as http: http://127.0.0.1:8080/healthz", "unknown value %q", n.Text)
		}
		*h = Health{None: true}
		return
	}
	isKeys := r.object(n,
		may("http", set(&h.HTTP, r.named("a URL", likeURL, isURL, everywhere))),
		may("tcp", set(&h.TCP, r.named("an address", likeAddress, isAddress, everywhere))),
		may("run", set(&h.Run, r.text)),
		may("expect", set(&h.Expect, r.statuses)),
		may("headers", set(&h.Headers, r.headers)),
		may("body", set(&h.Body, r.text)),
		may("insecure", set(&h.Insecure, r.yes)),
		may("interval", set(&h.Interval, r.duration)),
		may("passes", set(&h.Passes, r.number(1))),
		may("timeout", set(&h.Timeout, r.duration)),
	)
	if !isKeys {
		return
	}
	if way := r.oneOf(n, "http", "tcp", "run"); way == "tcp" || way == "run" {
		h.Expect = nil
		for _, key := range []string{"expect", "headers", "body", "insecure"} {
			if v := n.Value(key); v != nil {
				r.wrong(v.Under, "remove it", "%q belongs to http, and this is %s", key, way)
			}
		}
	}
}

// statuses reads a status, a list of them, or "2xx".
func (r *reader) statuses(n *yaml.Node) ([]StatusRange, bool) {
	if n.Kind == yaml.List {
		var all []StatusRange
		list(r, &all, "200, [200, 204] or 2xx", r.status)(n)
		return all, len(all) > 0
	}
	one, ok := r.status(n)
	return []StatusRange{one}, ok
}

func (r *reader) status(n *yaml.Node) (StatusRange, bool) {
	s, ok := r.raw(n)
	if !ok {
		return StatusRange{}, false
	}
	first, class := strings.CutSuffix(strings.ToLower(s), "xx")
	code, err := strconv.Atoi(first)
	switch {
	case err == nil && class && code >= 1 && code <= 5:
		return StatusRange{code * 100, code*100 + 99}, true
	case err == nil && !class && code >= 100 && code <= 599:
		return StatusRange{code, code}, true
	}
	r.wrong(n.Pos, "write 200, [200, 204] or 2xx", "%q is not a status", s)
	return StatusRange{}, false
}

func (r *reader) headers(n *yaml.Node) ([]Var, bool) {
	var all []Var
	r.pairs(n, "{Host: shop.example.com}", func(p yaml.Pair) {
		if !plain(p.Key, "!#$%&'*+.^_`|~-") { // RFC 9110, 5.6.2
			r.wrong(p.Pos, `write letters, digits and "-"`, "%q is not a name for a header", p.Key)
			return
		}
		if value, ok := r.form("the value of a header", "write one line", isLine)(p.Value); ok {
			all = append(all, Var{p.Key, value})
		}
	})
	return all, true
}

func (r *reader) probe(n *yaml.Node) {
	p := &Probe{Rate: 10, Pos: n.Under}
	r.object(n,
		must("urls", "[https://shop.example.com/ping]", list(r, &p.URLs, "[https://shop.example.com/ping]", r.probeURL)),
		may("rate", set(&p.Rate, r.rate)),
		may("max_lost", set(&p.MaxLost, r.number(0))),
	)
	r.inv.Probe = p
}

// probeURL reads a URL that is asked for the whole application, so that no name
// of one server's can stand in it.
func (r *reader) probeURL(n *yaml.Node) (string, bool) {
	s, ok := r.named("a URL", likeURL, isURL, everywhere)(n)
	if !ok || r.inv.App == "" {
		return s, ok
	}
	full, err := Expand(s, func(name string) (string, bool) {
		value := map[string]string{"ROTA_APP": r.inv.App, "ROTA_ENV": r.inv.Environment}[name]
		return value, value != ""
	})
	if err != nil {
		r.wrong(n.Pos, "only ${ROTA_APP} and ${ROTA_ENV} can stand here", "%v", err)
		return "", false
	}
	return full, true
}

// rate reads how many requests a second are sent.
func (r *reader) rate(n *yaml.Node) (int, bool) {
	const most = 1000
	rate, ok := r.number(1)(n)
	if ok && rate > most {
		r.wrong(n.Pos, fmt.Sprintf("it must be at most %d", most), "%d is too big", rate)
		return 0, false
	}
	return rate, ok
}
