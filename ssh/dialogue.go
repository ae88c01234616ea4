package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// dialogue is what is said between us and the shell around a script: words that
// nobody can foresee mark where it begins, and when
// sudo wants its password.
type dialogue struct {
	task     task
	script   string                                // as it is sent
	password func(context.Context) (string, error) // nil: sudo may not ask

	ready, begun mark
	asked        mark                  // sudo's prompt
	again        mark                  // and a second one: the password was wrong
	failed       atomic.Pointer[error] // why sudo got no password that it likes
	stderr       tail
	noise        tail // what the login shell said before
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

func newDialogue(t task, password func(context.Context) (string, error)) *dialogue {
	d := &dialogue{
		task: t, password: password,
		ready: newMark(nonce()), begun: newMark(nonce()), asked: newMark(nonce()),
	}
	d.again = newMark(d.asked.word)
	if t.stream != nil {
		d.script = streamed(t.script, d.begun.word)
	} else {
		d.script = watched(t.script, d.begun.word, t.stdin)
	}
	if password == nil {
		close(d.ready.met)
	}
	return d
}

// feed is our side of it. It returns nil when the input is to be kept open.
func (d *dialogue) feed(ctx context.Context, stdin io.Writer) error {
	if !d.ready.seen() {
		if err := d.admit(ctx, stdin); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(stdin, d.script); err != nil || d.task.stream == nil {
		return err
	}
	// Until the script has begun, what follows could be read with it.
	if _, err := first(ctx, d.begun, d.begun); err != nil {
		return err
	}
	if err := d.task.stream(ctx, stdin); err != nil {
		return err
	}
	return io.EOF
}

// line is the command line for the script.
func (d *dialogue) line() (string, error) {
	prompt := ""
	if d.password != nil {
		prompt = d.asked.word
	}
	return commandLine(len(d.script), d.task.sudo, prompt, d.ready.word)
}

// admit gives sudo the password when it wants it, not before: else the command
// would read it. An error closes the input, and so ends sudo.
func (d *dialogue) admit(ctx context.Context, stdin io.Writer) error {
	wanted, err := first(ctx, d.asked, d.ready)
	if err != nil || !wanted {
		return err
	}
	password, err := d.password(ctx)
	if err != nil {
		err = fmt.Errorf("sudo: password: %w", err)
		d.failed.Store(&err)
		return err
	}
	if _, err := io.WriteString(stdin, password+"\n"); err != nil {
		return err
	}
	wrong, err := first(ctx, d.again, d.ready)
	if wrong {
		err = errPassword
		d.failed.Store(&err)
	}
	return err
}

// first waits for one of two marks, and reports whether it was a.
func first(ctx context.Context, a, b mark) (bool, error) {
	select {
	case <-a.met:
		return true, nil
	case <-b.met:
		return false, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
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
	return &sieve{marks: marks, to: d.task.stdout, newline: true}
}

// errors takes sudo's prompts out of what comes on standard error.
func (d *dialogue) errors() io.Writer {
	if d.password == nil {
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
