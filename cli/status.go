package cli

import (
	"bytes"
	"context"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"rota/plain"
	"rota/survey"
)

func (p *program) statusCommand() *cobra.Command {
	watch := false
	c := &cobra.Command{
		Use:   "status",
		Short: "Who is in rotation, where, with what version and traffic",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.open(cmd.Context(), p.asker())
			if err != nil {
				return err
			}
			defer s.close()
			if watch {
				return s.watchStatus(cmd.Context())
			}
			return s.status(cmd.Context())
		},
	}
	c.Flags().BoolVar(&watch, "watch", false, "Print it again at each change")
	return c
}

func (s *session) status(ctx context.Context) error {
	mode, err := s.mode()
	if err != nil {
		return err
	}
	s.fleet.Connect(ctx)
	snap := s.site.Look(ctx)
	if mode == "json" {
		return plain.StatusJSON(s.out, snap)
	}
	plain.Status(s.out, snap, s.width(), s.color())
	s.mention(ctx, snap)
	return nil
}

// mention tells about a run that waits for a person.
func (s *session) mention(ctx context.Context, snap survey.Snapshot) {
	if snap.Lock != nil && !s.fleet.Store.Gone(*snap.Lock) {
		return // its holder is at work
	}
	if snap.Lock != nil {
		s.tell("whoever held the lock is gone: resume, rollback, drain and restore take it over")
	}
	seen := facts(snap)
	st, left, err := s.unsettled(ctx, seen)
	if err != nil || len(left) == 0 {
		return
	}
	s.tell("run %s (%s) is not settled: %s; rota resume%s or rota restore SERVER settles it",
		st.Run, st.Plan.Title(), stand(st, left, seen), orBack(st, ", rota rollback"))
}

// watchStatus prints the status at each change of anything but figures and time.
func (s *session) watchStatus(ctx context.Context) error {
	mode, err := s.mode()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	s.fleet.Connect(ctx)
	var last []byte
	s.site.Watch(ctx, 2*time.Second, func(snap survey.Snapshot) {
		for _, sv := range snap.Servers {
			if !sv.Asked {
				return // not everybody has answered yet
			}
		}
		still := snap
		still.At = time.Time{}
		if text := s.printed(mode, still); !bytes.Equal(text, last) {
			last = text
			_, _ = s.out.Write(s.printed(mode, snap))
		}
	})
	return nil
}

// printed is a snapshot as it is printed.
func (s *session) printed(mode string, snap survey.Snapshot) []byte {
	var b bytes.Buffer
	if mode == "json" {
		_ = plain.StatusJSON(&b, snap) // a buffer takes everything
	} else {
		plain.Status(&b, snap, s.width(), s.color())
	}
	return b.Bytes()
}
