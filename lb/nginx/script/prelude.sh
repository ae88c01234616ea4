# Put before every script. The caller sets $pid, the path of the pid file.
export LC_ALL=C TZ=UTC0 PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
umask 022

# stamp prints what tells one content of a file from another: identity, size,
# links and rights, then the time of its last change, then its name.
stamp() {
	stat -L -c '%d:%i:%s:%h:%u:%g:%f %z %n' -- "$@" 2>/dev/null
}

# children prints the ids of a process's children. The kernel's list may leave
# one out when another ends while it is read (proc(5)), so it is read twice.
children() {
	if [ -r "/proc/$1/task/$1/children" ]; then
		once= twice=
		read -r once 2>/dev/null <"/proc/$1/task/$1/children"
		read -r twice 2>/dev/null <"/proc/$1/task/$1/children"
		echo "$once $twice"
		return
	fi
	for stat in /proc/[0-9]*/stat; do
		read -r line 2>/dev/null <"$stat" || continue
		id=${stat#/proc/} rest=${line##*) }
		rest=${rest#* }
		[ "${rest%% *}" = "$1" ] && echo "${id%/stat}"
	done
}
