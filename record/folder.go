package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ErrFull says that the disk of the host has no room left.
var ErrFull = errors.New("no space left on the disk")

// callTimeout bounds one script on one host.
const callTimeout = 30 * time.Second

// Folder is the record folder on one host. Every method is one script there,
// which decides everything under an exclusive lock of the folder, so that two
// operators race safely. Methods may be called concurrently.
type Folder struct {
	sh          Shell
	given       string
	lock        string // the lock's name, and the prefix of the holds
	app         string // the prefix of journals and versions
	system, tmp string // the default places

	mu   sync.Mutex
	kept string // where an earlier call has written
}

// Open returns the folder at a place, "" for the default rules. The name is the
// lock's and begins the names of all files, so that several applications can
// share a folder. Nothing is asked yet: the first call finds the folder, and
// the first that writes makes it.
func Open(sh Shell, place, name string) *Folder {
	return &Folder{sh: sh, given: place, lock: name, app: name, system: systemPlace, tmp: sharedPlace}
}

// call runs a script and returns the lines of its answer after "place".
func (f *Folder) call(ctx context.Context, body string, stdin []byte, vars ...variable) ([]byte, error) {
	given, err := checkPlace(f.given)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	kept := f.kept
	f.mu.Unlock()
	vars = append([]variable{
		{"given", given},
		{"kept", kept},
		{"lib", f.system},
		{"tmp", f.tmp},
		{"lockfile", escape(f.lock) + ".lock"},
		{"lock", escape(f.lock)},
		{"app", escape(f.app)},
		{"size", strconv.Itoa(len(stdin))},
		{"stale", strconv.Itoa(int(StaleAfter / time.Second))},
	}, vars...)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := f.sh.Output(ctx, assemble(vars, body), stdin)
	if err != nil {
		return nil, err
	}
	_, answer, ok := bytes.Cut(out, []byte(marker+"\n"))
	if !ok {
		return nil, fmt.Errorf("unexpected answer %.80q", out)
	}
	line, rest, _ := bytes.Cut(answer, []byte("\n"))
	if place, ok := bytes.CutPrefix(line, []byte("place ")); ok {
		f.mu.Lock()
		f.kept = string(place)
		f.mu.Unlock()
		answer = rest
		line, rest, _ = bytes.Cut(answer, []byte("\n"))
	}
	if text, ok := bytes.CutPrefix(line, []byte("fail ")); ok {
		return nil, failure(string(text), string(rest))
	}
	return answer, nil
}

// failure makes an error of what a script told: "KIND TEXT", and perhaps a
// line "mend COMMAND".
func failure(told, rest string) error {
	kind, text, _ := strings.Cut(told, " ")
	mend, _, _ := strings.Cut(rest, "\n")
	mend, ok := strings.CutPrefix(mend, "mend ")
	if !ok {
		mend = ""
	}
	switch kind {
	case "refused":
		return &PlaceError{Text: text, Mend: mend, refused: true}
	case "unsafe":
		return &PlaceError{Text: text, Mend: mend}
	case "full":
		return fmt.Errorf("%w: %s", ErrFull, text)
	case "lost":
		return ErrLost
	}
	return errors.New(text)
}

// Check looks, without a change, whether this login may use the folder.
func (f *Folder) Check(ctx context.Context) error {
	_, err := f.call(ctx, checkScript, nil)
	return err
}

const checkScript = `
locate read
if [ -n "$there" ]; then
	[ -z "$theirs" ] || refuse "$d belongs to another login (user $theirs)"
	[ -w "$d" ] || refuse "$(login) may not write to $d"
	exit
fi
if [ -n "$given" ]; then set -- "$given"; else set -- "$lib" "$tmp"; fi
for p; do
	d=$p
	until [ -e "$p" ]; do p=${p%/*}; p=${p:-/}; done
	[ -w "$p" ] && exit
done
refuse "$(login) may not write to $p"
`

// checkPlace returns a place that the inventory has given, cleaned.
func checkPlace(place string) (string, error) {
	if place == "" {
		return "", nil
	}
	if !path.IsAbs(place) || path.Clean(place) == "/" || strings.ContainsFunc(place, func(r rune) bool { return r < ' ' }) {
		return "", fmt.Errorf("record: %q is not the absolute path of a folder", place)
	}
	return path.Clean(place), nil
}

// escape makes a part of a file's name: no dot, which stands between the
// parts, and nothing that a shell or a file system could take amiss.
func escape(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if isWord(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}
