package ssh

import (
	"context"
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
		err = fmt.Errorf("%w: %w", ErrPassword, err)
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
