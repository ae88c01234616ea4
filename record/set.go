package record

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Source is the record folder of one balancer's host.
type Source struct {
	Balancer string // names this balancer's copy of the journals
	Host     string // for errors
	Shell    Shell
}

// Set is the folders on all hosts as one. Where two balancers live on one host
// they share the folder, and what is asked twice there is done once.
//
// Methods ask all hosts side by side and may be called concurrently; what is
// written must arrive on every host. Reads return what the hosts that answered
// have told, and an error that names those that did not: a caller that decides
// by it must not go on, one that only shows it may.
type Set struct {
	self    Identity
	members []member

	mu    sync.Mutex
	token string // of the lock that this Set holds
}

type member struct {
	Source
	folder *Folder
}

// NewSet returns the folders of all sources, at a place ("" for the default
// rules), for a lock's name. Nothing is asked yet.
func NewSet(self Identity, name, place string, sources []Source) *Set {
	s := &Set{self: self}
	for _, src := range sources {
		s.members = append(s.members, member{src, Open(src.Shell, place, name)})
	}
	return s
}

// For makes journals and versions those of one application, where several
// share a lock. It is called before anything else and returns s.
func (s *Set) For(app string) *Set {
	for _, m := range s.members {
		m.folder.app = app
	}
	return s
}

// Check looks, without a change, whether this login may use every folder.
func (s *Set) Check(ctx context.Context) error {
	return s.each(func(m member) error { return m.folder.Check(ctx) })
}

// each calls do for all members side by side and joins their errors.
func (s *Set) each(do func(member) error) error {
	_, err := gather(s, func(m member) (struct{}, error) { return struct{}{}, do(m) })
	return err
}

// gather asks all members side by side, and joins their errors.
func gather[T any](s *Set, ask func(member) (T, error)) ([]T, error) {
	answers, errs := make([]T, len(s.members)), make([]error, len(s.members))
	var wg sync.WaitGroup
	for i, m := range s.members {
		wg.Go(func() {
			a, err := ask(m)
			answers[i], errs[i] = a, m.wrap(err)
		})
	}
	wg.Wait()
	return answers, errors.Join(errs...)
}

// wrap adds the host's name to an error.
func (m member) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: record: %w", m.Host, err)
}
