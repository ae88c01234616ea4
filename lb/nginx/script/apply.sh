# One edit, all or nothing: compare, write, test, reload, prove, or put back.
# The caller sets $test, $reload, $patience (seconds) and $stale (markers to
# remove at the end), and sends five lines a file: its real path, the sums of
# its content before and after, then marker and content in base64.
# The first line of the output is the outcome, the rest what was said.
trap '' HUP PIPE
files=0   # how many are prepared
changed=0 # how many of them may differ from what they were

outcome() {
	printf '%s\n' "$@"
	exit 0
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
	said=$2
	if [ "$changed" = 0 ]; then
		tidy
		outcome "$1" "$said"
	fi
	if error=$(restore 2>&1); then
		tidy
		again=$(check) || outcome "$1" "$said" "the files are as they were, but fail the test: $again"
		outcome "$1" "$said" "the files are as they were"
	fi
	outcome "$1" "$said" "the files could not be put back: $error" "a copy of each is beside it: $old"
}

# check runs the test; reloading runs the reload. Neither may keep the lock.
check() { sh -c "$test" </dev/null 2>&1 9<&-; }

reloading() { sh -c "$reload" </dev/null 2>&1 9<&-; }

# serving prints the workers that take new connections.
serving() {
	set -- /dev/null
	for id in $(children "$master"); do
		set -- "$@" "/proc/$id/cmdline"
	done
	set -- /dev/null $(grep -a -l ': worker process' "$@" 2>/dev/null)
	for title in $(grep -a -L 'shutting down' "$@" 2>/dev/null); do
		id=${title#/proc/}
		[ "$title" = /dev/null ] || echo "${id%/cmdline}"
	done
}

# proved tells whether a new worker serves and no old one does.
proved() {
	fresh=no
	for id in $(serving); do
		case " $workers " in
		*" $id "*) return 1 ;;
		esac
		fresh=yes
	done
	[ "$fresh" = yes ]
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

said=$(check) || back test "$said"

# A worker must be told to be younger than the files, by clocks that tick in
# hundredths, or in seconds where date(1) has no more.
case $(date +%N) in
*[!0-9]* | '') nap 2 ;;
*) nap 0.1 ;;
esac
workers=$(echo $(serving))
trap '' TERM
failure=unproved
said=$(reloading) || failure=reload patience=1 # it may have been taken all the same
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
outcome done
