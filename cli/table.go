package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"rota/internal/terminal"
	"rota/inventory"
	"rota/lb"
	"rota/rollout"
	"rota/survey"
	"rota/tui"
)

// table opens the live table; without a terminal it is `rota status`.
func (p *program) table(ctx context.Context) error {
	mode, err := p.mode()
	if err != nil {
		return err
	}
	if mode == "tui" {
		return p.onScreen(ctx, nil, nil)
	}
	s, err := p.open(ctx, p.asker())
	if err != nil {
		return err
	}
	defer s.close()
	return s.status(ctx)
}

// onScreen opens the live table, and does a job on it if there is one. extra is
// a line under the header.
func (p *program) onScreen(ctx context.Context, j *job, extra func() string) error {
	inv, err := p.load()
	if err != nil {
		return err
	}
	d := &desk{program: p, news: make(chan struct{}, 1)}
	d.screen = tui.New(d.config(inv, extra))
	if d.session, err = p.openWith(ctx, inv, d); err != nil {
		return err
	}
	defer d.session.close()
	return d.sit(ctx, j)
}

// desk is a person at the screen: what is shown, what was started.
type desk struct {
	*program
	session *session
	screen  *tui.Screen
	working sync.WaitGroup
	news    chan struct{} // a run has ended: look again

	mu     sync.Mutex
	busy   bool
	unread bool // the runs before could not be read
	stop   *stops
	sum    rollout.Summary
	err    error
}

// look is how a screen is drawn here.
func (p *program) look() tui.Config {
	return tui.Config{Color: !p.flags.noColor && os.Getenv("NO_COLOR") == "", ASCII: !utf8Locale(), Dark: true}
}

func (d *desk) config(inv *inventory.Inventory, extra func() string) tui.Config {
	c := d.program.look()
	c.App, c.Environment, c.Protected, c.ReadOnly = inv.App, inv.Environment, inv.Protected, d.flags.readOnly
	c.Actions, c.Extra = d, extra
	if inv.Rollout.Strategy == "blue-green" {
		c.Groups = inv.Rollout.BlueGreen
	}
	for _, j := range inv.Jobs {
		c.Jobs = append(c.Jobs, j.Name)
	}
	for _, b := range inv.Balancers {
		c.Balancers = append(c.Balancers, b.Name)
	}
	for _, s := range inv.Servers {
		row := tui.Row{Name: s.Name, Group: strings.Join(s.Groups, ","), Address: s.Address, Host: s.SSH}
		for _, b := range inv.Balancers {
			if b.Fronts(s.Name) {
				row.Balancers = append(row.Balancers, b.Name)
			}
		}
		c.Servers = append(c.Servers, row)
	}
	return c
}

// utf8Locale reports whether the terminal's locale says UTF-8.
func utf8Locale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := os.Getenv(name); v != "" {
			v = strings.ToUpper(v)
			return strings.Contains(v, "UTF-8") || strings.Contains(v, "UTF8")
		}
	}
	return false
}

// sit shows the screen until the person leaves and everything that was started
// has ended.
func (d *desk) sit(ctx context.Context, j *job) error {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	var beside sync.WaitGroup
	beside.Go(func() { signals(ctx, d.screen) })
	beside.Go(func() { d.look(ctx) })
	if j != nil {
		beside.Go(func() {
			if err := d.begin(ctx, *j, true); err != nil && !d.passing {
				leave() // said when the screen is gone
			}
		})
	} else {
		beside.Go(func() { d.unfinished(ctx) })
	}
	done := d.keepTerminal()
	serr := d.screen.Run(ctx)
	done()
	d.mu.Lock()
	if d.stop != nil && d.busy {
		d.stop.stop()
	}
	d.mu.Unlock()
	d.working.Wait()
	leave()
	beside.Wait()
	if serr != nil && !errors.Is(serr, context.Canceled) {
		return failed(serr)
	}
	return d.outcome()
}

// keepTerminal has the terminal put right also when rota cannot, until done is
// called. Where that cannot be had, the screen is shown all the same.
func (p *program) keepTerminal() (done func()) {
	tty, ok := p.out.(*os.File)
	if !ok {
		return func() {}
	}
	last := "rota has ended without a goodbye. What it had under way stands in its journal:\n" +
		"rota tells what is left to settle, and rota resume goes on with it"
	if p.passing {
		last = "rota has ended without a goodbye"
	}
	done, _ = terminal.Keep(p.in, tty, last)
	return done
}

// unfinished tells about a run that waits to be settled.
func (d *desk) unfinished(ctx context.Context) {
	s := d.session
	s.fleet.Connect(ctx)
	snap := s.site.Look(ctx)
	if snap.Lock != nil && !s.fleet.Store.Gone(*snap.Lock) {
		return // its holder is at work
	}
	seen := facts(snap)
	st, left, err := s.unsettled(ctx, seen)
	d.mu.Lock()
	again := d.unread
	d.unread = err != nil
	d.mu.Unlock()
	switch {
	case ctx.Err() != nil:
	case err != nil:
		d.screen.Tell("the runs before could not be read", strings.Split(err.Error(), "\n")...)
	case len(left) > 0:
		d.screen.Tell("run "+st.Run+" is not settled",
			fmt.Sprintf("%s by %s", st.Plan.Title(), st.Operator),
			stand(st, left, seen),
			byKeys(st))
	case snap.Lock != nil && snap.Lock.Run == st.Run && st.Resumable():
		d.screen.Tell("run "+st.Run+" was interrupted",
			fmt.Sprintf("%s by %s", st.Plan.Title(), st.Operator),
			"whoever held its lock is gone; no server is left out of rotation",
			"U goes on with it"+orBack(st, ", R takes it back"))
	case again:
		d.screen.Tell("")
	}
}

// outcome is the exit status of the last run, if there was one.
func (d *desk) outcome() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sum.Outcome == "" {
		return d.err
	}
	return d.conclude(d.sum, d.err)
}

// signals passes signals on to the screen.
func signals(ctx context.Context, screen *tui.Screen) {
	c := make(chan os.Signal, 4)
	signal.Notify(c, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(c)
	for {
		select {
		case <-ctx.Done():
			return
		case sig := <-c:
			screen.Signal(name(sig))
		}
	}
}

func name(sig os.Signal) string {
	switch sig {
	case syscall.SIGINT:
		return "SIGINT"
	case syscall.SIGHUP:
		return "SIGHUP"
	}
	return "SIGTERM"
}

const (
	lookEvery   = time.Second
	surveyEvery = 10 * time.Second
)

// look keeps the screen told: what the balancers say every second, what the
// servers say now and then. While a run is under way its events tell the rest.
func (d *desk) look(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { lb.Watch(ctx, d.session.fleet.Balancers, lookEvery, d.screen.See) })
	d.session.fleet.Connect(ctx)
	for ctx.Err() == nil {
		round, cancel := context.WithCancel(ctx)
		wg.Go(func() {
			select {
			case <-d.news: // somebody wants to see it now
				cancel()
			case <-round.Done():
			}
		})
		d.session.site.Watch(round, surveyEvery, func(snap survey.Snapshot) { d.screen.Survey(snap) })
		cancel()
	}
	wg.Wait()
}
