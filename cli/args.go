package cli

import (
	"github.com/spf13/cobra"
)

// one wants just one argument, which is a what.
func one(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usagef("%s: one %s is wanted, %d given\n    usage: rota %s", cmd.CommandPath(), what, len(args), cmd.Use)
		}
		return nil
	}
}

// some wants at least one argument, each a what.
func some(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usagef("%s: which %s? none is given\n    usage: rota %s", cmd.CommandPath(), what, cmd.Use)
		}
		return nil
	}
}
