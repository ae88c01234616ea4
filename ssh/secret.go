package ssh

import (
	"context"
	"errors"
	"fmt"
)

// errNothing says that a person has given nothing.
var errNothing = errors.New("none was given")

// secret is something that is asked for once, for all who want it.
type secret struct {
	open  bool // it is being asked for
	known bool
	value string
	err   error // why it is not known
	wrong int   // how many values were refused
}

// wanted says what secret is wanted.
type wanted struct {
	key     string // that it is kept under
	word    string // what it is: "passphrase" or "password"
	prompt  string
	refused string // the value that was no good; "": none was tried yet
	tries   int    // after so many nobody is asked any more; 0: no limit
	ask     func(ctx context.Context, prompt string) (string, error)
}

// secret asks for what is wanted, once: later calls get the same. It is asked
// for anew when the value that is known is refused, as that proved wrong.
func (q *questions) secret(ctx context.Context, w wanted) (string, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s, ok := q.secrets[w.key]
	if !ok {
		s = &secret{}
		q.secrets[w.key] = s
	}
	for {
		if s.known && s.value == w.refused {
			s.known = false
			if s.wrong++; w.tries > 0 && s.wrong >= w.tries {
				s.err = fmt.Errorf("wrong %d times", s.wrong)
			}
		}
		switch {
		case s.known:
			return s.value, nil
		case s.err != nil:
			return "", s.err
		case !s.open:
			s.open = q.spawn(func() { q.askSecret(s, w, s.wrong) })
			if !s.open {
				return "", ErrClosed
			}
		}
		if err := q.wait(ctx); err != nil {
			return "", err
		}
	}
}

func (q *questions) askSecret(s *secret, w wanted, wrong int) {
	prompt := w.prompt
	switch {
	case wrong > 0 && w.tries > 0:
		prompt = fmt.Sprintf("that %s was wrong: %d of %d tries left\n%s", w.word, w.tries-wrong, w.tries, prompt)
	case wrong > 0:
		prompt = fmt.Sprintf("that %s was wrong\n%s", w.word, prompt)
	}
	value, err := w.ask(q.life, prompt)
	if err == nil && value == "" {
		err = errNothing
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	s.open, s.known, s.value, s.err = false, err == nil, value, err
	q.news()
}

// refuse says that what key stands for is not to be asked for again, and why.
func (q *questions) refuse(key string, why error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.secrets[key] = &secret{err: why}
}

// refusal returns why nobody is to be asked for what key stands for; nil where
// somebody may be.
func (q *questions) refusal(key string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if s := q.secrets[key]; s != nil {
		return s.err
	}
	return nil
}
