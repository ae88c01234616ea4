package conf

import (
	"bytes"
	"strconv"
	"strings"
)

// A weight that was not there before has to go without a trace when it is 1
// again, and one that says 1 has to stay. The file itself tells them apart:
// what we add begins with a zero, weight=010, which nginx reads as ten
// (ngx_atoi) and nobody writes.

// SetWeight makes a server line that came from the same file weigh so much, at
// least 1. It changes the figure of the last weight=, which is the one that
// nginx takes. Where there is none it adds one, and cuts that again once the
// weight is to be 1. A line that weighs so much already is left
// alone.
func (e *Edit) SetWeight(p Peer, weight int) {
	if p.Weight == weight {
		return
	}
	var all []int // the words that set a weight
	for i, w := range p.words {
		if _, ok := w.weight(); ok && i > 1 {
			all = append(all, i)
		}
	}
	figure := strconv.Itoa(weight)
	if len(all) == 0 {
		at := p.words[len(p.words)-1].end
		e.add(splice{at, at, " weight=0" + figure})
		return
	}
	last := all[len(all)-1]
	w := p.words[last]
	_, was, _ := strings.Cut(w.text, "=")
	ours := len(all) == 1 && len(was) > 1 && was[0] == '0'
	switch {
	case ours && weight == 1:
		e.cut(w, p.words[last-1])
		return
	case ours:
		figure = "0" + figure
	}
	// Quotes and escapes are around the figure, never in it.
	start := w.start + bytes.IndexByte(e.src[w.start:w.end], '=') + 1
	e.add(splice{start, start + len(was), figure})
}

// weight tells the figure of a word that sets a weight.
func (w word) weight() (int, bool) {
	figure, ok := strings.CutPrefix(w.text, "weight=")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(figure)
	return n, err == nil
}
