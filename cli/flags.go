package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"rota/inventory"
)

// flags is what the command line says.
type flags struct {
	inventory string
	output    string
	noColor   bool
	readOnly  bool

	only, exclude   []string
	outdated, force bool
	noSwitch        bool
	strategy        string
	batches         string
	confirm         string
	yes             bool
	onFailure       string
	soak            time.Duration
	lockWait        time.Duration
	message         string
	minInRotation   string
	withoutBalancer []string
	app             string
	changed         bool
	set             *pflag.FlagSet
}

func (f *flags) everywhere(fs *pflag.FlagSet) {
	file := os.Getenv("ROTA_INVENTORY")
	if file == "" {
		file = "inventory.yaml"
	}
	fs.StringVarP(&f.inventory, "inventory", "i", file, "Inventory file ($ROTA_INVENTORY)")
	fs.StringVar(&f.output, "output", "", "One of tui, plain, json, and for plan sh; by default tui on a terminal, else plain")
	fs.BoolVar(&f.noColor, "no-color", false, "No colours ($NO_COLOR)")
	fs.BoolVar(&f.readOnly, "read-only", false, "Nothing that acts is possible")
}

// acts are the flags of everything that acts.
func (f *flags) acts(fs *pflag.FlagSet) {
	fs.BoolVar(&f.yes, "yes", false, "Answer every confirmation with yes; failures still follow on_failure")
	fs.DurationVar(&f.lockWait, "lock-wait", 0, "Wait this long for whoever holds the lock")
	fs.StringVarP(&f.message, "message", "m", "", "Shown to whoever meets the lock")
	fs.StringVar(&f.app, "app", "", "Name of the app: confirms --yes for a protected one")
	fs.StringSliceVar(&f.withoutBalancer, "without-balancer", nil, "For bad days: leave out a dead balancer; nobody may be sent through it")
}

// rolls are the flags of everything that brings versions onto servers in batches.
func (f *flags) rolls(fs *pflag.FlagSet) {
	f.goes(fs)
	fs.BoolVar(&f.force, "force", false, "Also servers that run the version, healthy and in rotation")
}

// goes are the flags of everything that goes through servers in batches.
func (f *flags) goes(fs *pflag.FlagSet) {
	f.acts(fs)
	f.policies(fs)
	fs.StringSliceVar(&f.only, "only", nil, "Only these servers, groups or globs")
	fs.StringSliceVar(&f.exclude, "exclude", nil, "Not these servers, groups or globs")
	fs.StringVar(&f.batches, "batches", "", "Batch sizes in turn, such as 1,25%")
}

// policies are the flags that say when a run asks, and how careful it is.
func (f *flags) policies(fs *pflag.FlagSet) {
	f.set = fs
	fs.StringVar(&f.confirm, "confirm", "", "When to ask: never, first, batch or server")
	fs.StringVar(&f.onFailure, "on-failure", "", "What a failure does: ask, pause, rollback or abort")
	fs.DurationVar(&f.soak, "soak", 0, "How long a batch is watched in rotation")
	fs.StringVar(&f.minInRotation, "min-in-rotation", "", "For bad days: how few servers may stay in rotation")
}

// override puts what the flags say in the place of what the inventory says.
func (f *flags) override(inv *inventory.Inventory) error {
	r := &inv.Rollout
	if err := choose("--strategy", f.strategy, &r.Strategy, "rolling", "blue-green", "canary"); err != nil {
		return err
	}
	if f.strategy != "" {
		if err := inv.SetStrategy(f.strategy); err != nil {
			return usagef("--strategy %s: %w\n    name them in the inventory: rollout: {blue_green: [blue, green]}", f.strategy, err)
		}
	}
	if f.batches != "" {
		sizes, err := inventory.ParseSizes(f.batches)
		if err != nil {
			return usagef("--batches %q: %w", f.batches, err)
		}
		inv.SetBatches(sizes)
	}
	if f.minInRotation != "" {
		size, err := inventory.ParseSize(f.minInRotation)
		if err != nil {
			return usagef("--min-in-rotation %q: %w", f.minInRotation, err)
		}
		r.MinInRotation = &size
	}
	if err := choose("--confirm", f.confirm, &r.Confirm, "never", "first", "batch", "server"); err != nil {
		return err
	}
	if err := choose("--on-failure", f.onFailure, &r.OnFailure, "ask", "pause", "rollback", "abort"); err != nil {
		return err
	}
	if f.set != nil && f.set.Changed("soak") {
		if f.soak < 0 {
			return usagef("--soak %s: a duration is not negative", f.soak)
		}
		r.Soak = f.soak
	}
	return nil
}

func choose(flag, value string, to *string, words ...string) error {
	if value == "" {
		return nil
	}
	if !slices.Contains(words, value) {
		return usagef("%s %q: it is one of %s", flag, value, strings.Join(words, ", "))
	}
	*to = value
	return nil
}

// mode is how rota talks: "tui", "plain" or "json".
func (p *program) mode() (string, error) {
	switch p.flags.output {
	case "tui":
		if !p.terminal() {
			return "", usagef("--output tui needs a terminal")
		}
		return "tui", nil
	case "plain", "json":
		return p.flags.output, nil
	case "":
		if p.terminal() {
			return "tui", nil
		}
		return "plain", nil
	}
	if p.flags.output == "sh" {
		return "", usagef("--output sh: sh is for plan\n    rota plan VERSION --output sh prints the run as a script")
	}
	return "", usagef("--output %q: it is one of tui, plain, json", p.flags.output)
}

// terminal reports whether a person sits at both ends and can see a screen.
func (p *program) terminal() bool {
	t := os.Getenv("TERM")
	return t != "" && t != "dumb" && isTerminal(p.in) && isTerminal(p.out)
}

func isTerminal(f any) bool {
	file, ok := f.(*os.File)
	return ok && file != nil && term.IsTerminal(int(file.Fd()))
}

// color reports whether text may have colours.
func (p *program) color() bool {
	return !p.flags.noColor && os.Getenv("NO_COLOR") == "" && isTerminal(p.out)
}

// width is the width of the terminal in cells, 100 where there is none.
func (p *program) width() int {
	if file, ok := p.out.(*os.File); ok {
		if w, _, err := term.GetSize(int(file.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return 100
}

// acts refuses what acts when only looking is allowed.
func (p *program) mayAct() error {
	if p.flags.readOnly {
		return usage(fmt.Errorf("--read-only: nothing that acts is possible"))
	}
	return nil
}
