package lb

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Talk is one line of what passes between us and a balancer while it is changed.
// What stands in parentheses are our own words: that an answer was empty, or what
// an answer came to.
type Talk struct {
	Servers []string // that it is about, by the inventory's names; none: the balancer itself, or what the inventory does not name
	Text    string   // as it was sent or came: it is neither harmless nor without secrets
	Said    bool     // the balancer said it; else it was told it
}

type hearer struct{}

// Hear returns a context under which every change of a balancer is heard: the
// very commands, or the lines of a file that change, right before they are sent,
// and the answers as they come. Looks at a balancer are not heard.
//
// The change waits for hear, so it must return at once; it may be called
// concurrently.
func Hear(ctx context.Context, hear func(Talk)) context.Context {
	return context.WithValue(ctx, hearer{}, hear)
}

// Told is called by a balancer before it is told text, of which each line is
// heard. It costs nothing where nobody hears it.
func Told(ctx context.Context, servers []string, text string) {
	talk(ctx, servers, text, false)
}

// Said is called by a balancer when it has said text. Of a long answer the end
// is heard, because there it says what came of it.
func Said(ctx context.Context, servers []string, text string) {
	talk(ctx, servers, text, true)
}

// longestAnswer is how many lines of one answer are heard.
const longestAnswer = 20

func talk(ctx context.Context, servers []string, text string, said bool) {
	hear, ok := ctx.Value(hearer{}).(func(Talk))
	if !ok || text == "" {
		return
	}
	lines := strings.Split(text, "\n")
	if said {
		lines = slices.DeleteFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "" })
	}
	if more := len(lines) - longestAnswer; said && more > 0 {
		lines = slices.Concat([]string{fmt.Sprintf("(%d more lines, and then)", more)}, lines[more:])
	}
	for _, line := range lines {
		hear(Talk{slices.Clone(servers), line, said})
	}
}
