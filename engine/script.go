package engine

import (
	"fmt"
	"strings"

	"rota/inventory"
	"rota/rollout"
)

// quote makes one word of the shell of s.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// pidFile begins every script about a step: $f is the file that holds the pid
// and the start time of the shell that runs it, in a folder that is only ours.
func pidFile(app string, id rollout.StepID) string {
	name := strings.NewReplacer("/", "_", "~", "back-", "+", "side-").Replace(app + "." + string(id))
	return `d=/var/tmp/rota-steps-$(id -u)
mkdir -m 700 "$d" 2>/dev/null
if [ -L "$d" ] || [ ! -O "$d" ]; then echo "$d is not a folder of our own" >&2; exit 73; fi
f=$d/` + quote(name) + `.pid
about() {
	if [ -d /proc/self ]; then sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f"$2"
	else ps -o "$3=" -p "$1" 2>/dev/null | tr -d ' '; fi
}
start() { about "$1" 20 lstart; }
group() { about "$1" 3 pgid; }
`
}

// stepScript makes the script of one command: under sh with -eu, with its
// variables, and with its pid noted while it runs.
func stepScript(app string, id rollout.StepID, vars []inventory.Var, command string) string {
	var b strings.Builder
	b.WriteString(pidFile(app, id))
	b.WriteString(`echo "$$ $(start $$)" > "$f" || exit 73
`)
	for _, v := range vars {
		fmt.Fprintf(&b, "export %s=%s\n", v.Name, quote(v.Value))
	}
	// The subshell keeps an exit or exec of the command from us; a command
	// that were tested by || would lose its -e.
	fmt.Fprintf(&b, "( unset -f start group about; unset d f; set -eu\n%s\n)\nrc=$?\nrm -f \"$f\"\nexit $rc\n", command)
	return b.String()
}

// endScript ends a step that may still run on its host, with everything in its
// process group, and prints "ended" when there was something to end. It is
// written for every sh: dash has no "--" for its kill.
func endScript(app string, id rollout.StepID) string {
	return pidFile(app, id) + `[ -f "$f" ] || exit 0
read -r p s < "$f" || exit 0
[ -n "$p" ] && [ -n "$s" ] && [ "$(start "$p")" = "$s" ] || { rm -f "$f"; exit 0; }
g=$(group "$p")
[ -n "$g" ] || exit 0
whom=-$g
[ "$g" != "$(group $$)" ] || whom=$p
kill -TERM "$whom" 2>/dev/null
i=0
while kill -0 "$whom" 2>/dev/null; do
	i=$((i+1))
	[ $i -eq 50 ] && kill -KILL "$whom" 2>/dev/null
	[ $i -gt 70 ] && { echo "process group $g does not end" >&2; exit 1; }
	sleep 0.1
done
rm -f "$f"
echo ended
`
}
