package cli

import (
	"encoding/json"
	"slices"

	"github.com/spf13/cobra"

	"rota/plain"
	"rota/rollout"
)

func (p *program) historyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "history [RUN]",
		Short: "Past runs, whoever made them; one run's steps, decisions and outputs",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := p.open(cmd.Context(), p.asker())
			if err != nil {
				return err
			}
			defer s.close()
			mode, err := p.mode()
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			if len(args) == 1 {
				events, err := s.events(ctx, args[0])
				if err != nil {
					return world(err)
				}
				if mode == "json" {
					return printJSON(p, events)
				}
				plain.Journal(p.out, slices.Values(events), p.color())
				return nil
			}
			states, err := s.past(ctx)
			if err != nil {
				p.tell("%v", err)
			}
			if mode == "json" {
				return printJSON(p, runsOf(states))
			}
			plain.History(p.out, states)
			return nil
		},
	}
}

// past is one run in the JSON list of history.
type past struct {
	Run      string           `json:"run"`
	Kind     string           `json:"kind"`
	Version  string           `json:"version,omitempty"`
	Job      string           `json:"job,omitempty"`
	Operator string           `json:"operator"`
	Begun    string           `json:"begun"`
	Outcome  string           `json:"outcome,omitempty"`
	Summary  *rollout.Summary `json:"summary,omitempty"`
}

func runsOf(states []rollout.State) []past {
	var list []past
	for _, st := range states {
		list = append(list, past{
			Run: st.Run, Kind: st.Plan.Kind, Version: st.Plan.Version, Job: st.Plan.Job, Operator: st.Operator,
			Begun: st.Begun.Format("2006-01-02T15:04:05Z07:00"), Outcome: string(st.Outcome), Summary: st.Summary,
		})
	}
	return list
}

// printJSON prints each value on a line of its own.
func printJSON[T any](p *program, values []T) error {
	enc := json.NewEncoder(p.out)
	enc.SetEscapeHTML(false)
	for _, v := range values {
		if err := enc.Encode(v); err != nil {
			return failed(err)
		}
	}
	return nil
}
