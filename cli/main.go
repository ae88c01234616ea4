// Package cli is the command line: one file a command, flags, wiring and the
// exit status. No rule of the domain lives here.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"

	"rota/demo"
	"rota/internal/terminal"
)

// Exit statuses, by the contract.
const (
	statusDone    = 0
	statusFailed  = 1
	statusUsage   = 2
	statusStopped = 4
	statusLocked  = 5
)

// program is one call of rota: its streams and what its flags say.
type program struct {
	in       *os.File
	out, err io.Writer
	flags    flags
	passing  bool // what is worked on is gone when the program ends: there is nothing to go on with
}

// Main runs the program and returns its exit status.
func Main(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	demo.Main()                    // a process of the demo ends here
	terminal.Main()                // and the one that looks after the terminal
	signal.Ignore(syscall.SIGPIPE) // a reader that leaves (| head) must not kill a run
	p := &program{in: stdin, out: stdout, err: stderr}
	root := p.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := fang.Execute(context.Background(), root,
		fang.WithoutManpage(), fang.WithoutVersion(), fang.WithoutCompletions(),
		fang.WithErrorHandler(func(w io.Writer, _ fang.Styles, err error) { explain(w, err) }))
	return statusOf(err)
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "rota",
		Short: "Deploy to your own servers without losing a request",
		Long: "Rota takes servers out of nginx and HAProxy batch by batch, waits until their\n" +
			"connections have ended, deploys over SSH, sees them healthy, and puts them back.\n" +
			"Without a command it opens the live table.",
		Args:              cobra.NoArgs,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE:              func(cmd *cobra.Command, _ []string) error { return p.table(cmd.Context()) },
	}
	p.flags.everywhere(root.PersistentFlags())
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	root.AddCommand(
		p.statusCommand(), p.planCommand(), p.deployCommand(), p.rollCommand(), p.rehearseCommand(), p.rollbackCommand(), p.switchCommand(),
		p.drainCommand(), p.restoreCommand(), p.resumeCommand(), p.historyCommand(), p.replayCommand(),
		p.lockCommand(), p.unlockCommand(), p.checkCommand(), p.demoCommand(),
		p.versionCommand(), p.eventsTopic(),
	)
	return root
}

// exit is an error that knows its exit status. quiet: everything is said already.
type exit struct {
	status int
	err    error
	quiet  bool
}

func (e *exit) Error() string { return e.err.Error() }
func (e *exit) Unwrap() error { return e.err }

// declinedError says that a person was asked and did not want it.
type declinedError struct{ error }

func usage(err error) error  { return &exit{status: statusUsage, err: err} }
func failed(err error) error { return &exit{status: statusFailed, err: err} }

func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }

func statusOf(err error) int {
	var e *exit
	switch {
	case err == nil:
		return statusDone
	case errors.As(err, &e):
		return e.status
	}
	return statusUsage // cobra's own: an unknown command, a wrong number of arguments
}

// explain prints an error as it is: it begins with FILE:LINE:COLUMN where a
// file is to blame, and hints stand on lines of their own.
func explain(w io.Writer, err error) {
	var e *exit
	if errors.As(err, &e) && e.quiet {
		return
	}
	_, _ = fmt.Fprintln(w, err)
}
