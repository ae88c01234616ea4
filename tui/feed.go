package tui

import (
	"context"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/lb"
	"rota/rollout"
	"rota/survey"
)

// frame is how long events are gathered before they are shown together.
const frame = 33 * time.Millisecond

// feed is the queue between those who tell and the program that shows. What it
// is told is kept until the program takes it, once a frame; whoever tells never waits.
type feed struct {
	mu     sync.Mutex
	next   news
	kick   chan struct{} // has room for one: something is there
	closed chan struct{}
	once   sync.Once
}

// news is everything that came in since the last frame.
type news struct {
	events    []rollout.Event
	snapshot  *lb.Snapshot
	survey    *survey.Snapshot
	asks      []*ask
	withdrawn []*ask
	signals   []string
	starting  *string
	proposed  *rollout.Plan
	notices   []notice
}

// notice is something that a person should know before anything else.
type notice struct {
	title string
	lines []string
}

// ask is a question that somebody waits for: a question of a run, or a secret.
type ask struct {
	question rollout.Question
	secret   string      // the prompt
	reply    chan string // takes one answer without blocking; closed: none is given
}

func newFeed() *feed {
	return &feed{kick: make(chan struct{}, 1), closed: make(chan struct{})}
}

func (f *feed) add(put func(*news)) {
	f.mu.Lock()
	put(&f.next)
	f.mu.Unlock()
	select {
	case f.kick <- struct{}{}:
	default:
	}
}

func (f *feed) event(e rollout.Event)    { f.add(func(n *news) { n.events = append(n.events, e) }) }
func (f *feed) snapshot(s lb.Snapshot)   { f.add(func(n *news) { n.snapshot = &s }) }
func (f *feed) survey(s survey.Snapshot) { f.add(func(n *news) { n.survey = &s }) }
func (f *feed) ask(a *ask)               { f.add(func(n *news) { n.asks = append(n.asks, a) }) }
func (f *feed) withdraw(a *ask)          { f.add(func(n *news) { n.withdrawn = append(n.withdrawn, a) }) }

func (f *feed) signal(name string)     { f.add(func(n *news) { n.signals = append(n.signals, name) }) }
func (f *feed) starting(what string)   { f.add(func(n *news) { n.starting = &what }) }
func (f *feed) propose(p rollout.Plan) { f.add(func(n *news) { n.proposed = &p }) }
func (f *feed) notice(n notice)        { f.add(func(x *news) { x.notices = append(x.notices, n) }) }
func (f *feed) close()                 { f.once.Do(func() { close(f.closed) }) }

func (f *feed) take() news {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.next
	f.next = news{}
	return n
}

// wait is the one outstanding command: it waits for news, gathers them for a
// frame, and brings them as one message.
func (f *feed) wait(ctx context.Context) tea.Msg {
	select {
	case <-ctx.Done():
		return nil
	case <-f.kick:
	}
	gather := time.NewTimer(frame)
	defer gather.Stop()
	select {
	case <-ctx.Done():
		return nil
	case <-gather.C:
	}
	return f.take()
}
