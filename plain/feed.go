package plain

import (
	"io"
	"sync"
)

// feed writes to its writers in the order in which it was given, from a
// goroutine of its own: whoever pauses a pager, or presses Ctrl-S, must not
// hold up a run. What waits to be written is kept, however much it is.
type feed struct {
	mu     sync.Mutex
	more   *sync.Cond // there is something in queue, or closed
	queue  []piece
	closed bool
	done   chan struct{}
}

type piece struct {
	to    io.Writer
	bytes string
}

func newFeed() *feed {
	f := &feed{done: make(chan struct{})}
	f.more = sync.NewCond(&f.mu)
	go f.write()
	return f
}

// to returns a writer that never blocks and hands on to w.
func (f *feed) to(w io.Writer) io.Writer { return inlet{f, w} }

// close writes what is left and waits until that is done. What is written
// after it is lost.
func (f *feed) close() {
	f.mu.Lock()
	f.closed = true
	f.more.Signal()
	f.mu.Unlock()
	<-f.done
}

func (f *feed) write() {
	defer close(f.done)
	for {
		pieces := f.take()
		if pieces == nil {
			return
		}
		for _, p := range pieces {
			_, _ = io.WriteString(p.to, p.bytes)
		}
	}
}

// take waits for something to write; nil says that no more comes.
func (f *feed) take() []piece {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.queue) == 0 && !f.closed {
		f.more.Wait()
	}
	pieces := f.queue
	f.queue = nil
	return pieces
}

// inlet is one writer of a feed.
type inlet struct {
	feed *feed
	to   io.Writer
}

func (i inlet) Write(b []byte) (int, error) {
	i.feed.mu.Lock()
	defer i.feed.mu.Unlock()
	i.feed.queue = append(i.feed.queue, piece{i.to, string(b)})
	i.feed.more.Signal()
	return len(b), nil
}
