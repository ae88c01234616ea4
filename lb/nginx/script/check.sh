# Looks whether an edit could go through, changing nothing. The arguments are
# the files that would be changed; the caller sets $test.
for tool in base64 cp grep mv readlink sha256sum stat; do
	command -v "$tool" >/dev/null || echo "tool $tool"
done
for file in "$@"; do
	[ -w "$file" ] || echo "write $file"
	[ -w "${file%/*}/" ] || echo "folder ${file%/*}/"
done
read -r master <"$pid"
kill -0 "$master" 2>/dev/null || echo "signal $master"
if said=$(sh -c "$test" </dev/null 2>&1); then
	echo =passed
else
	echo =refused
	printf '%s\n' "$said"
fi
