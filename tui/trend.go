package tui

import "time"

// A trend is the last minute of a figure, a cell for every five seconds.
const (
	trendCells = 12
	trendSpan  = 5 * time.Second
)

// trend keeps the last cells of a figure; -1 stands for what is not known. The
// zero trend knows nothing yet.
type trend struct {
	cells [trendCells]int
	spans int64 // the number of the newest cell's span of time; 0: nothing is known
}

// put takes what the figure is now: the newest figure of a span stands for it.
func (t *trend) put(now time.Time, figure int) {
	span := now.UnixNano() / int64(trendSpan)
	t.spans = max(t.spans, span-trendCells)
	for ; t.spans < span; t.spans++ {
		copy(t.cells[:], t.cells[1:])
		t.cells[trendCells-1] = -1
	}
	t.cells[trendCells-1] = figure
}

// most is the largest figure.
func (t *trend) most() int {
	most := 0
	for _, n := range t.cells {
		most = max(most, n)
	}
	return most
}
