package engine

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"rota/inventory"
	"rota/rollout"
)

// act does one action on the server that it names, within its timeout.
func (x *run) act(ctx context.Context, a rollout.Action) error {
	host, s := x.Hosts[a.Server], x.Inventory.Server(a.Server)
	if host == nil || s == nil {
		return fmt.Errorf("%s is not in the inventory", a.Server)
	}
	limited := ctx
	if limit := cmp.Or(a.Timeout, a.Reboot); limit > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	err := x.perform(limited, host, *s, a)
	if err != nil && a.Reboot == 0 && limited.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("timeout: not done after %s: %w", a.Timeout, err)
	}
	return err
}

func (x *run) perform(ctx context.Context, host rollout.Host, s inventory.Server, a rollout.Action) error {
	if a.Reboot > 0 {
		return x.reboot(ctx, host, a)
	}
	vars := x.vars(s, a)
	if a.Upload != "" {
		local, to := a.Upload, a.To
		for _, v := range vars { // the two names that a plan cannot know
			if v.Name == "ROTA_RUN" || v.Name == "ROTA_BATCH" {
				local = strings.ReplaceAll(local, "${"+v.Name+"}", v.Value)
				to = strings.ReplaceAll(to, "${"+v.Name+"}", v.Value)
			}
		}
		if !filepath.IsAbs(local) {
			local = filepath.Join(x.Folder, local)
		}
		return host.Upload(ctx, local, to, a.Sudo)
	}
	out := &lines{emit: func(line string) {
		x.tails.add(a.Server, line)
		x.add(rollout.Event{Kind: rollout.Output, Server: a.Server, Step: a.ID, Stream: "out", Line: line})
	}}
	defer out.flush()
	script := stepScript(x.place(), a.ID, slices.Concat(vars, x.Secrets), a.Run)
	return host.Run(ctx, script, a.Sudo, out)
}

// vars are the variables of an action. A once-step may run on a server that is
// no target: it then has the version of the run.
func (x *run) vars(s inventory.Server, a rollout.Action) []inventory.Var {
	return x.varsOf(s, a.ID.Touches())
}

// checkVars are the variables of a server's health and version checks.
func (x *run) checkVars(server string) []inventory.Var {
	return slices.Concat(x.varsOf(*x.Inventory.Server(server), true), x.Secrets)
}

func (x *run) varsOf(s inventory.Server, own bool) []inventory.Var {
	st := x.state()
	p := st.Current()
	t := rollout.Target{Server: s.Name, To: p.Version}
	if target := p.Target(s.Name); target != nil {
		t = *target
	}
	kind := p.Kind
	if sv := st.Server(s.Name); sv != nil && sv.GoesBack && own {
		t.From, t.To, kind = t.To, t.From, "rollback"
	}
	return rollout.Vars(x.Inventory, s, t, kind, st.Run)
}

// expanded puts a server's values in the place of names, for a person to read.
func (x *run) expanded(server, s string) string {
	for _, v := range x.checkVars(server) {
		s = strings.ReplaceAll(s, "${"+v.Name+"}", v.Value)
	}
	return s
}

// place names the application among all that have steps on one host.
func (x *run) place() string { return x.Inventory.App + "." + x.Inventory.Environment }

const endLimit = 20 * time.Second

// endStep ends an action that may still run on its host.
func (x *run) endStep(ctx context.Context, a rollout.Action) error {
	if a.Run == "" {
		return nil // an upload appears whole or not at all, a reboot cannot be ended
	}
	return x.endCommand(ctx, x.Hosts[a.Server], a.ID, a.Sudo, a.Server+": "+a.Words())
}

// endCommand ends the command of a step that may still run, and tells that it did.
func (x *run) endCommand(ctx context.Context, where rollout.Shell, id rollout.StepID, sudo, what string) error {
	ctx, cancel := context.WithTimeout(ctx, endLimit)
	defer cancel()
	var out strings.Builder
	if err := where.Run(ctx, endScript(x.place(), id), sudo, &out); err != nil {
		return err
	}
	if strings.TrimSpace(out.String()) == "ended" {
		x.note(what + " was still running and was ended")
	}
	return nil
}

// beside does prepare or finish steps: each step on its servers side by side,
// one step after the other. Those that a killed run has done are not done again.
func (x *run) beside(ctx context.Context, actions []rollout.Action) error {
	for len(actions) > 0 {
		// A step is the run of actions with the same place in the inventory:
		// their ids differ in the server alone.
		group := stepOf(actions[0].ID)
		k := slices.IndexFunc(actions, func(a rollout.Action) bool { return stepOf(a.ID) != group })
		if k < 0 {
			k = len(actions)
		}
		if err := x.side(ctx, actions[:k]); err != nil {
			return err
		}
		actions = actions[k:]
	}
	return nil
}

func stepOf(id rollout.StepID) string {
	step, _, _ := strings.Cut(string(id), "/")
	return step
}

func (x *run) side(ctx context.Context, actions []rollout.Action) error {
	if x.Control.isStopped() {
		return x.stopped()
	}
	st := x.state()
	var wg sync.WaitGroup
	errs := make([]error, len(actions))
	turns := map[string]turn{}
	for i, a := range actions {
		if past, ok := st.Step(a.ID); ok && past.Ended && past.Error == "" {
			continue
		}
		host := rollout.Machine(x.Inventory.Server(a.Server).SSH)
		if turns[host] == nil {
			turns[host] = newTurn()
		}
		turn := turns[host]
		wg.Go(func() {
			defer turn.take()()
			errs[i] = x.do(ctx, 0, a, a.Server)
		})
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			return x.asEnd(fmt.Errorf("%s: %w", actions[i].Server, err))
		}
	}
	return nil
}

// lines cuts a stream into lines, so that each becomes an event. A carriage
// return alone rewrites its line and ends nothing.
type lines struct {
	emit func(string)
	mu   sync.Mutex
	part []byte
}

const longestLine = 16 << 10

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.part = append(l.part, b...)
	for {
		i := slices.Index(l.part, '\n')
		if i < 0 && len(l.part) < longestLine {
			return len(b), nil
		}
		if i < 0 {
			i = len(l.part) - 1
		}
		l.emit(strings.TrimSuffix(string(l.part[:i+1]), "\n"))
		l.part = append(l.part[:0], l.part[i+1:]...)
	}
}

// flush emits a last line that had no end.
func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.part) > 0 {
		l.emit(string(l.part))
		l.part = nil
	}
}

var _ io.Writer = (*lines)(nil)
