package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"rota/rollout"
)

// Rights asks whether the steps of a deploy would be let do what they need: for
// every user that they become a command that does nothing is run as that user,
// and the folders of uploads are looked at. It changes nothing, and finds
// everything that is missing at once.
func Rights(ctx context.Context, needs []rollout.Need, hosts map[string]rollout.Host) error {
	ctx, cancel := context.WithTimeout(ctx, preflightLimit)
	defer cancel()
	errs := make([]error, len(needs))
	turns := map[string]turn{}
	var wg sync.WaitGroup
	for i, n := range needs {
		if turns[n.Server] == nil {
			turns[n.Server] = newTurn()
		}
		turn := turns[n.Server]
		wg.Go(func() {
			defer turn.take()()
			errs[i] = allowed(ctx, n, hosts[n.Server])
		})
	}
	wg.Wait()
	return once(errs)
}

func allowed(ctx context.Context, n rollout.Need, host rollout.Host) error {
	var said strings.Builder
	if n.Folder == "" {
		if n.Sudo == "" {
			return nil // Preflight has logged in already
		}
		if err := host.Run(ctx, "exit 0", n.Sudo, io.Discard); err != nil {
			return fmt.Errorf("%s: become %s for a step: %w", n.Server, n.Sudo, err)
		}
		return nil
	}
	err := host.Run(ctx, writableScript(n.Folder), n.Sudo, &said)
	if why := strings.TrimSpace(said.String()); err != nil && why != "" {
		err = errors.New(why)
	}
	if err != nil {
		return fmt.Errorf("%s: upload to %s: %w", n.Server, n.Folder, err)
	}
	return nil
}

// writableScript looks whether a folder, or the nearest above it that is there,
// can be written.
func writableScript(folder string) string {
	return "d=" + quote(folder) + `
until [ -e "$d" ]; do
	up=$(dirname -- "$d")
	[ "$up" != "$d" ] || break
	d=$up
done
[ -d "$d" ] || { echo "$d is not a folder"; exit 1; }
[ -w "$d" ] && [ -x "$d" ] || { echo "$d cannot be written by $(id -un)"; exit 1; }
`
}
