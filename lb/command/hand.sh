# Put before every script that a person runs. The caller defines do_state, do_out
# and do_in, which are the user's own commands, and sets $server.
leave() {
	case $(do_state) in out* | draining*) ;; *) do_out ;; esac
	case $(do_state) in
	out* | draining*) ;;
	*)
		echo "$server is not out: $(do_state)" >&2
		exit 1
		;;
	esac
}

enter() {
	case $(do_state) in in*) ;; *) do_in ;; esac
	case $(do_state) in
	in*) ;;
	*)
		echo "$server is not in: $(do_state)" >&2
		exit 1
		;;
	esac
}

# still waits until nothing has been under way for a second.
still() {
	end=$(($(date +%s) + limit)) quiet=0
	while [ "$quiet" -lt 2 ]; do
		now=$(do_state)
		case $now in
		in* | down*) quiet=0 ;;
		*sessions=0 | *"sessions=0 "*) quiet=$((quiet + 1)) ;;
		*sessions=*) quiet=0 ;;
		out*) quiet=$((quiet + 1)) ;;
		*) quiet=0 ;;
		esac
		[ "$(date +%s)" -lt "$end" ] || {
			echo "$server: $now" >&2
			exit 75
		}
		sleep 1
	done
}
