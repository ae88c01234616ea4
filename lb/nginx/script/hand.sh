# Put before every script that a person runs. The caller sets $pid, the pid file.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
master=$(cat "$pid")

# workers prints those that take new requests, leaving those that only finish.
workers() { ps -e -o pid= -o ppid= -o args= | awk -v m="$master" '$2 == m && /worker process/ && !/shutting down/ { print $1 }'; }
leaving() { ps -e -o pid= -o ppid= -o args= | awk -v m="$master" '$2 == m && /worker process/ && /shutting down/ { print $1 }'; }

# line NUMBER WAS IS: the line must be one of the two.
line() {
	case $(sed -n "$1p" "$file") in
	"$2" | "$3") ;;
	*)
		echo "$file:$1: somebody has changed it" >&2
		exit 1
		;;
	esac
}

# change SED-EXPRESSION…: changes $file, and keeps what it was beside it.
change() {
	old=${file%/*}/.${file##*/}.by-hand
	cp -p -- "$file" "$old"
	for expression; do
		sed -e "$expression" "$file" >"$old-new"
		cat "$old-new" >"$file"
	done
	rm -f -- "$old-new"
	changed="$changed $old"
}

# put back what was changed.
undo() {
	for old in $changed; do
		name=${old##*/.}
		cat "$old" >"${old%/*}/${name%.by-hand}"
	done
	exit 1
}

# fresh: all that take new requests were started by the reload.
fresh() {
	new=$(workers)
	[ -n "$new" ] || return 1
	for worker in $new; do
		case " $before " in *" $worker "*) return 1 ;; esac
	done
}

# reloaded waits until a reload has been taken.
reloaded() {
	end=$(($(date +%s) + 10))
	until fresh; do
		[ "$(date +%s)" -lt "$end" ] || {
			echo "nginx has not taken the reload: its error log says why" >&2
			exit 1
		}
		sleep 0.1 2>/dev/null || sleep 1
	done
	for old in $changed; do rm -f -- "$old"; done
}

# ended waits until every worker from before a reload has finished.
ended() {
	end=$(($(date +%s) + limit))
	while [ -n "$(leaving)" ]; do
		[ "$(date +%s)" -lt "$end" ] || {
			echo "old workers have not ended: $(leaving | tr '\n' ' ')" >&2
			exit 75
		}
		sleep 0.5 2>/dev/null || sleep 1
	done
}

# unconnected ADDRESS PORT: waits until nothing has been connected to it for a second.
unconnected() {
	end=$(($(date +%s) + limit)) quiet=0
	while [ "$quiet" -lt 2 ]; do
		if [ -z "$(ss -Htn state established dst "$1" dport = ":$2")" ]; then quiet=$((quiet + 1)); else quiet=0; fi
		[ "$(date +%s)" -lt "$end" ] || {
			echo "still connected to $1:$2" >&2
			exit 75
		}
		sleep 1
	done
}
