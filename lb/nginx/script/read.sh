# Prints the files that are its arguments: a stamp before and one after, so that
# a change in between is seen, the real path, and the content.
for file in "$@"; do
	if [ ! -e "$file" ]; then
		echo =gone
	elif [ ! -r "$file" ] || [ ! -f "$file" ]; then
		echo =denied
	else
		echo =file
		stamp "$file"
		readlink -f -- "$file"
		base64 <"$file"
		echo =end
		stamp "$file"
	fi
done
