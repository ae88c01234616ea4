package command

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	lookLimit   = 10 * time.Second // for the state commands, side by side
	changeLimit = time.Minute      // for one kind of change, one after the other
	abreast     = 16               // so many state commands run at a time
)

//go:embed ask.sh
var askScript string

// command is one of the three.
type command struct{ key, text string }

// answer is what came of a command for one server.
type answer struct {
	printed []string // on standard output
	said    []string // on standard error
	status  int
	ended   bool
}

// run runs a command for each of some servers, in one script, and returns their
// answers in the same order, as far as they came.
func (b *Balancer) run(ctx context.Context, c command, members []Member) ([]answer, error) {
	limit := changeLimit
	if c == b.state {
		limit = lookLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out, err := b.runner.Output(ctx, b.script(c, members), nil)
	answers, garbled := parse(out, len(members))
	if err == nil {
		return answers, garbled
	}
	if ctx.Err() == nil {
		return answers, err
	}
	if !errors.Is(err, ctx.Err()) {
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	errs := make([]error, len(members))
	for i, a := range answers {
		if !a.ended {
			errs[i] = err
		}
	}
	return answers, cmp.Or(c.joined(members, errs), err)
}

// script returns what sh is given: state commands run side by side, the others
// one after the other.
func (b *Balancer) script(c command, members []Member) string {
	var s strings.Builder
	s.WriteString(askScript)
	if len(b.unset) > 0 {
		s.WriteString("unset -v " + strings.Join(b.unset, " ") + "\n")
	}
	s.WriteString("text=" + quote(c.text) + "\n")
	for i, m := range members {
		fmt.Fprintf(&s, "(\ni=%d\n%sask\n)", i, m.exports())
		if c == b.state {
			s.WriteString(" &")
		}
		s.WriteString("\n")
		if (i+1)%abreast == 0 {
			s.WriteString("wait\n")
		}
	}
	s.WriteString("wait\nexit 0\n")
	return s.String()
}

// exports is the line that sets a server's variables, if it has any.
func (m Member) exports() string {
	if len(m.Env) == 0 {
		return ""
	}
	words := []string{"export"}
	for _, v := range m.Env {
		name, value, _ := strings.Cut(v, "=")
		words = append(words, name+"="+quote(value))
	}
	return strings.Join(words, " ") + "\n"
}

// parse reads what the script has printed about n servers, see ask.sh.
func parse(out []byte, n int) ([]answer, error) {
	answers := make([]answer, n)
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSuffix(line, "\n")
		at := strings.IndexAny(line, ">!=")
		i, err := strconv.Atoi(line[:max(at, 0)])
		if err != nil || i < 0 || i >= n {
			return answers, fmt.Errorf("an answer that nobody asked for: %q", line)
		}
		a, rest := &answers[i], line[at+1:]
		switch line[at] {
		case '>':
			a.printed = append(a.printed, rest)
		case '!':
			a.said = append(a.said, rest)
		default:
			if a.status, err = strconv.Atoi(rest); err != nil {
				return answers, fmt.Errorf("no exit status: %q", line)
			}
			a.ended = true
		}
	}
	return answers, nil
}

// err is why a command has failed.
func (a answer) err() error {
	switch {
	case !a.ended:
		return errors.New("no answer")
	case a.status == 0:
		return nil
	}
	lines := a.said
	if len(lines) == 0 {
		lines = a.printed
	}
	lines = slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return strings.TrimSpace(l) == "" })
	if len(lines) == 0 {
		return fmt.Errorf("exit status %d", a.status)
	}
	return fmt.Errorf("exit status %d: %s", a.status, strings.Join(lines[max(len(lines)-3, 0):], "; "))
}

// joined tells which servers a command has failed for, once for each reason.
func (c command) joined(members []Member, errs []error) error {
	var all []error
	var told []string
	for _, err := range errs {
		if err == nil || slices.Contains(told, err.Error()) {
			continue
		}
		told = append(told, err.Error())
		var names []string
		for i, other := range errs {
			if other != nil && other.Error() == err.Error() {
				names = append(names, members[i].Server)
			}
		}
		all = append(all, fmt.Errorf("%s of %s: %s: %w", c.key, strings.Join(names, ", "), c, err))
	}
	return errors.Join(all...)
}

// String returns the first line of the command.
func (c command) String() string {
	first, _, more := strings.Cut(strings.TrimSpace(c.text), "\n")
	if more {
		first += " …"
	}
	return first
}

// quote makes one word for sh of s.
func quote(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:,@%+-"
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
