package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"rota/plain"
	"rota/rollout"
	"rota/tui"
)

func (p *program) replayCommand() *cobra.Command {
	speed := 1.0
	c := &cobra.Command{
		Use:   "replay [RUN]",
		Short: "Play a past run on the live table: the newest, RUN, or the journal in a file",
		Long: "Plays a past run on the live table, with the pauses that it had; nothing can act.\n" +
			"RUN is an id that rota history lists, last, or the path of a journal that somebody\n" +
			"sent, which needs no inventory. Without a terminal the events are printed in their time.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !(speed >= 0 && speed <= 1e6) { // also what is no number
				return usagef("--speed %v: 10 is ten times as fast, 0 is at once", speed)
			}
			mode, err := p.mode()
			if err != nil {
				return err
			}
			events, damage, err := p.film(cmd.Context(), strings.Join(args, ""))
			if err != nil {
				return err
			}
			if mode == "tui" {
				if err := p.playScreen(cmd.Context(), events, damage, speed); err != nil {
					return err
				}
				return damage
			}
			p.playLines(cmd.Context(), mode, events, speed)
			return damage
		},
	}
	c.Flags().Float64Var(&speed, "speed", speed, "How many times as fast as it was; 0 is at once")
	return c
}

// film reads the run to play: its events and, where the journal is damaged,
// what is wrong with what follows them.
func (p *program) film(ctx context.Context, run string) (events []rollout.Event, damage, err error) {
	var journal []byte
	if isPath(run) {
		if journal, err = os.ReadFile(run); errors.Is(err, fs.ErrNotExist) {
			return nil, nil, usagef("%s: there is no such file", run)
		} else if err != nil {
			return nil, nil, usage(err)
		}
	} else {
		s, err := p.open(ctx, p.asker())
		if err != nil {
			return nil, nil, err
		}
		defer s.close()
		if run == "" || run == "last" {
			if run, err = s.last(ctx); err != nil {
				return nil, nil, err
			}
		}
		if journal, err = s.journal(ctx, run); err != nil {
			return nil, nil, world(err)
		}
	}
	events, damage = rollout.Playable(journal)
	if damage != nil {
		damage = failed(fmt.Errorf("%s: the journal is damaged, nothing after event %d can be read: %w", run, len(events), damage))
	}
	switch {
	case len(events) > 0:
		return events, damage, nil
	case damage != nil:
		return nil, nil, damage
	}
	return nil, nil, usagef("%s: nothing has happened in it", run)
}

// isPath reports whether a run is named by the file of its journal.
func isPath(run string) bool {
	return strings.ContainsRune(run, filepath.Separator) || strings.HasSuffix(run, journalEnd)
}

// last is the newest run in which anything has happened.
func (s *session) last(ctx context.Context) (string, error) {
	ids, err := s.runs(ctx)
	if err != nil {
		s.tell("not every host could be asked: %v", err)
	}
	for _, id := range ids {
		journal, err := s.journal(ctx, id)
		if err != nil {
			s.tell("%v", err)
			continue
		}
		if bytes.ContainsRune(journal, '\n') { // more than a torn line
			return id, nil
		}
	}
	return "", usagef("no run of %s is known yet", s.inv.Name())
}

// playScreen plays a past run on the screen.
func (p *program) playScreen(ctx context.Context, events []rollout.Event, damage error, speed float64) error {
	screen := tui.NewReplay(p.look(), events, damage, speed)
	ctx, leave := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { signals(ctx, screen) })
	done := p.keepTerminal()
	err := screen.Run(ctx)
	done()
	leave()
	beside.Wait()
	if err != nil {
		return failed(err)
	}
	return nil
}

// playLines prints a past run in text or JSON lines, each in its time.
func (p *program) playLines(ctx context.Context, mode string, events []rollout.Event, speed float64) {
	ctx, end := signal.NotifyContext(ctx, syscall.SIGPIPE) // a reader that leaves ends it: nothing is under way
	defer end()
	play := paced(ctx, events, speed, func(wait time.Duration) {
		p.tell("a wait of %s is shortened", wait.Round(time.Second))
	})
	if mode != "json" {
		plain.Journal(p.out, play, p.color())
		return
	}
	lines := plain.NewJSON(p.out, io.Discard, plain.Policy{})
	for e := range play {
		lines.Observe(e)
	}
	lines.Close()
}

// paced yields events with the pauses between them that they have at a speed,
// until ctx ends. shortened is told of each long wait.
func paced(ctx context.Context, events []rollout.Event, speed float64, shortened func(time.Duration)) iter.Seq[rollout.Event] {
	return func(yield func(rollout.Event) bool) {
		pace := rollout.PaceOf(events)
		said := time.Duration(0)
		for i, e := range events {
			wait := time.Duration(0)
			if speed > 0 {
				wait = pace.Shortened(i, speed)
			}
			if wait > 0 && wait != said {
				shortened(wait)
			}
			said = wait
			select {
			case <-ctx.Done():
				return
			case <-time.After(pace.Pause(i, speed)):
			}
			if !yield(e) {
				return
			}
		}
	}
}
