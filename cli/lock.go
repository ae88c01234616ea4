package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"rota/engine"
	"rota/record"
	"rota/tui"
)

func (p *program) lockCommand() *cobra.Command {
	message := ""
	c := &cobra.Command{
		Use:   "lock",
		Short: "Who holds the deploy lock; with --message hold it by hand",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withStore(cmd.Context(), func(ctx context.Context, s *session) error {
				if cmd.Flags().Changed("message") {
					return s.holdLock(ctx, message)
				}
				return s.showLock(ctx)
			})
		},
	}
	c.Flags().StringVarP(&message, "message", "m", "", "Hold the lock by hand, and why")
	return c
}

func (p *program) unlockCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "unlock",
		Short: "Free a lock that is stale, or held by hand",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withStore(cmd.Context(), func(ctx context.Context, s *session) error {
				if err := s.mayAct(); err != nil {
					return err
				}
				freed, err := s.fleet.Store.Free(ctx)
				if err != nil {
					return world(err)
				}
				if freed == nil {
					s.say("nobody holds the lock")
					return nil
				}
				s.say("the lock of %s is freed", freed.Owner)
				return nil
			})
		},
	}
}

func (p *program) withStore(ctx context.Context, do func(context.Context, *session) error) error {
	s, err := p.open(ctx, p.asker())
	if err != nil {
		return err
	}
	defer s.close()
	return do(ctx, s)
}

func (s *session) showLock(ctx context.Context) error {
	held, err := s.fleet.Store.Holder(ctx)
	if err != nil {
		return failed(err)
	}
	if held == nil {
		s.say("nobody holds the lock")
		return nil
	}
	s.say("%v", &record.HeldError{Held: *held})
	return nil
}

func (s *session) holdLock(ctx context.Context, message string) error {
	if err := s.mayAct(); err != nil {
		return err
	}
	s.flags.message = message
	l := s.lock("", job{})
	l.Manual = true
	if _, err := engine.Take(ctx, s.fleet.Store, l, 0); err != nil {
		return world(err)
	}
	s.say("the lock is held: %s", fmt.Sprintf("%q; rota unlock frees it", message))
	return nil
}

// Lock implements tui.Actions.
func (d *desk) Lock(ctx context.Context) (*tui.Lock, error) {
	store := d.session.fleet.Store
	held, err := store.Holder(ctx)
	if held == nil {
		return nil, err
	}
	return &tui.Lock{Held: *held, Gone: store.Gone(*held)}, nil
}

// Unlock implements tui.Actions.
func (d *desk) Unlock(ctx context.Context, shown record.Held) error {
	defer d.lookNow()
	store := d.session.fleet.Store
	held, err := store.Holder(ctx)
	switch {
	case err != nil:
		return err
	case held == nil:
		return nil // somebody else has freed it
	case held.Token != shown.Token:
		return fmt.Errorf("it is another one by now: %w", &record.HeldError{Held: *held})
	}
	_, err = store.Free(ctx)
	return err
}
