package haproxy_test

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"rota/lb"
	"rota/lb/haproxy"
	"rota/lb/lbtest"

	"github.com/google/go-cmp/cmp"
)

// recorder keeps what is written to its connections.
type recorder struct {
	mu    sync.Mutex
	lines []string
}

func (r *recorder) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return &recorded{conn, r}, err
}

type recorded struct {
	net.Conn
	by *recorder
}

func (c *recorded) Write(b []byte) (int, error) {
	c.by.mu.Lock()
	defer c.by.mu.Unlock()
	c.by.lines = append(c.by.lines, strings.TrimSuffix(string(b), "\n"))
	return c.Conn.Write(b)
}

// changed returns the commands that were sent and do not only look.
func (r *recorder) changed() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var commands []string
	for _, line := range r.lines {
		if !strings.HasPrefix(line, "show ") {
			commands = append(commands, strings.Split(line, "; ")...)
		}
	}
	return commands
}

// TestWhatIsHeardIsWhatWentOverTheWire goes the whole way out and back.
func TestWhatIsHeardIsWhatWentOverTheWire(t *testing.T) {
	w := start(t, "abc", backend("app", "server old 127.0.0.1:1 disabled"), backend("ws"))
	var wire recorder
	c := w.config("app", "ws")
	c.Dialer = &wire
	b := haproxy.New(c)
	w.healthy(b)
	var ear lbtest.Ear
	ctx := ear.On(t.Context())
	for _, do := range []func() error{
		func() error { return b.Set(ctx, changes(t, "a draining, b draining")...) },
		func() error { return b.Cut(ctx, "a") },
		func() error { return b.Set(ctx, changes(t, "a out, b out")...) },
		func() error { return b.Prove(ctx, "a") },
		func() error {
			return b.Weigh(ctx, lb.Weight{Pool: "app", Name: "a", Weight: 7}, lb.Weight{Pool: "app", Name: "old", Weight: 9})
		},
		func() error { return b.Set(ctx, changes(t, "a in")...) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	got := ear.Take()
	want := []string{
		"a > set server app/a state drain", "a > set server ws/a state drain",
		"b > set server app/b state drain", "b > set server ws/b state drain",
		"a b < (an empty line: done)",
		"a > shutdown sessions server app/a", "a > shutdown sessions server ws/a",
		"a < (an empty line: done)",
		"a > set server app/a state maint", "a > set server ws/a state maint",
		"b > set server app/b state maint", "b > set server ws/b state maint",
		"a b < (an empty line: done)",
		"a > set server app/a state drain", "a > set server app/a health down",
		"a < (an empty line: done)",
		"a > set server ws/a state drain", "a > set server ws/a health down",
		"a < (an empty line: done)",
		"a > set server app/a weight 7", "> set server app/old weight 9",
		"a < (an empty line: done)",
		"a > set server app/a state ready", "a > set server ws/a state ready",
		"a < (an empty line: done)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var told []string
	for _, line := range got {
		if _, command, ok := strings.Cut(line, "> "); ok {
			told = append(told, command)
		}
	}
	if diff := cmp.Diff(wire.changed(), told); diff != "" {
		t.Errorf("it is not what was sent:\n%s", diff)
	}
}

func TestARefusalIsHeard(t *testing.T) {
	w := start(t, "ab", backend("app"))
	c := w.config("app")
	c.Address = filepath.Join(filepath.Dir(w.Socket), "operator.sock")
	var ear lbtest.Ear
	if err := haproxy.New(c).Set(ear.On(t.Context()), changes(t, "a out")...); err == nil {
		t.Error("an operator changed something")
	}
	got := ear.Take()
	if len(got) != 2 || got[0] != "a > set server app/a state maint" || !strings.HasPrefix(got[1], "a < Permission denied") {
		t.Errorf("heard %q", got)
	}
}

// TestAnAnswerThatIsLostIsHeardOf loses some of the answers to a proof, which is
// told again until it is answered.
func TestAnAnswerThatIsLostIsHeardOf(t *testing.T) {
	w := start(t, "ab", backend("app"))
	var lose atomic.Bool
	c := w.config("app")
	c.Dialer = dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return &deaf{Conn: conn, lose: &lose, err: net.ErrClosed}, err
	})
	b := haproxy.New(c)
	w.healthy(b)
	var ear lbtest.Ear
	lose.Store(true)
	if err := b.Set(ear.On(t.Context()), changes(t, "a out")...); err != nil {
		t.Fatal(err)
	}
	want := []string{"a > set server app/a state maint", "a < (no answer: " + w.Socket + ": use of closed network connection)"}
	if diff := cmp.Diff(want, ear.Take()); diff != "" {
		t.Error(diff)
	}

	c.Dialer = dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return &deaf{Conn: conn, lose: &lose, err: io.EOF}, err
	})
	lose.Store(true)
	if err := haproxy.New(c).Prove(ear.On(t.Context()), "a"); err != nil {
		t.Fatal(err)
	}
	want = []string{
		"a > set server app/a state drain", "a > set server app/a health down",
		"a < (no answer, so it was told 2 times)", "a < (an empty line: done)",
	}
	if got := ear.Take(); !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}
