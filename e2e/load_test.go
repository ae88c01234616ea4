package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// load is steady traffic through balancers, and what became of it.
type load struct {
	w        *world
	stop     func()
	reloaded bool    // HAProxy was reloaded meanwhile, not by rota
	spells   []spell // in which somebody else makes requests fail

	mu   sync.Mutex
	sent map[string]int       // by balancer
	late []lateness           // requests that took much longer than they should
	last map[string]time.Time // by "balancer server version": the newest answer
	lost []loss
}

// loss is one request that failed.
type loss struct {
	begun, at time.Time
	balancer  string
	id        string
	failure
}

// spell is a time in which requests through a balancer fail for a reason that
// is not rota's.
type spell struct {
	balancer string // "": all
	from, to time.Time
}

// covers tells whether a request was under way in the spell.
func (s spell) covers(l loss) bool {
	return (s.balancer == "" || s.balancer == l.balancer) && !l.at.Before(s.from) && !l.begun.After(s.to)
}

// lateness is one request that came back late.
type lateness struct {
	at   time.Time
	id   string
	took time.Duration
}

// kind is one sort of client.
type kind struct {
	name   string
	method string
	path   string
	keep   bool
	pause  time.Duration
	many   int
}

func kinds(p pace) []kind {
	return []kind{
		{"get-kept", http.MethodGet, "/", true, p.pause, 4},
		{"post-kept", http.MethodPost, "/", true, p.pause, 2},
		{"get-fresh", http.MethodGet, "/", false, p.pause, 2},
		{"post-fresh", http.MethodPost, "/", false, p.pause, 2},
		{"get-slow", http.MethodGet, "/slow", true, 0, 2},
		{"post-slow", http.MethodPost, "/slow", false, 0, 2},
	}
}

// traffic starts clients of all kinds on the balancers, by name and address.
// They end with the test, or by stop.
func (w *world) traffic(t *testing.T, balancers map[string]string) *load {
	t.Helper()
	l := &load{w: w, sent: map[string]int{}, last: map[string]time.Time{}}
	ended := make(chan struct{})
	var wg sync.WaitGroup
	l.stop = sync.OnceFunc(func() { close(ended); wg.Wait() })
	t.Cleanup(l.stop)
	for name, addr := range balancers {
		for _, k := range kinds(w.pace) {
			for i := range k.many {
				id := fmt.Sprintf("%s-%s-%d", name, k.name, i+1)
				wg.Go(func() { l.ask(name, addr, k, id, ended) })
			}
		}
	}
	return l
}

// ask is the life of one client.
func (l *load) ask(balancer, addr string, k kind, id string, ended <-chan struct{}) {
	c := &client{addr: addr, keep: k.keep}
	defer c.close()
	for n := 1; ; n++ {
		id := fmt.Sprintf("%s-%d", id, n)
		begun := time.Now()
		body, bad := c.send(k.method, k.path, id)
		took := time.Since(begun)
		l.mu.Lock()
		if took > time.Second+l.w.pace.slow {
			l.late = append(l.late, lateness{begun, id, took})
		}
		l.sent[balancer]++
		if bad != nil {
			l.lost = append(l.lost, loss{begun, time.Now(), balancer, id, *bad})
		} else {
			l.last[balancer+" "+body] = time.Now()
		}
		l.mu.Unlock()
		select {
		case <-ended:
			return
		default:
		}
		select {
		case <-ended:
			return
		case <-time.After(rest(k, bad)):
		}
	}
}

// rest is how long a client waits after a request: who was refused at once does
// not ask at once again.
func rest(k kind, bad *failure) time.Duration {
	if bad != nil {
		return max(k.pause, 50*time.Millisecond)
	}
	return k.pause
}

// everywhere waits until every server has answered with a version through
// every balancer, in requests that ended after now.
func (l *load) everywhere(t *testing.T, version string) {
	t.Helper()
	l.from(t, version, l.w.servers)
}

// from waits until each of these servers has answered with a version through
// every balancer, in requests that ended after now.
func (l *load) from(t *testing.T, version string, servers []server) {
	t.Helper()
	since := time.Now()
	var missing []string
	for end := since.Add(15 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		missing = nil
		l.mu.Lock()
		for balancer := range l.sent {
			for _, s := range servers {
				if what := balancer + " " + s.name + " " + version; !l.last[what].After(since) {
					missing = append(missing, what)
				}
			}
		}
		l.mu.Unlock()
		if len(missing) == 0 {
			return
		}
	}
	t.Errorf("no answer of %s", strings.Join(missing, ", "))
}

// settle stops the traffic and sorts what was lost. A kept connection that
// nginx closes in a reload, in the very moment in which a request is sent on
// it, fails that request before any server has seen it: any program that
// reloads nginx does that, and every client sends it again. Such are excused
// and counted apart. With HAProxy there is none, unless somebody reloads that.
// So are those that somebody else has made fail.
func (l *load) settle(t *testing.T) (lost, excused, others []loss) {
	t.Helper()
	l.stop()
	begun := l.w.begun(t)
	for id, n := range begun {
		if n > 1 {
			t.Errorf("request %s was carried out %d times", id, n)
		}
	}
	for _, bad := range l.lost {
		switch {
		case (bad.balancer == "lb2" || l.reloaded) && bad.reused && bad.silent && begun[bad.id] == 0:
			excused = append(excused, bad)
		case slices.ContainsFunc(l.spells, func(s spell) bool { return s.covers(bad) }):
			others = append(others, bad)
		default:
			lost = append(lost, bad)
		}
	}
	return lost, excused, others
}

// intact fails the test if a request was lost, and logs the figures.
func (l *load) intact(t *testing.T) {
	t.Helper()
	lost, excused, _ := l.settle(t)
	for _, name := range slices.Sorted(maps.Keys(l.sent)) {
		t.Logf("%s: %d requests", name, l.sent[name])
	}
	t.Logf("%d requests lost, %d more reset by a reload itself before any server saw them", len(lost), len(excused))
	for _, late := range l.late {
		t.Logf("late: %s sent at %s took %v", late.id, late.at.Format("15:04:05.000"), late.took)
	}
	for _, bad := range lost {
		t.Errorf("lost at %s: %s: %s (reused %v, silent %v)", bad.at.Format("15:04:05.000"), bad.id, bad.text, bad.reused, bad.silent)
	}
}

// begun counts how often each request has reached a server.
func (w *world) begun(t *testing.T) map[string]int {
	t.Helper()
	begun := map[string]int{}
	for _, s := range w.servers {
		for _, r := range s.requests(t) {
			begun[r.id]++
		}
	}
	return begun
}

// request is one that has reached a server.
type request struct {
	id string
	at int64 // in nanoseconds since 1970
}

// requests lists those that the server has begun.
func (s server) requests(t *testing.T) (all []request) {
	t.Helper()
	for line := range strings.Lines(read(t, filepath.Join(s.dir, "requests"))) {
		id, at, _ := strings.Cut(strings.TrimSpace(line), " ")
		ns, _ := strconv.ParseInt(at, 10, 64)
		all = append(all, request{id, ns})
	}
	return all
}
