# Put before every script that a person runs. $socket is an address for socat.
ask() { printf '%s\n' "$1" | socat -t 10 - "$socket"; }

# tell sends commands that are answered with nothing when they are obeyed.
tell() {
	said=$(ask "$1")
	[ -z "$said" ] || {
		echo "$1: $said" >&2
		exit 1
	}
}

# shows BACKEND SERVER PATTERN SECONDS: waits until that is its status.
shows() {
	end=$(($(date +%s) + $4))
	until ask 'show stat' | awk -F, -v b="$1" -v s="$2" -v ok="$3" \
		'$1 == b && $2 == s { is = $18 } END { exit is !~ ok }'; do
		[ "$(date +%s)" -lt "$end" ] || {
			echo "$1/$2 does not show $3" >&2
			exit 1
		}
		sleep 0.2 2>/dev/null || sleep 1
	done
}

# busy BACKEND/SERVER…: prints what they have queued and under way, and then how
# many sessions each has had so far.
busy() {
	ask 'show stat' | awk -F, -v them=" $* " \
		'index(them, " " $1 "/" $2 " ") { now += $3 + $5; had = had " " $8 } END { print now + 0 had }'
}

# still BACKEND/SERVER…: waits until they have nothing under way, and have begun
# nothing for a second.
still() {
	end=$(($(date +%s) + limit)) before=
	while now=$(busy "$@"); do
		case $now in
		"0 "*) [ "$now" != "$before" ] || return 0 ;;
		esac
		[ "$(date +%s)" -lt "$end" ] || {
			echo "$* still at work: ${now%% *} sessions" >&2
			exit 75
		}
		before=$now
		sleep 1
	done
}
