package nginx

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"rota/lb"
)

// outcome reads the output of an edit, and has heard what was run and said in it.
// It is about servers. The edit is to be done again where a file was another.
func (b *Balancer) outcome(ctx context.Context, about []string, out string) (again bool, err error) {
	outcome, said := b.report(ctx, about, out)
	switch outcome {
	case "done":
		return false, nil
	case "changed":
		lb.Said(ctx, about, "(nothing was written: others have changed the file since it was read)")
		return true, nil
	}
	err = b.failure(outcome, said)
	words := err.Error()
	switch outcome { // of these all else is heard already
	case "test":
		words = "refused: nothing was reloaded"
	case "reload":
		words = "no reload: the running configuration is the old one"
	}
	lb.Said(ctx, about, "("+words+")")
	return false, err
}

// report has what was run and answered heard, and returns the outcome and what
// was said of it.
func (b *Balancer) report(ctx context.Context, about []string, out string) (outcome, said string) {
	var answer []string
	for rest := strings.TrimSpace(out); ; {
		line, more, _ := strings.Cut(rest, "\n")
		text, isAnswer := strings.CutPrefix(line, "<")
		switch {
		case isAnswer && text != "":
			answer = append(answer, text)
		case isAnswer:
			lb.Said(ctx, about, strings.Join(answer, "\n"))
			answer = nil
		case line == ">test":
			lb.Told(ctx, about, b.cfg.Test)
		case line == ">reload":
			lb.Told(ctx, about, b.cfg.Reload)
		default:
			return line, more
		}
		rest = more
	}
}

// failure makes an error of an outcome of the script.
func (b *Balancer) failure(outcome, said string) error {
	said = complaint(said)
	switch outcome {
	case "running":
		return fmt.Errorf("nginx: it is not running, or its pid file is another: %s", said)
	case "busy":
		return fmt.Errorf("nginx: another process edits its configuration: the lock on %s is taken", b.cfg.PID)
	case "test":
		return refused(fmt.Errorf("nginx: %s: refused, nothing was reloaded: %s", b.cfg.Test, said), said)
	case "reload":
		return refused(fmt.Errorf("nginx: %s: no reload, the running configuration is the old one: %s", b.cfg.Reload, said), said)
	case "unproved":
		return fmt.Errorf("nginx: %s: not taken within %v, the running configuration is the old one: %s\n"+
			"nginx's error log says why; often another process listens on one of its ports", b.cfg.Reload, b.cfg.Patience, said)
	case "restarted":
		return fmt.Errorf("nginx: %s: restarted nginx instead of reloading it, which cuts requests: %s", b.cfg.Reload, said)
	case "write":
		return refused(fmt.Errorf("nginx: nothing was changed: %s", said), said)
	}
	return fmt.Errorf("nginx: the answer of the machine is cut short: %q", outcome)
}

// refused makes err one of rights, with a hint, where that is what was said.
func refused(err error, said string) error {
	for _, words := range []string{"Permission denied", "Operation not permitted", "Read-only file system"} {
		if strings.Contains(said, words) {
			return fmt.Errorf("%w: %w\nthis user lacks a right: sudo: true, or another user, lets rota", err, fs.ErrPermission)
		}
	}
	return err
}

// complaint cuts what nginx said down to what is wrong.
func complaint(said string) string {
	var keep, all []string
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if line == "" || strings.Contains(line, "[warn]") || strings.Contains(line, "[notice]") {
			continue
		}
		all = append(all, line)
		if !strings.HasPrefix(line, "nginx: configuration file ") && !strings.HasPrefix(line, "nginx: the configuration file ") {
			keep = append(keep, line)
		}
	}
	if len(keep) == 0 {
		keep = all
	}
	return strings.Join(keep, "; ")
}
