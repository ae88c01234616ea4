package ssh

import (
	"context"
	"sync"
)

// How many logins may be under way at once. sshd begins to drop more than ten
// from anywhere (sshd_config(5), MaxStartups 10:30:100).
const (
	loginsEach = 8
	loginsAll  = 64
)

// limits keeps logins from overrunning a server, or this machine.
type limits struct {
	all chan struct{}

	mu   sync.Mutex
	each map[string]chan struct{} // by address
}

func newLimits() *limits {
	return &limits{all: make(chan struct{}, loginsAll), each: map[string]chan struct{}{}}
}

// enter waits for room to log in at address. Whatever that needs (a jump host)
// must have been logged in to before, else all room could wait for itself.
func (l *limits) enter(ctx context.Context, address string) (leave func(), err error) {
	l.mu.Lock()
	one, ok := l.each[address]
	if !ok {
		one = make(chan struct{}, loginsEach)
		l.each[address] = one
	}
	l.mu.Unlock()
	for i, slots := range []chan struct{}{one, l.all} {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			if i == 1 {
				<-one
			}
			return nil, context.Cause(ctx)
		}
	}
	return func() { <-l.all; <-one }, nil
}
