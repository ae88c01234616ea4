package nginx

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"rota/lb"
)

// Set implements lb.Balancer with one edit and one reload for all changes.
// Draining and Out are the same words in the file; Set does not wait for the
// old workers to end. Where the file says already what is wanted, nothing is
// done if a reload after its last change is proved; else it is tested, reloaded
// and proved all the same. A reload also loads every other edit that waits.
func (b *Balancer) Set(ctx context.Context, want ...lb.Change) error {
	return b.enact(ctx, func(t *tree) (plan, error) { return b.plan(t, want) })
}

// enact brings about what is planned for the files as they are.
func (b *Balancer) enact(ctx context.Context, planned func(*tree) (plan, error)) error {
	select {
	case b.turn <- struct{}{}: // one edit at a time: the machine has a lock too, but this one is cheaper
		defer func() { <-b.turn }()
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("nginx: %w", err)
	}
	const tries = 10
	for range tries {
		t, seen, err := b.load(ctx)
		if err != nil {
			return err
		}
		p, err := planned(t)
		if err != nil {
			return err
		}
		if len(p.edits) == 0 && t.proved(p, seen.generation) {
			return nil
		}
		again, err := b.apply(ctx, t, p, seen.generation)
		if err != nil {
			return err
		}
		if !again {
			return b.confirm(ctx, planned)
		}
	}
	return fmt.Errorf("nginx: %s: others change the files all the time", b.cfg.File)
}

// proved tells whether the workers have read the words as they are.
func (t *tree) proved(p plan, g generation) bool {
	for _, w := range p.lines {
		if !g.loaded(t.changed(w.line, w.word, g)) {
			return false
		}
	}
	return true
}

// apply makes the edit on the machine. It asks to be done again where a file
// is not what it was when it was read.
func (b *Balancer) apply(ctx context.Context, t *tree, p plan, g generation) (again bool, err error) {
	var stdin bytes.Buffer
	for _, e := range p.edits {
		after := e.edit.Bytes()
		hash := sha256.Sum256(after)
		sum := hex.EncodeToString(hash[:])
		mark, err := json.Marshal(t.mark(e.file, g, sum, e.words))
		if err != nil {
			return false, err
		}
		fmt.Fprintf(&stdin, "%s\n%s\n%s\n%s\n%s\n", e.file.real, e.file.sum(), sum,
			base64.StdEncoding.EncodeToString(mark), base64.StdEncoding.EncodeToString(after))
	}
	var stale []string
	for f := range t.markers {
		stale = append(stale, f.marker())
	}
	const lock, test = 30 * time.Second, 2 * time.Minute
	out, err := b.run(ctx, b.cfg.Patience+lock+test, applyScript, stdin.Bytes(),
		variable{"test", b.cfg.Test}, variable{"reload", b.cfg.Reload},
		variable{"patience", strconv.Itoa(int(b.cfg.Patience.Seconds() + 0.5))},
		variable{"stale", quoteAll(slices.Sorted(slices.Values(stale)))})
	if err != nil {
		return false, err
	}
	outcome, said, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	switch outcome {
	case "done":
		return false, nil
	case "changed":
		return true, nil
	}
	return false, b.failure(outcome, said)
}

// failure makes an error of an outcome of the script.
func (b *Balancer) failure(outcome, said string) error {
	said = complaint(said)
	switch outcome {
	case "running":
		return fmt.Errorf("nginx: it is not running, or its pid file is another: %s", said)
	case "busy":
		return fmt.Errorf("nginx: another process edits its configuration: the lock on %s is taken", b.cfg.PID)
	case "test":
		return refused(fmt.Errorf("nginx: %s: refused, nothing was reloaded: %s", b.cfg.Test, said), said)
	case "reload":
		return refused(fmt.Errorf("nginx: %s: no reload, the running configuration is the old one: %s", b.cfg.Reload, said), said)
	case "unproved":
		return fmt.Errorf("nginx: %s: not taken within %v, the running configuration is the old one: %s\n"+
			"nginx's error log says why; often another process listens on one of its ports", b.cfg.Reload, b.cfg.Patience, said)
	case "restarted":
		return fmt.Errorf("nginx: %s: restarted nginx instead of reloading it, which cuts requests: %s", b.cfg.Reload, said)
	case "write":
		return refused(fmt.Errorf("nginx: nothing was changed: %s", said), said)
	}
	return fmt.Errorf("nginx: the answer of the machine is cut short: %q", outcome)
}

// refused makes err one of rights, with a hint, where that is what was said.
func refused(err error, said string) error {
	for _, words := range []string{"Permission denied", "Operation not permitted", "Read-only file system"} {
		if strings.Contains(said, words) {
			return fmt.Errorf("%w: %w\nthis user lacks a right: sudo: true, or another user, lets rota", err, fs.ErrPermission)
		}
	}
	return err
}

// complaint cuts what nginx said down to what is wrong.
func complaint(said string) string {
	var keep, all []string
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if line == "" || strings.Contains(line, "[warn]") || strings.Contains(line, "[notice]") {
			continue
		}
		all = append(all, line)
		if !strings.HasPrefix(line, "nginx: configuration file ") && !strings.HasPrefix(line, "nginx: the configuration file ") {
			keep = append(keep, line)
		}
	}
	if len(keep) == 0 {
		keep = all
	}
	return strings.Join(keep, "; ")
}

// confirm reads back what a proved edit did. While another process edits the
// same words, it waits until that is proved too.
func (b *Balancer) confirm(ctx context.Context, planned func(*tree) (plan, error)) error {
	for end := time.Now().Add(b.cfg.Patience); ; {
		t, seen, err := b.load(ctx)
		if err != nil {
			return err
		}
		p, err := planned(t)
		if err != nil {
			return err
		}
		if len(p.edits) > 0 {
			return fmt.Errorf("nginx: %s: somebody else has changed it since", p.edits[0].file.name)
		}
		if t.proved(p, seen.generation) {
			return nil
		}
		if time.Now().After(end) {
			return errors.New("nginx: the files were changed again, and no reload is proved since")
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("nginx: %w", ctx.Err())
		}
	}
}
