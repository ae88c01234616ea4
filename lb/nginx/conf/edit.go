package conf

import (
	"bytes"
	"slices"
)

// Edit is a list of small changes to one file. The zero value is not usable;
// an Edit is made by [File.Edit] and used by one goroutine.
type Edit struct {
	src   []byte
	queue []splice
}

// splice replaces src[start:end] by text. Of two at one place the first asked
// for comes first.
type splice struct {
	start, end int
	text       string
}

// Edit begins a list of changes to the file.
func (f *File) Edit() *Edit { return &Edit{src: f.src} }

// SetDown writes or removes the word `down` on a server line that came from
// the same file. A line that is so already is left alone.
func (e *Edit) SetDown(p Peer, down bool) {
	switch {
	case down && !p.Down:
		at := p.words[len(p.words)-1].end
		e.add(splice{at, at, " down"})
	case !down:
		for i, w := range p.words[2:] {
			if w.text == "down" {
				e.cut(w, p.words[i+1])
			}
		}
	}
}

// cut removes a word with the blanks before it, back to the word before.
func (e *Edit) cut(w, before word) {
	e.add(splice{e.blanksBefore(w.start, before.end), w.end, ""})
}

// add queues a change once: one line may be reached by two ways.
func (e *Edit) add(s splice) {
	if !slices.Contains(e.queue, s) {
		e.queue = append(e.queue, s)
	}
}

// blanksBefore returns where the blanks before at begin, not going back past
// from, the end of the word before. The line feed that ends a comment is not
// one of them.
func (e *Edit) blanksBefore(at, from int) int {
	start := at
	for start > from && blank(e.src[start-1]) {
		start--
	}
	if start == from {
		return start
	}
	// A comment stands between the words: keep all up to its line feed.
	return start + bytes.IndexByte(e.src[start:at], '\n') + 1
}

// Changed tells whether anything was changed.
func (e *Edit) Changed() bool { return len(e.queue) > 0 }

// Bytes returns the file with the changes made: a new slice.
func (e *Edit) Bytes() []byte {
	queue := slices.Clone(e.queue)
	slices.SortStableFunc(queue, bySplice)
	out := make([]byte, 0, len(e.src)+8*len(queue))
	last := 0
	for _, s := range queue {
		out = append(out, e.src[last:s.start]...)
		out = append(out, s.text...)
		last = s.end
	}
	return append(out, e.src[last:]...)
}

func bySplice(a, b splice) int { return a.start - b.start }
