package ssh

import (
	"errors"
	"fmt"
	"strings"
)

// A script is sent as one compound command, so that sh runs all of it or, when
// its end is missing, nothing: half a script could be a very different one.

// watched is script with input to read. The input is part of the text: what is
// cut off is never begun, and cannot be mistaken for a shorter input.
//
// A watcher waits for the end of standard input, which comes with a cancel and
// with a lost connection, and then ends the whole process group; sshd makes one
// for each command. It runs inside sudo and so may end what root has started.
// It starts nothing that could outlive it: to sshd, whoever holds standard
// input holds the output too.
func watched(script, mark string, input []byte) string {
	from, reader := "", "</dev/null "
	if len(input) > 0 {
		from, reader = "{ "+printing(input)+"} 2>/dev/null 3<&- | ", ""
	}
	return `{
printf '%s\n' ` + mark + `
exec 3<&0
` + from + `( eval ` + quote(script) + ` ) ` + reader + `3<&- &
p=$!
( trap '' TERM INT HUP; while read -r x <&3; do :; done; kill -TERM 0; sleep 2; kill -KILL 0 ) >/dev/null 2>&1 &
w=$!
exec 3<&-
wait $p; r=$?
kill -KILL $w 2>/dev/null
exit $r
}`
}

// printMost keeps each printf short enough where it is a program (execve(2):
// 128 KiB for one argument).
const printMost = 64 << 10

// printing returns the commands that print any bytes, by nothing but printf.
func printing(input []byte) string {
	var b strings.Builder
	for start := 0; start < len(input); {
		b.WriteString("printf '")
		for from := b.Len(); start < len(input) && b.Len()-from < printMost; start++ {
			switch c := input[start]; {
			case c == '%':
				b.WriteString("%%")
			case c == '\n' || c >= ' ' && c <= '~' && c != '\\' && c != '\'':
				b.WriteByte(c)
			default:
				fmt.Fprintf(&b, "\\%03o", c)
			}
		}
		b.WriteString("'\n")
	}
	return b.String()
}

// streamed is script with the rest of standard input to read, however much.
func streamed(script, mark string) string {
	return "{\nprintf '%s\\n' " + mark + "\neval " + quote(script) + "\nexit\n}"
}

// commandLine is what sshd gives to the login shell, whichever that is: it has
// nothing in it that shells disagree about. The script follows on standard
// input.
//
// With a prompt, sudo asks for a password by it on standard error, and ready is
// printed when nobody will read the input but the shell.
func commandLine(size int, sudo, prompt, ready string) (string, error) {
	shell := fmt.Sprintf(`s=$(head -c %d) && eval "$s"`, size)
	if sudo == "" {
		return "exec sh -c '" + shell + "'", nil
	}
	if !isLogin(sudo) {
		return "", fmt.Errorf("sudo: %q is no user's name", sudo)
	}
	if prompt == "" {
		return "exec sudo -n -H -u " + sudo + " -- sh -c '" + shell + "'", nil
	}
	return "exec sudo -S -p " + prompt + " -H -u " + sudo + " -- sh -c 'echo " + ready + "; " + shell + "'", nil
}

func isLogin(name string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
	return name != "" && name[0] != '-' && strings.Trim(name, letters) == ""
}

// quote makes one word for sh.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

var errNUL = errors.New("a script cannot have a NUL byte in it")
