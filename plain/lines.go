package plain

import (
	"bufio"
	"context"
	"io"
)

// lines hands out the lines of a reader to a caller that may give up waiting.
// It reads a line when one is asked for and not before; a line that came too
// late for one question is kept for the next. Its methods must not be called
// concurrently.
type lines struct {
	from    io.Reader
	scan    *bufio.Scanner
	pending chan line // a read under way, or nil
}

type line struct {
	text string
	err  error
}

func newLines(from io.Reader) *lines {
	l := &lines{from: from}
	if from != nil {
		l.scan = bufio.NewScanner(from)
	}
	return l
}

// next returns the next line. The error is io.EOF at the end of the input, or
// where it cannot be read on, and else that of ctx.
func (l *lines) next(ctx context.Context) (string, error) {
	if l.pending == nil {
		l.pending = make(chan line, 1)
		go l.read(l.pending)
	}
	select {
	case got := <-l.pending:
		l.pending = nil
		return got.text, got.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (l *lines) read(to chan<- line) {
	if l.scan.Scan() {
		to <- line{text: l.scan.Text()}
	} else {
		to <- line{err: io.EOF}
	}
}

// close ends a read under way and waits for it. A reader that cannot be
// cancelled is left to the end of its input.
func (l *lines) close() {
	c, ok := l.from.(interface{ Cancel() bool })
	if l.pending != nil && ok && c.Cancel() {
		<-l.pending
		l.pending = nil
	}
}
