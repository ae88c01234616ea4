package ssh

import (
	"context"
	"errors"
	"sync"
)

var errNobody = errors.New("nobody is there to be asked")

// questions puts one question at a time to the asker. A question that is open
// stays open until it is answered, also when those who wait for the answer give
// up: it is kept for whoever wants it next. What was refused is not asked for
// again until somebody calls again.
type questions struct {
	asker Asker
	spawn func(func()) bool // runs in the background, unless the pool is closed
	life  context.Context   //nolint:containedctx // of the pool, ended by close
	close context.CancelFunc
	turn  chan struct{} // held while a question is open

	mu        sync.Mutex
	secrets   map[string]*secret
	strangers map[string]*stranger
	gathering bool // strangers are being put together to one question
	changed   chan struct{}
}

func newQuestions(a Asker, spawn func(func()) bool) *questions {
	q := &questions{
		asker: a, spawn: spawn, turn: make(chan struct{}, 1),
		secrets: map[string]*secret{}, strangers: map[string]*stranger{}, changed: make(chan struct{}),
	}
	q.life, q.close = context.WithCancel(context.Background())
	return q
}

// take takes the turn to ask; give gives it back.
func (q *questions) take(ctx context.Context) (give func(), err error) {
	select {
	case q.turn <- struct{}{}:
		return func() { <-q.turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// prompt asks for something secret that is not remembered.
func (q *questions) prompt(ctx context.Context, text string) (string, error) {
	if q.asker == nil {
		return "", errNobody
	}
	give, err := q.take(ctx)
	if err != nil {
		return "", err
	}
	defer give()
	return q.asker.Secret(ctx, text)
}

// again lets what was refused be asked for once more.
func (q *questions) again() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, s := range q.secrets {
		s.err, s.wrong = nil, 0
	}
	for key, s := range q.strangers {
		if s.err != nil {
			delete(q.strangers, key)
		}
	}
}

// news ends the waiting of all who wait for an answer; q.mu is held.
func (q *questions) news() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// wait waits until something is answered; q.mu is held before and after.
func (q *questions) wait(ctx context.Context) error {
	changed := q.changed
	q.mu.Unlock()
	defer q.mu.Lock()
	select {
	case <-changed:
		return nil
	case <-q.life.Done():
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
