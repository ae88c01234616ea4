# Put before every script. The caller sets $pid, the path of the pid file.
export LC_ALL=C TZ=UTC0 PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
umask 022

# stamp prints what tells one content of a file from another: identity, size,
# links and rights, then the time of its last change, then its name.
stamp() {
	stat -L -c '%d:%i:%s:%h:%u:%g:%f %z %n' -- "$@" 2>/dev/null
}

# children prints the ids of a process's children. While the kernel's list is
# read, one can be left out for each that ends (proc(5)), but what was listed and
# has ended is not there the next time. So a list that is read twice is whole.
children() {
	if [ -r "/proc/$1/task/$1/children" ]; then
		ids= again=-
		until [ "$ids" = "$again" ]; do
			again=$ids
			read -r ids 2>/dev/null <"/proc/$1/task/$1/children"
		done
		echo "$ids"
		return
	fi
	for stat in /proc/[0-9]*/stat; do
		read -r line 2>/dev/null <"$stat" || continue
		id=${stat#/proc/} rest=${line##*) }
		rest=${rest#* }
		[ "${rest%% *}" = "$1" ] && echo "${id%/stat}"
	done
}
