# One edit, all or nothing: compare, write, test, reload, prove, or put back.
# The caller sets $test, $reload, $patience (seconds) and $stale (markers to
# remove at the end), and sends five lines a file: its real path, the sums of
# its content before and after, then marker and content in base64.
# The output begins with what was run (">test", ">reload") and the answers, each
# line after "<", with an empty one at the end of each. The line after those is
# the outcome, the rest what was said of it.
trap '' HUP PIPE
files=0   # how many are prepared
changed=0 # how many of them may differ from what they were
ran=      # what was run, with what came of it
nl='
'

outcome() {
	printf '%s' "$ran"
	printf '%s\n' "$@"
	exit 0
}

# answered notes an answer, $1; of a long one the last lines.
answered() {
	rest=$1
	[ ${#rest} -le 4000 ] || rest=$(printf '%s\n' "$rest" | tail -n 40)
	while [ -n "$rest" ]; do
		ran="$ran<${rest%%"$nl"*}$nl"
		case $rest in
		*"$nl"*) rest=${rest#*"$nl"} ;;
		*) rest= ;;
		esac
	done
	ran="$ran<$nl"
}

# note notes that $1 was run, which said $said and ended with $status.
note() {
	ran="$ran>$1$nl"
	answered "$said"
	[ "$status" = 0 ] || answered "(exit status $status)"
}

nap() { sleep "$1" 2>/dev/null || sleep 1; }

flush() { sync -- "$1" 2>/dev/null || sync; }

sum() {
	hash=$(sha256sum <"$1") && echo "${hash%% *}"
}

rights() { stat -c '%u:%g:%a' -- "$1"; }

# names sets the paths that go with file number $1.
names() {
	eval "path=\$path$1 before=\$before$1 after=\$after$1 marker=\$marker$1"
	beside=${path%/*}/.${path##*/}.rota
	new=$beside-new old=$beside-before
}

# put moves the content of $1 to $2: by a rename, which nobody can see half
# done, unless that would break a hard link, an owner or a mount.
put() {
	if [ "$(stat -c %h -- "$2")" = 1 ] && [ "$(rights "$1")" = "$(rights "$2")" ] && mv -f -- "$1" "$2" 2>/dev/null; then
		return
	fi
	cat <"$1" >"$2" && flush "$2" && rm -f -- "$1"
}

# restore puts back what was changed.
restore() {
	while [ "$changed" -gt 0 ]; do
		names "$changed"
		put "$old" "$path" || return
		changed=$((changed - 1))
	done
}

# tidy removes what the edit no longer needs. Markers stay: they tell whose
# content this is until it is proved.
tidy() {
	n=1
	while [ "$n" -le "$files" ]; do
		names "$n"
		rm -f -- "$new" "$old" "$beside-mark"
		n=$((n + 1))
	done
}

# back ends a failed edit: $1 is the outcome, $2 what was said.
back() {
	if [ "$changed" = 0 ]; then
		tidy
		outcome "$1" "$2"
	fi
	more=
	if error=$(restore 2>&1); then
		tidy
		left="the files are as they were"
		again=$(check) || left="$left, but fail the test" more=": $again"
	else
		left="the files could not be put back: $error${nl}a copy of each is beside it: $old"
	fi
	answered "($left)"
	outcome "$1" "$2" "$left$more"
}

# check runs the test; reloading runs the reload. Neither may keep the lock.
check() { sh -c "$test" </dev/null 2>&1 9<&-; }

reloading() { sh -c "$reload" </dev/null 2>&1 9<&-; }

# serving prints the workers that take new connections, each once.
serving() {
	set -- /dev/null
	for id in $(children "$master"); do
		case " $* " in
		*" /proc/$id/cmdline "*) ;;
		*) set -- "$@" "/proc/$id/cmdline" ;;
		esac
	done
	set -- /dev/null $(grep -a -l ': worker process' "$@" 2>/dev/null)
	for title in $(grep -a -L 'shutting down' "$@" 2>/dev/null); do
		id=${title#/proc/}
		[ "$title" = /dev/null ] || echo "${id%/cmdline}"
	done
}

# proved tells whether new workers, $fresh, serve and no old one does.
proved() {
	fresh=
	for id in $(serving); do
		case " $workers " in
		*" $id "*) return 1 ;;
		esac
		fresh="$fresh $id"
	done
	[ -n "$fresh" ]
}

[ -r "$pid" ] || outcome running "$(cat "$pid" 2>&1)"
exec 9<"$pid"
if command -v flock >/dev/null; then
	tries=0
	until flock -n 9; do
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || outcome busy
		nap 0.1
	done
fi
read -r master <"$pid"
trap 'restore; tidy; exit 143' TERM

while IFS= read -r path && read -r before && read -r after && read -r marker && IFS= read -r content; do
	n=$((files + 1))
	eval "path$n=\$path before$n=\$before after$n=\$after marker$n=\$marker"
	names "$n"
	[ "$(sum "$path")" = "$before" ] || back changed "$path"
	files=$n
	rm -f -- "$new" "$old"
	error=$({ cp -a -- "$path" "$old" && cp -a -- "$path" "$new" && printf %s "$content" | base64 -d >"$new"; } 2>&1) ||
		back write "$error"
	flush "$new"
	[ "$(sum "$new")" = "$after" ] || back write "$new does not hold what was written: is the disk full?"
done

n=1
while [ "$n" -le "$files" ]; do
	names "$n"
	[ "$(sum "$path")" = "$before" ] || back changed "$path"
	error=$({ printf %s "$marker" | base64 -d >"$beside-mark" && mv -f -- "$beside-mark" "$beside"; } 2>&1) ||
		back write "$error"
	changed=$n
	error=$(put "$new" "$path" 2>&1) || back write "$error"
	n=$((n + 1))
done

said=$(check)
status=$?
note test
[ "$status" = 0 ] || back test "$said"

# A worker must be told to be younger than the files, by clocks that tick in
# hundredths, or in seconds where date(1) has no more.
case $(date +%N) in
*[!0-9]* | '') nap 2 ;;
*) nap 0.1 ;;
esac
workers=$(echo $(serving))
trap '' TERM
failure=unproved
said=$(reloading)
status=$?
note reload
[ "$status" = 0 ] || failure=reload patience=1 # it may have been taken all the same
deadline=$(($(date +%s) + patience))
until proved; do
	now=$(cat "$pid" 2>/dev/null)
	if [ -n "$now" ] && [ "$now" != "$master" ]; then
		tidy
		outcome restarted "the master was process $master and is now $now"
	fi
	[ "$(date +%s)" -lt "$deadline" ] || back "$failure" "$said"
	nap 0.02
done

tidy
n=1
while [ "$n" -le "$files" ]; do
	names "$n"
	rm -f -- "$beside"
	n=$((n + 1))
done
eval "set -- $stale"
for marker; do
	rm -f -- "$marker" "$marker-new" "$marker-before" "$marker-mark"
done
answered "(reloaded: pid$fresh serve now${workers:+, pid $workers get nothing new})"
outcome done
