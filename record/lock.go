package record

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Lock takes the lock, or takes over one that is stale, that has the same
// token, or that has the token gone: the caller knows that its holder is dead.
// A *HeldError without a host tells of another holder.
func (f *Folder) Lock(ctx context.Context, l Lock, gone string) error {
	if err := errors.Join(checkToken(l.Token), checkToken(gone)); err != nil {
		return err
	}
	if l.Token == "" {
		return errors.New("a lock needs a token")
	}
	data, err := json.Marshal(l)
	if err != nil {
		return err
	}
	for range 3 {
		// The place may have changed since the last run: a better one is there now.
		f.mu.Lock()
		f.kept = ""
		f.mu.Unlock()
		out, err := f.call(ctx, lockScript, append(data, '\n'), variable{"token", l.Token}, variable{"gone", gone})
		switch {
		case err != nil:
			return err
		case bytes.Equal(out, []byte("locked\n")):
			return nil
		}
		if held := parseHeld(out); len(held) > 0 {
			return &HeldError{Held: held[0]}
		}
	}
	return errors.New("the place changes all the time")
}

// Beat renews the lock with this token. ErrLost says that it is no more there.
func (f *Folder) Beat(ctx context.Context, token string) error {
	if err := checkToken(token); err != nil {
		return err
	}
	_, err := f.call(ctx, beatScript, nil, variable{"token", token})
	return err
}

// Holder returns who holds the lock, or nil.
func (f *Folder) Holder(ctx context.Context) (*Held, error) {
	out, err := f.call(ctx, holderScript, nil)
	if err != nil {
		return nil, err
	}
	var found *Held
	for _, h := range parseHeld(out) {
		if found == nil || found.Stale() {
			found = &h
		}
	}
	return found, nil
}

// Unlock removes the lock with this token; another's is left alone. The empty
// token stands for a lock that cannot be read.
func (f *Folder) Unlock(ctx context.Context, token string) error {
	if err := checkToken(token); err != nil {
		return err
	}
	_, err := f.call(ctx, unlockScript, nil, variable{"token", token})
	return err
}

// checkToken refuses a token that would not stand in JSON as it is.
func checkToken(token string) error {
	for _, c := range []byte(token) {
		if !isWord(c) {
			return fmt.Errorf("%q is not a token: letters, digits, - and _ only", token)
		}
	}
	return nil
}

// parseHeld reads lines "held SECONDS LOCK". One that cannot be read is held
// all the same.
func parseHeld(out []byte) []Held {
	var all []Held
	for line := range bytes.Lines(out) {
		rest, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("held "))
		if !ok {
			continue
		}
		seconds, data, _ := bytes.Cut(rest, []byte(" "))
		age, _ := strconv.Atoi(string(seconds)) // 0 where it is not a number: not stale
		h := Held{Beat: time.Duration(max(age, 0)) * time.Second}
		if json.Unmarshal(data, &h.Lock) != nil {
			h.Lock = Lock{Owner: "somebody (the lock cannot be read)"}
		}
		all = append(all, h)
	}
	return all
}

// peeking looks at the lock in both default places: whoever began before the
// better place was there is still in the other.
const peeking = `
age() {
	made=$(stat -c %Y "$1" 2>/dev/null || stat -f %m "$1" 2>/dev/null)
	echo $(($(date +%s) - ${made:-0}))
}

# tell FILE: says who holds the lock in FILE
tell() { say "held $(age "$1") $(head -n 1 "$1" | tr -d '\000')"; }

held_in() { [ -n "$1" ] && [ -f "$1/$lockfile" ] && [ ! -L "$1/$lockfile" ]; }

# alive_in DIR: whether another than token holds the lock there, and lives
alive_in() {
	held_in "$1" || return
	if ours "$1/$lockfile" "$token"; then return 1; fi
	if grep -qF '"manual":true' "$1/$lockfile"; then return; fi
	if [ -n "${gone-}" ] && ours "$1/$lockfile" "$gone"; then return 1; fi
	[ "$(age "$1/$lockfile")" -le "$stale" ]
}
`

// lockScript looks first with what rights there are, so that who may not write
// is told who holds the lock.
const lockScript = peeking + `
peek() {
	for x in "$d" "$o"; do
		if alive_in "$x"; then tell "$x/$lockfile"; exit 0; fi
	done
}
locate read
peek
locate write
enter
peek
find "$d" -name '.tmp.*' -mmin +10 -exec rm -f {} + 2>/dev/null
put "$lockfile" "$size"
# Who makes the better place looks here afterwards, who locks here looks there
# afterwards: one of two sees the other.
if [ -z "$given" ] && [ "$d" = "$tmp" ] && exists "$lib"; then
	rm -f "$d/$lockfile"
	say again
	exit
fi
say locked
`

const beatScript = peeking + `
locate read
[ -n "$there" ] || fail lost
enter
held_in "$d" && ours "$d/$lockfile" "$token" || fail lost
if alive_in "$o"; then fail lost; fi
err=$(touch "$d/$lockfile" 2>&1) || trouble "$err"
`

const holderScript = peeking + `
locate read
for x in "$d" "$o"; do
	if held_in "$x"; then tell "$x/$lockfile"; fi
done
`

const unlockScript = peeking + `
locate read
if [ -n "$there" ]; then enter; fi
for x in "$d" "$o"; do
	if held_in "$x" && ours "$x/$lockfile" "$token"; then
		err=$(rm -f "$x/$lockfile" 2>&1) || trouble "$err"
	fi
done
`
