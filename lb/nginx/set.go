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
//
// The edit is heard before it is sent. The test and the reload are one script
// with it, so they are heard with their answers, as far as it came.
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
	for _, part := range b.diff(p) {
		lb.Told(ctx, part.servers, strings.Join(part.lines, "\n"))
	}
	const lock, test = 30 * time.Second, 2 * time.Minute
	out, err := b.run(ctx, b.cfg.Patience+lock+test, applyScript, stdin.Bytes(),
		variable{"test", b.cfg.Test}, variable{"reload", b.cfg.Reload},
		variable{"patience", strconv.Itoa(int(b.cfg.Patience.Seconds() + 0.5))},
		variable{"stale", quoteAll(slices.Sorted(slices.Values(stale)))})
	about := b.serversOf(p.lines)
	if err != nil {
		lb.Said(ctx, about, "(no answer: "+err.Error()+")")
		return false, err
	}
	return b.outcome(ctx, about, string(out))
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
