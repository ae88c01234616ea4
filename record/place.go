package record

import (
	"fmt"
	"io/fs"
	"strings"
)

// The default places. Where the first exists it is the place, whoever may
// write there, so that two people never use two places.
const (
	systemPlace = "/var/lib/rota"
	sharedPlace = "/var/tmp/rota"
)

// PlaceError says that the folder cannot be used: it is not safe, or this
// login may not write there. In the second case it is an fs.ErrPermission.
type PlaceError struct {
	Text    string
	Mend    string // a command that mends it; "" where there is none
	refused bool
}

// Error returns the fact, and the command that mends it on a line of its own.
func (e *PlaceError) Error() string {
	if e.Mend == "" {
		return e.Text
	}
	return e.Text + "\n    it is mended by: " + e.Mend
}

// Is reports whether target is fs.ErrPermission and e is about a right.
func (e *PlaceError) Is(target error) bool {
	return e.refused && target == fs.ErrPermission
}

// variable is one variable that a script begins with.
type variable struct{ name, value string }

// assemble returns a script for sh: the variables, what all scripts share, and
// what this one does.
func assemble(vars []variable, body string) string {
	var b strings.Builder
	for _, v := range vars {
		fmt.Fprintf(&b, "%s='%s'\n", v.name, strings.ReplaceAll(v.value, "'", `'\''`))
	}
	b.WriteString(basics)
	b.WriteString(places)
	b.WriteString(exclusion)
	fmt.Fprintf(&b, "say '%s'\n", marker)
	b.WriteString(body)
	return b.String()
}

// marker stands before the answer of a script: a login shell may have printed
// something of its own before.
const marker = "== rota record =="

// basics are what every script needs. A script ends with status 0 and tells
// what went wrong in a line "fail KIND TEXT".
const basics = `
set +e -u
LC_ALL=C PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
export LC_ALL PATH
me=$(id -u)

# login, group: by name where they have one
login() { set -- $(id -un 2>/dev/null) "$me"; say "$1"; }
group() { set -- $(id -gn 2>/dev/null) "$(id -g)"; say "$1"; }

say() { printf '%s\n' "$*"; }

fail() { say "fail $(printf '%s' "$*" | tr '\n' ' ')"; exit 0; }

# trouble TEXT: fails in the words of a command that has failed
trouble() {
	case $1 in
	*"o space left"* | *"uota exceeded"* | *"ile too large"* | *"ile size limit"*) fail full "$1" ;;
	*"ermission denied"* | *"not permitted"* | *"ead-only file"*) fail refused "$1" ;;
	esac
	fail failed "$1"
}

# attr LINK: sets mode, uid and gid
attr() {
	set -- $(ls -ldn "$1" 2>/dev/null)
	mode=${1-} uid=${3-} gid=${4-}
}

anybody_writes() { case $mode in ????????w*) ;; *) false ;; esac; }
group_writes() { case $mode in ?????w*) ;; *) false ;; esac; }
sticky() { case $mode in ?????????[tT]*) ;; *) false ;; esac; }
trusted() { [ "$uid" = 0 ] || [ "$uid" = "$me" ]; }

# measure FILE: sets bytes
measure() {
	bytes=$(wc -c <"$1")
	bytes=$((bytes))
}

# ours FILE TOKEN: whether the lock in FILE has this token. In JSON a quote
# inside a value has a backslash before it, so nothing else can match.
ours() {
	if [ -n "$2" ]; then grep -qF "\"token\":\"$2\"" "$1"; else ! grep -qF '"token":"' "$1"; fi
}

# flush FILE: fsync, where dd can; FILE keeps its content
flush() { dd if=/dev/null of="$1" conv=notrunc,fsync 2>/dev/null; }
`

// places finds the folder. The variables it gets: given (by the inventory),
// kept (found by an earlier call), lib and tmp (the default places).
const places = `
# look DIR: sets there; why, when DIR is not safe; theirs, the owner, when
# another login than root's made it in a folder where everybody may; and mode,
# uid and gid
look() {
	there= why= theirs= shared= p= rest=${1#/}/
	set --
	while [ -n "$rest" ]; do
		p=$p/${rest%%/*}
		rest=${rest#*/}
		if [ -L "$p" ]; then
			attr "$p"
			if [ -z "$rest" ]; then why="$p is a link"; return; fi
			if ! trusted; then why="$p is a link that belongs to user $uid"; return; fi
		fi
		if [ ! -e "$p" ]; then rest=missing; break; fi
		if [ ! -d "$p" ]; then why="$p is not a folder"; return; fi
		set -- "$@" "$p"
	done
	[ $# -gt 0 ] || return
	while read -r mode nlink uid gid others; do
		if [ -n "$shared" ] && ! trusted; then theirs=$uid; fi
		shared=
		if anybody_writes; then
			if [ $# -eq 1 ] && [ -z "$rest" ] || ! sticky; then why="anybody may write to $1"; return; fi
			shared=yes
		fi
		shift
		[ $# -gt 0 ] || break
	done <<END
$(ls -ldnL "$@" 2>/dev/null)
END
	[ -n "$rest" ] || there=yes
}

exists() { [ -e "$1" ] || [ -L "$1" ]; }

# refuse TEXT: says which command gives this login the right
refuse() {
	say "fail refused $1"
	case $d in "$tmp") mend=$lib ;; *) mend=$d ;; esac
	if [ "$d" != "$tmp" ] && [ -d "$d" ] && group_writes; then
		set -- $(ls -ld "$d")
		say "mend sudo usermod -aG $4 $(login)"
	else
		say "mend sudo install -d -m 2770 -g $(group) $mend"
	fi
	exit 0
}

# choose MODE: sets d, the folder, and o, the other default place. Only the
# mode write makes a folder.
choose() {
	o=
	if [ -n "$given" ]; then d=$given; return; fi
	d=$tmp o=$lib
	if [ -n "$kept" ]; then d=$kept
	elif exists "$lib"; then d=$lib
	elif [ "$1" = write ] && (umask 022; mkdir "$lib") 2>/dev/null; then d=$lib
	elif exists "$lib"; then d=$lib
	fi
	[ "$d" = "$tmp" ] || o=$tmp
}

# make: makes the folder d; for others to read, so that they see who holds it
make() {
	if [ "$d" = "$given" ]; then
		err=$( (umask o-w 2>/dev/null || umask 022; mkdir -p "$d") 2>&1)
	else
		err=$( (umask 022; mkdir "$d") 2>&1)
	fi
	look "$d"
	[ -z "$why" ] || fail unsafe "$why"
	[ -n "$there" ] && return
	case $err in *"ermission denied"* | *"ead-only file"*) refuse "$d cannot be made: $err" ;; esac
	trouble "$err"
}

# locate MODE (read, write): chooses the folder and looks whether it may be
# used so; there is empty where there is nothing to read
locate() {
	choose "$1"
	otheirs=
	if ! exists "$o"; then
		o=
	else
		look "$o"
		if [ -z "$there" ] || [ -n "$why" ]; then o=; fi
		otheirs=$theirs
	fi
	look "$d"
	[ -z "$why" ] || fail unsafe "$why"
	if [ "$1" = write ]; then
		[ -n "$there" ] || make
		[ -z "$theirs" ] || refuse "$d belongs to another login (user $theirs)"
		{ [ -w "$d" ] && [ -x "$d" ]; } || refuse "$(login) may not write to $d"
		fgid=$gid open=022 closed=027
		if group_writes; then open=002 closed=007; fi
		say "place $d"
	elif [ -n "$there" ]; then
		{ [ -r "$d" ] && [ -x "$d" ]; } || refuse "$(login) may not read $d"
	fi
}

# put NAME SIZE: makes the standard input the content of a file of the folder,
# at once or not at all
put() {
	f=$d/$1 t=$d/.tmp.$1.$$
	if [ -L "$f" ] || [ -d "$f" ]; then fail unsafe "$f is a link or a folder"; fi
	rm -f "$t"
	umask "$open"
	err=$( (set -C; cat >"$t") 2>&1) || { rm -f "$t"; trouble "$err"; }
	measure "$t"
	[ "$bytes" -eq "$2" ] || { rm -f "$t"; fail failed "$1 did not arrive whole"; }
	flush "$t"
	chgrp "$fgid" "$t" 2>/dev/null
	err=$(mv -f "$t" "$f" 2>&1) || { rm -f "$t"; trouble "$err"; }
}
`

// exclusion lets one script at a time change a folder, whatever ends them.
const exclusion = `
# enter: returns when this script has the folder d for itself, until it ends.
# Without flock a link names the process that has it.
enter() {
	if command -v flock >/dev/null 2>&1; then
		exec 9<"$d"
		flock 9 2>/dev/null && return
	fi
	busy=$d/.busy tries=0
	until ln -s "$$" "$busy" 2>/dev/null; do
		bury "$busy" && continue
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || fail failed "$busy: another process has the folder for itself too long"
		sleep 0.1 2>/dev/null || sleep 1
	done
	trap 'rm -f "$busy"' EXIT
	trap 'exit 129' HUP INT TERM
}

# bury LINK: removes a link that names a dead process. Only who has made the
# link LINK.PROCESS may, or it could be another's new one; a dead one of those
# is buried in the same way.
bury() {
	set -- "$1" "$(readlink "$1")"
	if [ -z "$2" ] || alive "$2"; then return 1; fi
	until ln -s "$$" "$1.$2" 2>/dev/null; do bury "$1.$2" || return 1; done
	[ "$(readlink "$1")" != "$2" ] || rm -f "$1"
	rm -f "$1.$2"
}

alive() { kill -0 "$1" 2>/dev/null || [ -d "/proc/$1" ] || ps -p "$1" >/dev/null 2>&1; }
`
