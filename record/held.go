package record

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// StaleAfter is how long a lock lives without a heartbeat.
const StaleAfter = 2 * time.Minute

// ErrLost says that a lock that was held is now somebody else's, or gone.
var ErrLost = errors.New("the lock is no more ours")

// Held is a lock as it was found.
type Held struct {
	Lock
	Host string        // the host whose folder it was found in
	Beat time.Duration // since the last heartbeat, by that host's clock, in whole seconds
}

// Stale reports whether its holder is gone by the clock: a lock held by hand
// never is.
func (h Held) Stale() bool { return !h.Manual && h.Beat > StaleAfter }

// HeldError says that somebody else holds the lock.
type HeldError struct{ Held Held }

// Error tells who holds it, since when, and why, and how a lock that is held
// by hand is freed. It is safe to print.
func (e *HeldError) Error() string {
	h := e.Held
	var b strings.Builder
	fmt.Fprintf(&b, "the lock is held by %s", harmless(h.Owner))
	if h.Manual {
		b.WriteString(" by hand")
	}
	if !h.Since.IsZero() {
		fmt.Fprintf(&b, " since %s", h.Since.Local().Format("2006-01-02 15:04:05 MST"))
	}
	if h.Version != "" {
		fmt.Fprintf(&b, ", for version %s", harmless(h.Version))
	}
	if h.Run != "" {
		fmt.Fprintf(&b, ", run %s", harmless(h.Run))
	}
	if h.Message != "" {
		fmt.Fprintf(&b, ": %q", h.Message)
	}
	if h.Manual {
		b.WriteString("\n    it stays until `rota unlock`")
	} else {
		fmt.Fprintf(&b, "\n    last heartbeat %s ago on %s", h.Beat, harmless(h.Host))
	}
	return b.String()
}

// harmless quotes a text that would not print as it is.
func harmless(s string) string {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}
