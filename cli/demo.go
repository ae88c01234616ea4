package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"rota/demo"
)

func (p *program) demoCommand() *cobra.Command {
	var o demo.Options
	var strategy string
	c := &cobra.Command{
		Use:   "demo",
		Short: "The whole thing on this machine, with nothing to install",
		Long: "Starts six servers with SSH and an application, a load balancer in front, and steady\n" +
			"traffic, all on this machine, and opens a deploy of " + demo.Next + " over " + demo.Running + ".",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := choose("--strategy", strategy, &o.Strategy, "rolling", "blue-green", "canary"); err != nil {
				return err
			}
			return p.demo(cmd.Context(), o)
		},
	}
	c.Flags().StringVar(&o.Balancer, "balancer", "", "Use the real one, where it is installed: haproxy or nginx")
	c.Flags().StringVar(&strategy, "strategy", "", "How to go through the servers: rolling, blue-green or canary")
	c.Flags().BoolVar(&p.flags.yes, "yes", false, "Answer every confirmation with yes")
	return c
}

// demo starts the site, deploys on it, and fails if one request was lost.
func (p *program) demo(ctx context.Context, o demo.Options) error {
	mode, err := p.mode()
	if err != nil {
		return err
	}
	site, err := demo.Start(ctx, o)
	if err != nil {
		return failed(err)
	}
	defer site.Stop()
	p.flags.inventory, p.passing = site.Inventory(), true
	began := time.Now()
	j := p.deploy(demo.Next)
	if mode == "tui" {
		err = p.onScreen(ctx, &j, func() string { return traffic(site.Traffic()) })
	} else {
		err = p.inLines(ctx, mode, j)
	}
	t := site.Traffic()
	p.tell("%s", traffic(t))
	p.again(began)
	if t.Failed > 0 {
		for _, f := range t.Failures {
			p.tell("%s %s", f.At.Format("15:04:05.000"), f.Text)
		}
		err = errors.Join(err, failed(fmt.Errorf("%d requests were lost", t.Failed)))
	}
	return err
}

// again tells how the last run since then is played again: its journal outlives
// the demo.
func (p *program) again(since time.Time) {
	inv, err := p.load()
	if err != nil {
		return
	}
	s := session{program: p, inv: inv}
	journals, _ := filepath.Glob(filepath.Join(s.journalFolder(), "*"+journalEnd)) // in the order of time
	if n := len(journals); n > 0 {
		if info, err := os.Stat(journals[n-1]); err == nil && info.ModTime().After(since) {
			p.tell("rota replay %s plays it again", journals[n-1])
		}
	}
}

// traffic tells what the demo's clients have seen.
func traffic(t demo.Traffic) string {
	return fmt.Sprintf("traffic: %d requests, %d failed, %d a second", t.Sent, t.Failed, t.Rate)
}
