package conf

import (
	"bytes"
	"slices"
	"strings"
)

// Hunk is some whole lines of a file and what becomes of them, without their
// line feeds. Lines are counted from 1.
type Hunk struct {
	OldLine, NewLine int
	Old, New         []string
}

// Hunks returns the changed lines, in their order.
func (e *Edit) Hunks() []Hunk {
	var hunks []Hunk
	queue := slices.Clone(e.queue)
	slices.SortStableFunc(queue, bySplice)
	grown := 0 // how many lines the file has gained so far
	for len(queue) > 0 {
		start := bytes.LastIndexByte(e.src[:queue[0].start], '\n') + 1
		end, n := e.lineEnd(queue[0].end), 1
		for n < len(queue) && queue[n].start < end {
			end = e.lineEnd(queue[n].end)
			n++
		}
		part := Edit{src: e.src[start:end]}
		for _, s := range queue[:n] {
			part.add(splice{s.start - start, s.end - start, s.text})
		}
		line := 1 + bytes.Count(e.src[:start], []byte("\n"))
		h := Hunk{OldLine: line, NewLine: line + grown, Old: lines(part.src), New: lines(part.Bytes())}
		grown += len(h.New) - len(h.Old)
		hunks = append(hunks, h)
		queue = queue[n:]
	}
	return hunks
}

// lineEnd returns where the line of src[at] ends, after its line feed.
func (e *Edit) lineEnd(at int) int {
	if i := bytes.IndexByte(e.src[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(e.src)
}

func lines(b []byte) []string {
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}
