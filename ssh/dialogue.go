package ssh

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync/atomic"
)

// dialogue is what is said between us and the shell around a script: words that
// nobody can foresee mark where it begins, when sudo wants its password, and
// when the input was taken.
type dialogue struct {
	script   string
	password string
	prompt   string // "": sudo may not ask
	task     task
	end      string

	ready, begun, taken mark
	asked               mark // sudo's prompt
	again               mark // and a second one: the password was wrong
	wrong               atomic.Bool
	stderr              tail
	noise               tail // what the login shell said before
}

// mark is a word that is waited for.
type mark struct {
	word string
	met  chan struct{}
}

func newMark(word string) mark { return mark{word, make(chan struct{})} }

func (m mark) seen() bool {
	select {
	case <-m.met:
		return true
	default:
		return false
	}
}

func newDialogue(t task, password string) *dialogue {
	d := &dialogue{
		task: t, password: password, end: nonce(),
		ready: newMark(nonce()), begun: newMark(nonce()), taken: newMark(nonce()),
		asked: newMark(nonce()),
	}
	d.again = newMark(d.asked.word)
	switch {
	case t.stream != nil:
		d.script = streamed(t.script, d.begun.word)
	case len(t.stdin) > 0:
		d.script = fed(t.script, d.begun.word, len(t.stdin), d.taken.word, d.end)
	default:
		d.script = watched(t.script, d.begun.word)
	}
	if password != "" {
		d.prompt = d.asked.word
	} else {
		close(d.ready.met)
	}
	return d
}

// feed is our side of it.
func (d *dialogue) feed(ctx context.Context, stdin io.Writer) error {
	wait := func(m mark) error {
		select {
		case <-m.met:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if !d.ready.seen() {
		select {
		case <-d.asked.met: // not before: without a prompt the command would read it
			if _, err := io.WriteString(stdin, d.password+"\n"); err != nil {
				return err
			}
		case <-d.ready.met:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		select {
		case <-d.again.met:
			d.wrong.Store(true)
			return errPassword // closes the input, and so ends sudo
		case <-d.ready.met:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if _, err := io.WriteString(stdin, d.script); err != nil {
		return err
	}
	switch {
	case d.task.stream != nil:
		// Until the script has begun, what follows could be read with it.
		if err := wait(d.begun); err != nil {
			return err
		}
		if err := d.task.stream(ctx, stdin); err != nil {
			return err
		}
		return io.EOF
	case len(d.task.stdin) > 0:
		if err := wait(d.begun); err != nil {
			return err
		}
		if _, err := stdin.Write(d.task.stdin); err != nil {
			return err
		}
		if err := wait(d.taken); err != nil {
			return err
		}
		_, err := io.WriteString(stdin, d.end+"\n")
		return err
	}
	return nil
}

// output takes the marks out of what comes on standard output. Before the
// script has begun it is the login shell's noise.
func (d *dialogue) output() io.Writer {
	marks := []*sifted{{mark: d.begun}}
	if !d.ready.seen() {
		marks = append([]*sifted{{mark: d.ready}}, marks...)
	}
	for _, m := range marks {
		m.before = &d.noise
	}
	if len(d.task.stdin) > 0 {
		marks = append(marks, &sifted{mark: d.taken, before: d.task.stdout})
	}
	return &sieve{marks: marks, to: d.task.stdout, newline: true}
}

// errors takes sudo's prompts out of what comes on standard error.
func (d *dialogue) errors() io.Writer {
	if d.prompt == "" {
		return &d.stderr
	}
	return &sieve{marks: []*sifted{{mark: d.asked, before: &d.stderr}, {mark: d.again, before: &d.stderr}}, to: &d.stderr}
}

// sifted is a mark in a stream, and where that goes which comes before it.
type sifted struct {
	mark
	before io.Writer
}

// sieve passes a stream on and takes marks out of it, one after the other.
type sieve struct {
	marks   []*sifted
	newline bool // follows each mark
	to      io.Writer
	held    []byte // may be the start of a mark
}

func (s *sieve) Write(b []byte) (int, error) {
	data := append(s.held, b...)
	s.held = nil
	var problems []error
	pass := func(w io.Writer, b []byte) {
		if len(b) > 0 {
			_, err := w.Write(b)
			problems = append(problems, err)
		}
	}
	for len(s.marks) > 0 {
		next := s.marks[0]
		word := []byte(next.word)
		if s.newline {
			word = append(word, '\n')
		}
		i := bytes.Index(data, word)
		if i < 0 {
			keep := startOf(data, word)
			pass(next.before, data[:len(data)-keep])
			s.held = append([]byte(nil), data[len(data)-keep:]...)
			return len(b), errors.Join(problems...)
		}
		pass(next.before, data[:i])
		data = data[i+len(word):]
		s.marks = s.marks[1:]
		close(next.met)
	}
	pass(s.to, data)
	return len(b), errors.Join(problems...)
}

// startOf returns how many of the last bytes of data could be the start of word.
func startOf(data, word []byte) int {
	for n := min(len(data), len(word)-1); n > 0; n-- {
		if bytes.HasSuffix(data, word[:n]) {
			return n
		}
	}
	return 0
}
