package ssh

import (
	"errors"
	"fmt"
	"strings"
)

// A script is sent as one compound command, so that sh runs all of it or, when
// its end is missing, nothing: half a script could be a very different one.

// watched is script with nothing to read. A watcher waits for the end of
// standard input, which comes with a cancel and with a lost connection, and
// then ends the whole process group; sshd makes one for each command. It runs
// inside sudo and so may end what root has started. It starts nothing that could
// outlive it: to sshd, whoever holds standard input holds the output too.
func watched(script, mark string) string {
	return `{
printf '%s\n' ` + mark + `
exec 3<&0
( eval ` + quote(script) + ` ) </dev/null 3<&- &
p=$!
( trap '' TERM INT HUP; while read -r x <&3; do :; done; kill -TERM 0; sleep 2; kill -KILL 0 ) >/dev/null 2>&1 &
w=$!
exec 3<&-
wait $p; r=$?
kill -KILL $w 2>/dev/null
exit $r
}`
}

// fed is script with size bytes to read. It does not see the end of them before
// fed has printed taken and read back end: else a cut, or a cancel, would look
// like the end of a shorter input. The watcher, which must read the input for
// it, tells its process id first, to be ended by.
func fed(script, mark string, size int, taken, end string) string {
	return fmt.Sprintf(`{
printf '%%s\n' %s
exec 3<&0 4>&1
( trap '' TERM INT HUP
  die() { kill -TERM 0; sleep 2; kill -KILL 0; }
  sh -c 'echo $PPID'
  if head -c %d <&3; then
    printf '%%s\n' %s >&4
    read -r e <&3
    [ "$e" = %s ] || die
  fi
  exec >/dev/null 4>&-
  while read -r x <&3; do :; done
  die
) 2>/dev/null | ( read -r w; ( eval %s ) 3<&- 4>&-; r=$?; kill -KILL $w; exit $r ) &
p=$!
exec 3<&- 4>&-
wait $p
exit
}`, mark, size, taken, end, quote(script))
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
