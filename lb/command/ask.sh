# The script that runs one command for many servers. What follows it sets $text,
# the command, and for each server in a subshell of its own $i, its number, and
# the environment, and then calls ask.
#
# Whatever a command prints is caught and told line by line after the server's
# number and a sign: ">" for its standard output, "!" for its standard error,
# "=" for its exit status, which comes last. So nothing that is printed can be
# mistaken for the word of another server, and lines of several servers may mix:
# each is one write.
set +e
exec 4>&1 </dev/null
nl='
'

ask() {
	err=$(
		exec 3>&1
		out=$(
			exec 2>&3 3>&- 4>&-
			eval "unset -v i nl text; unset -f ask tell; set -eu$nl$text$nl"
		)
		rc=$?
		tell '>' "$out" >&4
		exit $rc
	)
	rc=$?
	tell '!' "$err"
	echo "$i=$rc"
}

# tell tells the end of a text; all that matters is short.
tell() {
	rest=$2
	[ ${#rest} -le 2000 ] || rest=$(printf '%s' "$rest" | tail -c 2000)
	while [ -n "$rest" ]; do
		printf '%s%s%s\n' "$i" "$1" "${rest%%"$nl"*}"
		case $rest in
		*"$nl"*) rest=${rest#*"$nl"} ;;
		*) rest= ;;
		esac
	done
}
