# shellcheck disable=SC2016 # what is quoted is for another machine
set -eu

# With a number it begins at that batch: sh THIS-FILE 3
from=${1:-1}
where='nothing was touched' entered=no
trap 'ended $?' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# ended STATUS: whatever happens, once it has begun.
ended() {
	trap - EXIT
	if [ "$entered" = yes ] && ! ( finally "$1" ); then say 'what comes after a run has failed'; fi
	[ "$1" = 0 ] || say "stopped with status $1: $where"
	exit "$1"
}

say() { printf '%s\n' "$*" >&2; }

# sure QUESTION: goes on at y, and ends at anything else.
sure() {
	printf '%s [y/N] ' "$1" >&2
	read -r answer || answer=
	case $answer in
	y | Y | yes) ;;
	*) exit 4 ;;
	esac
}

# patient COMMAND…: again and again, until nothing is under way any more or you
# say that it is enough.
patient() {
	while :; do
		status=0
		"$@" || status=$?
		case $status in
		0) return 0 ;;
		75) ;;
		*) exit "$status" ;;
		esac
		printf 'w waits as long again, c goes on although that is lost, all else ends [w/c/N] ' >&2
		read -r answer || answer=
		case $answer in
		w | W) ;;
		c | C) return 0 ;;
		*) exit 4 ;;
		esac
	done
}

# secret NAME: prints the command that sets a variable of yours.
secret() {
	value=
	eval "value=\${$1?is not set}"
	printf "export %s='" "$1"
	printf '%s' "$value" | sed "s/'/'\\\\''/g"
	printf "'\n"
}

# on USER HOST [OPTION…]: gives standard input to sh on a host; as USER, unless
# that is empty. An option is one of ssh's.
on() {
	user=$1 host=$2
	shift 2
	if [ -n "$user" ]; then
		reach "$@" -- "$host" sudo -n -H -u "$user" -- sh -s
	else
		reach "$@" -- "$host" sh -s
	fi
}

# upload FILE TO USER HOST [OPTION…]: copies a file or folder. It appears whole
# or not at all; a folder that is there keeps what else is in it.
upload() {
	file=$1 to=$2
	shift 2
	case $to in
	*/) to=$to${file##*/} ;;
	*/*) ;;
	*) to=./$to ;;
	esac
	new=$(echo 'umask 077 && mktemp -d' | reach_only "$@")
	copy_only "$file" "$new/new" "$@"
	on "$@" <<-END
		{
			set -eu
			new=$(word "$new") to=$(word "$to")
			mkdir -p -- "\${to%/*}/"
			beside=\${to%/*}/.by-hand-\${to##*/}
			rm -rf -- "\$beside"
			cp -R -- "\$new/new" "\$beside"
			if [ -d "\$to" ]; then
				cp -R -- "\$beside/." "\$to/"
				rm -rf -- "\$beside"
			else
				mv -f -- "\$beside" "\$to"
			fi
		} </dev/null
	END
	echo "rm -rf -- $(word "$new")" | reach_only "$@"
}

# word TEXT: one word of the shell.
word() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

# reach_only and copy_only do what they do as the login user.
reach_only() {
	shift
	on '' "$@"
}

copy_only() {
	here=$1 there=$2 reader=$3 host=$4
	shift 4
	copy -r -p "$@" -- "$here" "$host:$there"
	[ -z "$reader" ] || echo "chmod -R a+rX -- $(word "${there%/*}")" | on '' "$host" "$@"
}
