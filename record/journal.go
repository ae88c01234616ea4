package record

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// gapError says that a copy of a journal is shorter than the offset at which
// it should go on.
type gapError struct{ size, offset int64 }

func (e *gapError) Error() string {
	return fmt.Sprintf("the copy has %d bytes, not %d", e.size, e.offset)
}

// Append makes data the bytes from offset on of one copy of a run's journal;
// what stood there is cut first. They are on the disk when it returns. With a
// token it first makes sure that the lock with it is still there (ErrLost).
// ErrFull says that there is no room; the copy then ends at offset.
func (f *Folder) Append(ctx context.Context, run, balancer, token string, offset int64, data []byte) error {
	if err := errors.Join(checkRun(run), checkToken(token)); err != nil {
		return err
	}
	if offset < 0 {
		return fmt.Errorf("journal %s: offset %d", run, offset)
	}
	out, err := f.call(ctx, appendScript, data,
		variable{"name", escape(f.app) + "." + run + "." + escape(balancer) + ".jsonl"},
		variable{"token", token},
		variable{"offset", strconv.FormatInt(offset, 10)})
	if err != nil {
		return err
	}
	if have, ok := strings.CutPrefix(string(out), "gap "); ok {
		size, err := strconv.ParseInt(strings.TrimSpace(have), 10, 64)
		if err != nil {
			return fmt.Errorf("unexpected answer %.80q", out)
		}
		return &gapError{size, offset}
	}
	return nil
}

// Runs lists the runs whose journals are here, in no order.
func (f *Folder) Runs(ctx context.Context) ([]Run, error) {
	out, err := f.call(ctx, runsScript, nil)
	if err != nil {
		return nil, err
	}
	var runs []Run
	for line := range strings.Lines(string(out)) {
		// As ls -ln prints a file: mode, links, uid, gid, size, date and time, name.
		fields := strings.Fields(line)
		if len(fields) < 6 || !strings.HasPrefix(fields[0], "-") {
			continue
		}
		name := fields[len(fields)-1]
		parts := strings.Split(name[strings.LastIndexByte(name, '/')+1:], ".")
		size, err := strconv.ParseInt(fields[4], 10, 64)
		if err != nil || len(parts) != 4 || checkRun(parts[1]) != nil {
			continue
		}
		runs = append(runs, Run{ID: parts[1], Size: size})
	}
	return runs, nil
}

// Copies returns all copies of a run's journal that are here, none if there is
// no such run.
func (f *Folder) Copies(ctx context.Context, run string) ([][]byte, error) {
	if err := checkRun(run); err != nil {
		return nil, err
	}
	out, err := f.call(ctx, copiesScript, nil, variable{"run", run})
	if err != nil {
		return nil, err
	}
	var copies [][]byte
	for len(out) > 0 {
		line, rest, _ := bytes.Cut(out, []byte("\n"))
		size, err := strconv.Atoi(strings.TrimPrefix(string(line), "copy "))
		if err != nil || size < 0 || size >= len(rest) {
			return nil, fmt.Errorf("journal %s did not arrive whole", run)
		}
		copies = append(copies, rest[:size])
		out = rest[size+1:]
	}
	return copies, nil
}

// longest returns the longest of the copies that are whole, without a torn
// last line. It is an error if all are damaged, and fs.ErrNotExist if there is
// none.
func longest(run string, copies [][]byte) ([]byte, error) {
	err := fmt.Errorf("journal %s: %w", run, fs.ErrNotExist)
	slices.SortFunc(copies, func(a, b []byte) int { return cmp.Compare(len(b), len(a)) })
	for i, c := range copies {
		c = c[:bytes.LastIndexByte(c, '\n')+1]
		line := damaged(c)
		if line == 0 {
			return c, nil
		}
		if i == 0 {
			err = fmt.Errorf("journal %s: line %d is damaged", run, line)
		}
	}
	return nil, err
}

// damaged returns the number of the first line that is not JSON, or 0.
func damaged(journal []byte) int {
	n := 0
	for line := range bytes.Lines(journal) {
		n++
		if !json.Valid(line) {
			return n
		}
	}
	return 0
}

// checkRun refuses what cannot be the id of a run.
func checkRun(run string) error {
	if run == "" || len(run) > 64 || run[0] == '-' || escape(run) != run {
		return fmt.Errorf("%q is not the id of a run", run)
	}
	return nil
}

const appendScript = peeking + `
locate write
enter
if [ -n "$token" ]; then
	held_in "$d" && ours "$d/$lockfile" "$token" || fail lost
fi
f=$d/$name
[ ! -L "$f" ] || fail unsafe "$f is a link"
umask "$closed"
if [ ! -e "$f" ]; then
	err=$( (set -C; : >"$f") 2>&1) || trouble "$err"
	chgrp "$fgid" "$f" 2>/dev/null
fi
measure "$f"
if [ "$bytes" -lt "$offset" ]; then say "gap $bytes"; exit; fi
if [ ! -w "$f" ]; then # another login's; the folder lets us put our own in its place
	err=$(cp "$f" "$d/.tmp.$name.$$" 2>&1 && mv -f "$d/.tmp.$name.$$" "$f" 2>&1) || trouble "$err"
fi
cut() { dd if=/dev/null of="$f" bs=1 seek="$offset" 2>/dev/null; }
[ "$bytes" -eq "$offset" ] || cut
err=$( (cat >>"$f") 2>&1) || { cut; trouble "$err"; }
measure "$f"
[ "$bytes" -eq $((offset + size)) ] || { cut; fail failed "$name did not arrive whole"; }
flush "$f"
`

const runsScript = `
locate read
[ -z "$otheirs" ] || o=
for x in "$d" "$o"; do
	for f in ${x:+"$x/$app".*.jsonl}; do
		[ -f "$f" ] && [ ! -L "$f" ] && ls -ln "$f"
	done
done
`

const copiesScript = `
locate read
[ -z "$otheirs" ] || o=
for x in "$d" "$o"; do
	for f in ${x:+"$x/$app.$run".*.jsonl}; do
		if [ -f "$f" ] && [ ! -L "$f" ]; then
			measure "$f"
			say "copy $bytes"
			head -c "$bytes" "$f"
			say
		fi
	done
done
`
