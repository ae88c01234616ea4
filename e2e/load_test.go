package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// load is steady traffic through balancers, and what became of it.
type load struct {
	w        *world
	stop     func()
	reloaded bool // HAProxy was reloaded meanwhile, not by rota

	mu   sync.Mutex
	sent map[string]int       // by balancer
	late []lateness           // requests that took much longer than they should
	last map[string]time.Time // by "balancer server version": the newest answer
	lost []loss
}

// loss is one request that failed.
type loss struct {
	at       time.Time
	balancer string
	id       string
	failure
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
			l.lost = append(l.lost, loss{time.Now(), balancer, id, *bad})
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
		case <-time.After(k.pause):
		}
	}
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

// failures counts the requests that have failed so far, for whatever reason.
func (l *load) failures() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lost)
}

// settle stops the traffic and sorts what was lost. A kept connection that
// nginx closes in a reload, in the very moment in which a request is sent on
// it, fails that request before any server has seen it: any program that
// reloads nginx does that, and every client sends it again. Such are excused
// and counted apart. With HAProxy there is none, unless somebody reloads that.
func (l *load) settle(t *testing.T) (lost, excused []loss) {
	t.Helper()
	l.stop()
	begun := l.w.begun(t)
	for id, n := range begun {
		if n > 1 {
			t.Errorf("request %s was carried out %d times", id, n)
		}
	}
	for _, bad := range l.lost {
		if (bad.balancer == "lb2" || l.reloaded) && bad.reused && bad.silent && begun[bad.id] == 0 {
			excused = append(excused, bad)
		} else {
			lost = append(lost, bad)
		}
	}
	return lost, excused
}

// intact fails the test if a request was lost, and logs the figures.
func (l *load) intact(t *testing.T) {
	t.Helper()
	lost, excused := l.settle(t)
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
		b, err := os.ReadFile(filepath.Join(s.dir, "requests"))
		if err != nil {
			t.Fatal(err)
		}
		for id := range strings.FieldsSeq(string(b)) {
			begun[id]++
		}
	}
	return begun
}
