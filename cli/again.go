package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"rota/fleet"
	"rota/rollout"
	"rota/ssh"
)

// again is an operator with whose decisions goes that what was refused, such as
// a passphrase, is asked for once more: "try again" means that too.
type again struct {
	rollout.Operator
	fleet *fleet.Fleet
}

func (a again) Decide(ctx context.Context, q rollout.Question) (rollout.Answer, error) {
	answer, err := a.Operator.Decide(ctx, q)
	a.fleet.AskAgain()
	return answer, err
}

// askSudo has a person asked for sudo's password before anything is done, where
// that is to be asked for: later nobody may be there, and a server out of
// rotation.
func (s *session) askSudo(ctx context.Context, needs []rollout.Need) error {
	if s.inv.SSH.SudoPassword != "ask" {
		return nil
	}
	needs = slices.DeleteFunc(slices.Clone(needs), func(n rollout.Need) bool { return n.Sudo == "" })
	errs := make([]error, len(needs))
	var wg sync.WaitGroup
	for i, n := range needs {
		become := func() {
			err := s.hosts[n.Server].Run(ctx, "exit 0", n.Sudo, io.Discard)
			if errors.Is(err, ssh.ErrPassword) { // others may mend themselves before the step
				errs[i] = fmt.Errorf("%s: become %s for a step: %w", n.Server, n.Sudo, err)
			}
		}
		if i > 0 {
			wg.Go(become)
			continue
		}
		if become(); errs[0] != nil { // a wrong password counts once, not on every server
			break
		}
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return failed(fmt.Errorf("%w\nnothing was touched", err))
	}
	return nil
}
