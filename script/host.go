package script

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// balancer is the command that gives standard input to sh where the i-th
// balancer is told what to do.
func (p *writer) balancer(i int) string {
	for _, b := range p.Inventory.Balancers {
		if b.Name != p.Balancers[i].Name {
			continue
		}
		if b.SSH != "" {
			return on(b.Sudo, b.SSH, p.Inventory.SSH.User)
		}
		if b.Sudo != "" {
			return "here_as " + quote(b.Sudo)
		}
	}
	return "here"
}

// on is the command that gives standard input to sh on a host: a target is
// [user@]host[:port].
func on(sudo, target, login string) string {
	options := ""
	host := target
	if h, port, err := net.SplitHostPort(target); err == nil {
		host, options = h, " -o Port="+port
		if user, bare, ok := strings.Cut(h, "@"); ok {
			host = user + "@" + strings.Trim(bare, "[]")
		}
	}
	if login != "" && !strings.Contains(host, "@") {
		options += " -o " + quote("User="+login)
	}
	return "on " + quote(sudo) + " " + quote(host) + options
}

// heredoc gives a script to a command, word for word: it is read as a whole
// before any of it is run, and reads nothing itself. before are commands here
// that print what comes first.
func heredoc(command, before, script string) string {
	body := verbatim("{\n" + strings.TrimRight(script, "\n") + "\n} </dev/null\n")
	if before == "" {
		return command + " " + body
	}
	return "{\n" + before + "cat " + body + "} | " + command + "\n"
}

// verbatim is a here document in which the shell changes nothing.
func verbatim(text string) string {
	end := "END"
	for n := 1; strings.Contains("\n"+text, "\n"+end+"\n"); n++ {
		end = fmt.Sprintf("END%d", n)
	}
	return "<<'" + end + "'\n" + strings.TrimRight(text, "\n") + "\n" + end + "\n"
}

// quote makes one word of the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func words(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return strings.Join(quoted, " ")
}

// path makes one word of a path, in which ~/ is the home of whoever runs it.
func path(s string) string {
	if rest, ok := strings.CutPrefix(s, "~/"); ok {
		return `"$HOME"/` + quote(rest)
	}
	return quote(s)
}

// whole is a duration in seconds, rounded up: sh counts in whole numbers.
func whole(d time.Duration) string { return fmt.Sprint(int64((d + time.Second - 1) / time.Second)) }

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

// clean makes a text fit for a comment.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
}
