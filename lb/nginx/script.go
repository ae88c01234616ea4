package nginx

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// The scripts are files of their own, so that shells and people can check them.
var (
	//go:embed script/prelude.sh
	preludeScript string
	//go:embed script/look.sh
	lookScript string
	//go:embed script/read.sh
	readScript string
	//go:embed script/apply.sh
	applyScript string
	//go:embed script/check.sh
	checkScript string
)

// variable is a shell variable that a script needs.
type variable struct{ name, value string }

// run runs a script on the machine, with variables set before it.
func (b *Balancer) run(ctx context.Context, limit time.Duration, script string, stdin []byte, vars ...variable) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var s strings.Builder
	for _, v := range append(vars, variable{"pid", b.cfg.PID}) {
		fmt.Fprintf(&s, "%s=%s\n", v.name, quote(v.value))
	}
	s.WriteString(preludeScript)
	s.WriteString(script)
	out, err := b.cfg.Machine.Output(ctx, s.String(), stdin)
	if err != nil {
		if ctx.Err() != nil {
			err = errors.Join(ctx.Err(), err)
		}
		return nil, fmt.Errorf("nginx: %w", err)
	}
	return out, nil
}

// quote makes s one word of the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// quoteAll makes each of list one word.
func quoteAll(list []string) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = quote(s)
	}
	return strings.Join(words, " ")
}

// quoteGlob makes a pattern of glob(3) a word of the shell that expands alike.
func quoteGlob(pattern string) string {
	if !isGlob(pattern) {
		return quote(pattern)
	}
	var word, plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			word.WriteString(quote(plain.String()))
			plain.Reset()
		}
	}
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			plain.WriteByte(pattern[i])
		case strings.IndexByte("*?[]!-", c) >= 0:
			flush()
			word.WriteByte(c)
		default:
			plain.WriteByte(c)
		}
	}
	flush()
	return word.String()
}

// isGlob tells what nginx expands; anything else it opens as it is written.
func isGlob(pattern string) bool { return strings.ContainsAny(pattern, "*?[") }

// section returns the lines after the line =name, up to the next such line.
func section(out []byte, name string) ([]string, bool) {
	_, rest, ok := bytes.Cut(append([]byte("\n"), out...), []byte("\n="+name+"\n"))
	if !ok {
		return nil, false
	}
	text, _, _ := bytes.Cut(append([]byte("\n"), rest...), []byte("\n="))
	var lines []string
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\n")) {
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	return lines, true
}

// denied wraps fs.ErrPermission for a fact that the machine told in words.
func denied(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, fs.ErrPermission)...)
}
