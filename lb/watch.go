package lb

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"rota/internal/text"
)

// Named is a balancer with the name that the inventory gives it.
type Named struct {
	Name     string
	Balancer Balancer
}

// Snapshot is what all balancers said at one time.
type Snapshot struct {
	At        time.Time
	Balancers []View
}

// View is what one balancer said.
type View struct {
	Name    string
	Info    Info
	Err     error     // why it could not be asked; Servers is then empty
	At      time.Time // when it was asked: what it said was read then or later
	Servers []Server
}

// patience is how long Watch waits for an answer before it calls the balancer
// out of reach.
const patience = 5 * time.Second

var errNoAnswer = errors.New("no answer yet")

// Look asks all balancers side by side. A balancer that does not answer before
// ctx ends has an Err of its own; texts from outside are made harmless.
func Look(ctx context.Context, balancers []Named) Snapshot {
	views := make([]View, len(balancers))
	var all sync.WaitGroup
	for i, b := range balancers {
		all.Go(func() { views[i] = ask(ctx, b, Info{}) })
	}
	all.Wait()
	return Snapshot{At: time.Now(), Balancers: views}
}

// Watch calls see with a snapshot at once and then every interval, until ctx
// ends. It calls see from one goroutine, its caller's.
//
// No balancer makes the others late: a snapshot waits for half an interval at
// most and then shows what a slow balancer said last (its View tells when), or
// that there is no answer yet. After five seconds without an answer (or an
// interval, if that is longer) the balancer has an Err.
func Watch(ctx context.Context, balancers []Named, interval time.Duration, see func(Snapshot)) {
	type answer struct {
		from int
		view View
	}
	answers := make(chan answer, len(balancers)) // one each at most, so nobody waits to give one
	var asking sync.WaitGroup
	defer asking.Wait()

	views := make([]View, len(balancers))
	for i, b := range balancers {
		views[i] = View{Name: b.Name, Err: errNoAnswer}
	}
	busy := make([]bool, len(balancers))
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	for {
		for i, b := range balancers {
			if busy[i] {
				continue
			}
			busy[i] = true
			info := views[i].Info
			asking.Go(func() {
				ctx, cancel := context.WithTimeout(ctx, max(interval, patience))
				defer cancel()
				answers <- answer{i, ask(ctx, b, info)}
			})
		}
		late := time.After(interval / 2)
		for waiting := true; waiting && slices.Contains(busy, true); {
			select {
			case a := <-answers:
				views[a.from], busy[a.from] = a.view, false
			case <-late:
				waiting = false
			case <-ctx.Done():
				return
			}
		}
		if ctx.Err() != nil { // what failed now failed by our own end
			return
		}
		see(Snapshot{At: time.Now(), Balancers: slices.Clone(views)})
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
	}
}

// ask asks one balancer, and what it is unless that is known.
func ask(ctx context.Context, b Named, known Info) View {
	view := View{Name: b.Name, At: time.Now()}
	servers, err := b.Balancer.Servers(ctx)
	if err != nil {
		view.Err = harmless{err}
		return view
	}
	for _, s := range servers {
		s.Check, s.Note = text.Clean(s.Check), text.Clean(s.Note)
		view.Servers = append(view.Servers, s)
	}
	view.Info = known
	if i, ok := b.Balancer.(Informer); ok && known == (Info{}) {
		if info, err := i.Info(ctx); err == nil { // it only names the balancer: the servers are what counts
			view.Info = Info{Kind: text.Clean(info.Kind), Version: text.Clean(info.Version)}
		}
	}
	return view
}

// harmless is an error whose text may hold words from outside.
type harmless struct{ err error }

func (h harmless) Error() string {
	lines := strings.Split(h.err.Error(), "\n")
	for i, line := range lines {
		lines[i] = text.Clean(line)
	}
	return strings.Join(lines, "\n")
}

func (h harmless) Unwrap() error { return h.err }
