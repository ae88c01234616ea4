package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/internal/text"
	"rota/record"
	"rota/rollout"
	"rota/tui/paint"
)

// Lock is who holds the lock, as it was found.
type Lock struct {
	record.Held
	Gone bool // its holder: whatever starts takes it over
}

// lockTold is who holds the lock, for the panel that waits to show it; nil:
// nobody.
type lockTold struct {
	of   *dialog
	lock *Lock
	err  error
}

// unlocked says that a lock was freed, or why not.
type unlocked struct {
	owner string
	err   error
}

func (m *model) notLock() string {
	switch {
	case m.replay != nil:
		return "this is a replay"
	case m.cfg.Actions == nil:
		return "nobody can be asked from this screen"
	}
	return ""
}

// lock asks who holds the lock, and shows it.
func (m *model) lock() tea.Cmd {
	d := newNotice("the lock", []string{"asking who holds it"})
	d.role = paint.Work
	return tea.Batch(m.open(d), m.do(func(ctx context.Context) tea.Msg {
		held, err := m.cfg.Actions.Lock(ctx)
		return lockTold{d, held, err}
	}))
}

func (m *model) showLock(t lockTold) tea.Cmd {
	switch {
	case t.err != nil:
		t.of.role, t.of.facts = paint.Bad, strings.Split(t.err.Error(), "\n")
	case t.lock == nil:
		t.of.facts = []string{"nobody holds it"}
	default:
		m.putLock(t.of, *t.lock)
	}
	return t.of.quiet.begin(m)
}

// putLock puts into a panel who holds the lock, whether its holder lives, and
// what can be done about it.
func (m *model) putLock(d *dialog, l Lock) {
	owner := text.Clean(l.Owner)
	who := "held by " + owner
	if !l.Since.IsZero() {
		who += " since " + l.Since.In(m.now.Location()).Format(time.DateTime)
	}
	if l.Host != "" {
		who += ", on " + text.Clean(l.Host)
	}
	facts := []string{who}
	if what := join(", ", words("for version ", l.Version), words("run ", l.Run), words("", l.Message)); what != "" {
		facts = append(facts, what)
	}
	free := choice{rollout.Choice{Key: "F", Word: "free the lock", Wide: true}, func(m *model) tea.Cmd { return m.unlock(l) }}
	switch {
	case l.Manual:
		facts = append(facts, "by hand: it stays until somebody frees it")
		free.Then = "whatever " + owner + " keeps everybody from can happen then"
	case l.Gone:
		facts = append(facts, "its holder is gone: "+silence(l), "whatever is started takes it over; U goes on with its run")
		free.Then = "nobody holds it then; its run stays as it is"
	default:
		facts = append(facts, fmt.Sprintf("its holder lives: the last heartbeat was %s ago; it counts as gone after %s without one", seconds(l.Beat), short(record.StaleAfter)),
			"nobody frees it before that: wait, or ask "+owner+"; L looks again")
	}
	d.facts, d.name = facts, m.cfg.App
	if (l.Manual || l.Gone) && !m.cfg.ReadOnly {
		d.choices = []choice{free}
	}
}

// silence tells why the holder of a lock is taken for gone.
func silence(l Lock) string {
	if l.Stale() {
		return "no heartbeat for " + seconds(l.Beat)
	}
	return "its process on this machine has ended"
}

// words puts a text from outside behind its name; nothing where there is none.
func words(name, s string) string {
	if s == "" {
		return ""
	}
	return name + text.Clean(s)
}

func (m *model) unlock(l Lock) tea.Cmd {
	m.front = nil
	return m.do(func(ctx context.Context) tea.Msg {
		return unlocked{l.Owner, m.cfg.Actions.Unlock(ctx, l.Held)}
	})
}

func (m *model) freed(u unlocked) tea.Cmd {
	if u.err != nil {
		return m.fail("the lock was not freed", u.err)
	}
	said := "the lock of " + text.Clean(u.owner) + " is freed"
	m.run.log.push(entry{at: m.now, role: paint.Warn, glyph: m.theme.Alert, text: said})
	return m.say(paint.Good, said)
}

// heldUp shows who holds the lock that something did not begin for.
func (m *model) heldUp(title string, err error) (cmd tea.Cmd, ok bool) {
	held, ok := errors.AsType[*record.HeldError](err)
	if !ok {
		return nil, false
	}
	cmd = m.fail(title+": somebody holds the lock", err)
	m.putLock(m.front.(*dialog), Lock{Held: held.Held})
	return cmd, true
}
