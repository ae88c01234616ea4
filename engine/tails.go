package engine

import (
	"slices"
	"sync"
)

// tails keeps the last lines that each server printed, for the question that a
// failure asks. The zero value is ready.
type tails struct {
	mu    sync.Mutex
	lines map[string][]string
}

const tailLines = 8

func (t *tails) add(server, line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lines == nil {
		t.lines = map[string][]string{}
	}
	l := append(t.lines[server], line)
	t.lines[server] = l[max(0, len(l)-tailLines):]
}

func (t *tails) of(server string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.lines[server])
}
