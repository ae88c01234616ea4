package tui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/vt"

	"rota/lb"
	"rota/record"
	"rota/rollout"
)

// terminal is a screen that runs in a terminal of memory.
type terminal struct {
	*Screen
	t    testing.TB
	vt   *vt.SafeEmulator
	end  context.CancelFunc
	done chan error
}

// carriage gives line feeds the carriage returns that a terminal's driver
// would add.
type carriage struct{ w io.Writer }

func (c carriage) Write(b []byte) (int, error) {
	_, err := c.w.Write(bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")))
	return len(b), err
}

func open(t testing.TB, actions Actions) *terminal {
	t.Helper()
	return openWith(t, func(c Config) *Screen { c.Actions = actions; return New(c) })
}

func openWith(t testing.TB, screen func(Config) *Screen, options ...tea.ProgramOption) *terminal {
	t.Helper()
	const width, height = 100, 30
	x := &terminal{t: t, vt: vt.NewSafeEmulator(width, height), done: make(chan error, 1)}
	keys, replies := io.Pipe()
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(replies, x.vt)
	}()
	var rows []Row
	for _, name := range []string{"web1", "web2"} {
		rows = append(rows, Row{Name: name, Balancers: []string{"lb1"}})
	}
	x.Screen = screen(Config{
		App: "shop", Balancers: []string{"lb1"}, Servers: rows, Color: true, Dark: true,
		Input: keys, Output: carriage{x.vt},
	})
	x.options = []tea.ProgramOption{
		tea.WithWindowSize(width, height), tea.WithColorProfile(colorprofile.TrueColor),
		tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithFPS(120),
	}
	x.options = append(x.options, options...)
	ctx, cancel := context.WithCancel(context.Background())
	x.end = cancel
	go func() { x.done <- x.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		_ = keys.Close()
		_ = x.vt.InputPipe().(io.Closer).Close()
		<-copied
	})
	return x
}

func (x *terminal) screen() string { return plainText(x.vt.Render()) }

// sees waits until a text is to be seen.
func (x *terminal) sees(text string) {
	x.t.Helper()
	x.until("see "+text, func() bool { return strings.Contains(x.screen(), text) })
}

func (x *terminal) until(what string, ok func() bool) {
	x.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			x.t.Fatalf("waited in vain to %s:\n%s", what, x.screen())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// ends waits for the end of the screen and returns its error.
func (x *terminal) ends() error {
	x.t.Helper()
	select {
	case err := <-x.done:
		return err
	case <-time.After(10 * time.Second):
		x.t.Fatalf("the screen does not end:\n%s", x.screen())
		return nil
	}
}

// plan of the two servers in two batches.
func twoServers() rollout.Plan {
	p := rollout.Plan{Kind: "deploy", App: "shop", Version: "2", Strategy: "rolling", Policy: rollout.Policy{Confirm: "batch"}}
	for i, name := range []string{"web1", "web2"} {
		p.Targets = append(p.Targets, rollout.Target{Server: name, Batch: i + 1, From: "1", To: "2", Balancers: []string{"lb1"}})
		p.Batches = append(p.Batches, rollout.Roll(name))
	}
	return p
}

func TestProgram(t *testing.T) {
	t.Parallel()
	x := open(t, &deeds{})
	x.sees("web1")
	x.sees("IDLE")
	x.See(lb.Snapshot{At: time.Now(), Balancers: []lb.View{{
		Name: "lb1", At: time.Now(), Info: lb.Info{Kind: "haproxy", Version: "2.6.12"},
		Servers: []lb.Server{{Name: "web1", State: lb.In, Rate: 7}, {Name: "web2", State: lb.Out}},
	}}})
	x.sees("● in")
	x.sees("○ out")

	plan := twoServers()
	x.Observe(rollout.Event{Seq: 1, Time: time.Now(), Run: "r1", Kind: rollout.RunBegun, Plan: &plan})
	x.Observe(rollout.Event{Seq: 2, Time: time.Now(), Run: "r1", Kind: rollout.Moved, Server: "web1", State: string(rollout.Draining)})
	x.sees("◐ draining")
	x.sees("deploy shop 1 → 2")

	answered := make(chan rollout.Answer, 1)
	go func() {
		a, _ := x.Decide(context.Background(), gateQuestion)
		answered <- a
	}()
	x.sees("C continue")
	x.vt.SendText("C")
	x.sees("y yes")
	x.vt.SendText("y")
	if a := <-answered; a != (rollout.Answer{Choice: rollout.Continue, By: "a person"}) {
		t.Errorf("answered %+v", a)
	}

	x.vt.SendText("?")
	x.sees("moving")
	x.vt.SendText("1")
	x.sees("SERVER")
	x.Observe(rollout.Event{Seq: 3, Time: time.Now(), Run: "r1", Kind: rollout.RunEnded, State: string(rollout.Stopped), Summary: &rollout.Summary{Outcome: rollout.Stopped}})
	x.sees("STOPPED")
	x.vt.SendText("q")
	if err := x.ends(); err != nil {
		t.Error(err)
	}
	if x.vt.IsAltScreen() {
		t.Error("the alternate screen stays on")
	}
}

func TestProgramDeploys(t *testing.T) {
	t.Parallel()
	d := &deeds{begun: make(chan Request, 1)}
	x := open(t, d)
	x.sees("IDLE")
	x.vt.SendText("D")
	x.sees("1.9")
	x.vt.SendText("2\r")
	x.sees("y yes")
	x.vt.SendText("y")
	if r := <-d.begun; r.Do != "deploy" || r.Version != "2" {
		t.Errorf("started %+v", r)
	}
	x.sees("STARTING")
}

func TestWaitersEndWithTheScreen(t *testing.T) {
	t.Parallel()
	x := open(t, nil)
	x.sees("IDLE")
	errs := make(chan error, 3)
	go func() { _, err := x.Decide(context.Background(), gateQuestion); errs <- err }()
	go func() { _, err := x.Confirm(context.Background(), "a key"); errs <- err }()
	go func() { _, err := x.Secret(context.Background(), "a password"); errs <- err }()
	x.sees("WAITING FOR YOU")
	x.end()
	if err := x.ends(); !errors.Is(err, context.Canceled) {
		t.Errorf("the screen ended with %v", err)
	}
	for range 3 {
		if err := <-errs; !errors.Is(err, ErrClosed) {
			t.Errorf("a waiter ended with %v", err)
		}
	}
	if _, err := x.Secret(context.Background(), "after the end"); !errors.Is(err, ErrClosed) {
		t.Errorf("a late waiter ended with %v", err)
	}
}

func TestWaiterEndsWithItsContext(t *testing.T) {
	t.Parallel()
	x := open(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	err := make(chan error, 1)
	go func() { _, e := x.Decide(ctx, gateQuestion); err <- e }()
	x.sees("WAITING FOR YOU")
	cancel()
	if e := <-err; !errors.Is(e, context.Canceled) {
		t.Errorf("ended with %v", e)
	}
	x.sees("IDLE")
}

func TestPanicLeavesTheTerminalClean(t *testing.T) {
	t.Parallel()
	x := open(t, nil)
	x.sees("IDLE")
	x.See(lb.Snapshot{Balancers: []lb.View{{Name: "lb1", At: time.Now(), Err: badError{}}}})
	if err := x.ends(); !errors.Is(err, tea.ErrProgramPanic) {
		t.Errorf("the screen ended with %v", err)
	}
	if x.vt.IsAltScreen() {
		t.Error("the alternate screen stays on")
	}
}

// badError stands for a bug.
type badError struct{}

func (badError) Error() string { panic("a bug") }

// Many events a second must not make anybody wait: neither who tells them nor
// who presses a key.
func TestManyEvents(t *testing.T) {
	t.Parallel()
	x := open(t, nil)
	x.sees("IDLE")
	plan := twoServers()
	x.Observe(rollout.Event{Seq: 1, Time: time.Now(), Run: "r1", Kind: rollout.RunBegun, Plan: &plan})
	slowest := time.Duration(0)
	for i := range 20_000 {
		before := time.Now()
		x.Observe(rollout.Event{Seq: i + 2, Time: before, Run: "r1", Kind: rollout.Output, Server: "web1", Line: "a line"})
		slowest = max(slowest, time.Since(before))
	}
	x.Observe(rollout.Event{Seq: 20_002, Time: time.Now(), Run: "r1", Kind: rollout.Output, Server: "web1", Line: "the last one"})
	if slowest > time.Second {
		t.Errorf("an event waited %v", slowest)
	}
	x.vt.SendText("3")
	x.sees("the last one")
}

// deeds stands for the cli.
type deeds struct{ begun chan Request }

func (d *deeds) Plan(_ context.Context, version string, _ ...string) (rollout.Plan, []string, error) {
	p := twoServers()
	p.Version = version
	return p, nil, nil
}

func (*deeds) Commands(context.Context, rollout.Plan) ([]string, error) { return nil, nil }

func (d *deeds) Versions(context.Context) ([]string, error)    { return []string{"2.0", "1.9"}, nil }
func (d *deeds) Runs(context.Context) ([]rollout.State, error) { return nil, nil }
func (d *deeds) Past(context.Context, string) (Past, error)    { return Past{}, nil }
func (d *deeds) Start(_ context.Context, r Request) error      { d.begun <- r; return nil }
func (d *deeds) Stop(context.Context) error                    { return nil }
func (d *deeds) Hold(context.Context) error                    { return nil }
func (d *deeds) Lock(context.Context) (*Lock, error)           { return nil, nil }
func (d *deeds) Unlock(context.Context, record.Held) error     { return nil }
func (d *deeds) Refresh(context.Context)                       {}
func (d *deeds) Facts(context.Context, string) []string        { return nil }
func (d *deeds) Shell(context.Context, string) (Command, error) {
	return nil, errors.New("there is no ssh here")
}

func (d *deeds) Save(context.Context, string, []string) (string, error) {
	return "", nil
}
