package e2e

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// lookout asks the balancers themselves, all the time and by a way of its own,
// whom they have out of rotation by somebody's hand: not those that are down.
type lookout struct {
	mu    sync.Mutex
	sight map[string][]sight // by balancer, the changes
}

// sight is what a balancer said from a moment on.
type sight struct {
	at  time.Time
	out []string
}

const lookEvery = 50 * time.Millisecond

// lookout begins to look, until the test ends.
func (w *world) lookout(t *testing.T) *lookout {
	t.Helper()
	l := &lookout{sight: map[string][]sight{}}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for b := range w.balancers() {
		wg.Go(func() {
			for ctx.Err() == nil {
				l.see(ctx, w, b)
				time.Sleep(lookEvery)
			}
		})
	}
	t.Cleanup(func() { cancel(); wg.Wait() })
	return l
}

func (l *lookout) see(ctx context.Context, w *world, balancer string) {
	at := time.Now()
	says, err := w.says(ctx, balancer)
	if err != nil || len(says) != len(w.servers) {
		return // it is dead, or in the middle of something
	}
	var out []string
	for name, word := range says {
		if strings.HasPrefix(word, "MAINT") || strings.HasPrefix(word, "DRAIN") || word == "down" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.sight[balancer]
	if len(all) == 0 || !slices.Equal(all[len(all)-1].out, out) {
		l.sight[balancer] = append(all, sight{at, out})
	}
}

// outs are the servers that a balancer has out now.
func (l *lookout) outs(balancer string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.sight[balancer]
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1].out
}

// outAgain is the moment from which a balancer had servers out again that
// somebody had put back, or now. Some time passes until it is seen that they are
// back at all.
func (l *lookout) outAgain(balancer string, from time.Time, servers []string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, s := range l.sight[balancer] {
		back := i > 0 && len(missing(l.sight[balancer][i-1].out, servers)) > 0
		if s.at.After(from) && back && len(missing(s.out, servers)) == 0 {
			return s.at.Add(lookEvery)
		}
	}
	return time.Now()
}

// missing lists those of servers that are not in out.
func missing(out, servers []string) []string {
	return slices.DeleteFunc(slices.Clone(servers), func(s string) bool { return slices.Contains(out, s) })
}

// low fails the test for each time in which a balancer had too few servers left.
// One whose application is dead carries nothing: to take it out costs nothing.
func (l *lookout) low(t *testing.T, w *world, dead []string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range slices.Sorted(maps.Keys(l.sight)) {
		for _, s := range l.sight[b] {
			if len(w.servers)-len(missing(dead, s.out)) < least {
				t.Errorf("%s had %s out at %s: fewer than %d were left", b, strings.Join(s.out, ", "), s.at.Format("15:04:05.000"), least)
			}
		}
	}
}

// String tells all that was seen.
func (l *lookout) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(l.sight)) {
		for _, s := range l.sight[name] {
			b.WriteString(s.at.Format("15:04:05.000 ") + name + " has out: " + strings.Join(s.out, ", ") + "\n")
		}
	}
	return b.String()
}
