package ssh

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
)

var errNobody = errors.New("nobody is there to be asked")

// questions puts one question at a time to the asker. Questions about host keys
// that come up while another is open are put together as one, so that a hundred
// new machines are two or three questions.
type questions struct {
	asker Asker
	turn  chan struct{} // held while a question is open

	mu      sync.Mutex
	waiting []*confirmation // not yet asked
	secrets map[string]*secret
}

type confirmation struct {
	text   string
	done   chan struct{}
	agreed bool
	err    error
}

// secret is one thing that is asked once.
type secret struct {
	turn  chan struct{}
	value string
	known bool
}

func newQuestions(a Asker) *questions {
	return &questions{asker: a, turn: make(chan struct{}, 1), secrets: map[string]*secret{}}
}

// confirm asks whether to trust what text tells of, perhaps with others.
func (q *questions) confirm(ctx context.Context, text string) (bool, error) {
	if q.asker == nil {
		return false, errNobody
	}
	mine := &confirmation{text: text, done: make(chan struct{})}
	q.mu.Lock()
	q.waiting = append(q.waiting, mine)
	q.mu.Unlock()
	select {
	case <-mine.done:
	case q.turn <- struct{}{}:
		q.ask(ctx, mine)
		<-q.turn
	case <-ctx.Done():
		q.mu.Lock()
		q.waiting = slices.DeleteFunc(q.waiting, func(c *confirmation) bool { return c == mine })
		q.mu.Unlock()
		return false, context.Cause(ctx)
	}
	return mine.agreed, mine.err
}

// ask puts all that is waiting. If the one that asks gives up, only it does: the
// others ask again.
func (q *questions) ask(ctx context.Context, mine *confirmation) {
	q.mu.Lock()
	if !slices.Contains(q.waiting, mine) { // somebody has asked for us
		q.mu.Unlock()
		<-mine.done
		return
	}
	batch := q.waiting
	q.waiting = nil
	q.mu.Unlock()
	texts := make([]string, len(batch))
	for i, c := range batch {
		texts[i] = c.text
	}
	agreed, err := q.asker.Confirm(ctx, strings.Join(texts, "\n"))
	if err != nil && ctx.Err() != nil {
		mine.err = err
		q.mu.Lock()
		q.waiting = append(q.waiting, slices.DeleteFunc(batch, func(c *confirmation) bool { return c == mine })...)
		q.mu.Unlock()
		return
	}
	for _, c := range batch {
		c.agreed, c.err = agreed, err
		close(c.done)
	}
}

// secret asks for what key stands for, once: later calls get the same. It is
// asked for anew when the one that is known is refused, which proved wrong.
func (q *questions) secret(ctx context.Context, key, refused string, ask func(context.Context) (string, error)) (string, error) {
	q.mu.Lock()
	s, ok := q.secrets[key]
	if !ok {
		s = &secret{turn: make(chan struct{}, 1)}
		q.secrets[key] = s
	}
	q.mu.Unlock()
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	if s.known && (refused == "" || s.value != refused) {
		return s.value, nil
	}
	value, err := ask(ctx)
	if err == nil {
		s.value, s.known = value, true
	}
	return value, err
}

// prompt asks for a secret that is not remembered.
func (q *questions) prompt(ctx context.Context, text string) (string, error) {
	if q.asker == nil {
		return "", errNobody
	}
	select {
	case q.turn <- struct{}{}:
		defer func() { <-q.turn }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	return q.asker.Secret(ctx, text)
}
