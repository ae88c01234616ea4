package cli

import (
	"runtime/debug"

	"github.com/spf13/cobra"

	"rota/plain"
)

// release is the version of rota, set when a release is linked:
// -ldflags "-X rota/cli.release=1.2.3".
var release string

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "The version of rota",
		Args:  cobra.NoArgs,
		Run:   func(*cobra.Command, []string) { p.say("rota %s", built()) },
	}
}

func built() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// eventsTopic is the help topic that lists the events.
func (p *program) eventsTopic() *cobra.Command {
	c := &cobra.Command{Use: "events", Short: "The events of a run, as the journal and --output json have them"}
	c.SetHelpFunc(func(*cobra.Command, []string) { plain.Events(p.out) })
	return c
}
