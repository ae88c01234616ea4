package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"rota/internal/text"
	"rota/ssh"
)

// asker is who answers what ssh asks without a screen: the person at the
// terminal, or nobody.
func (p *program) asker() ssh.Asker {
	if !isTerminal(p.in) || !isTerminal(os.Stderr) {
		return nil
	}
	return prompter{p}
}

// prompter asks on the terminal, a line each. The ssh room asks one question at
// a time.
type prompter struct{ p *program }

// Confirm wants the whole word, as ssh does.
func (a prompter) Confirm(ctx context.Context, question string) (bool, error) {
	_, _ = fmt.Fprintf(a.p.err, "%s\nGo on (yes/no)? ", harmless(question))
	line, err := bufio.NewReader(a.p.in).ReadString('\n')
	if err != nil {
		return false, err
	}
	return strings.TrimSpace(line) == "yes", ctx.Err()
}

// Secret reads without showing what is typed.
func (a prompter) Secret(ctx context.Context, prompt string) (string, error) {
	_, _ = fmt.Fprintf(a.p.err, "%s: ", harmless(prompt))
	b, err := term.ReadPassword(int(a.p.in.Fd()))
	_, _ = fmt.Fprintln(a.p.err)
	if err != nil {
		return "", err
	}
	return string(b), ctx.Err()
}

// harmless makes lines from outside harmless: a server may ask in its own words.
func harmless(lines string) string {
	all := strings.Split(lines, "\n")
	for i := range all {
		all[i] = text.Clean(all[i])
	}
	return strings.Join(all, "\n")
}
