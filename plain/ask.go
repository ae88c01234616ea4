package plain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"rota/internal/text"
	"rota/rollout"
)

// mostWrong is how many wrong lines one question bears, so that `yes | rota`
// comes to an end.
const mostWrong = 100

// asker answers questions: by policy, else by the lines of a person or a pipe.
type asker struct {
	policy Policy
	lines  *lines
	feed   *feed
	to     io.Writer     // where questions and wrong answers are told
	turn   chan struct{} // holds one token: whoever has it asks
}

func newAsker(p Policy, to io.Writer) *asker {
	f := newFeed()
	a := &asker{policy: p, lines: newLines(p.Answers), feed: f, to: f.to(to), turn: make(chan struct{}, 1)}
	a.turn <- struct{}{}
	return a
}

// Decide answers a question, or returns an error that wraps ErrNoAnswer. It may
// be called concurrently: questions are asked one after the other.
func (a *asker) Decide(ctx context.Context, q rollout.Question) (rollout.Answer, error) {
	if answer, ok := a.policy.settle(q); ok {
		return answer, nil
	}
	if !a.policy.asks(q) {
		return a.policy.otherwise(q)
	}
	select {
	case <-a.turn:
		defer func() { a.turn <- struct{}{} }()
	case <-ctx.Done():
		return rollout.Answer{}, ctx.Err()
	}
	answer, err := a.ask(ctx, q)
	if errors.Is(err, io.EOF) {
		return a.policy.otherwise(q)
	}
	return answer, err
}

// willAsk reports whether Decide will ask somebody.
func (a *asker) willAsk(q rollout.Question) bool {
	_, settled := a.policy.settle(q)
	return !settled && a.policy.asks(q)
}

// Close ends a read for an answer that never came and waits until everything
// is printed. It is called once, when nothing is asked or observed any more.
func (a *asker) Close() {
	<-a.turn
	a.lines.close()
	a.feed.close()
}

// ask shows the question and reads lines until one is an answer; io.EOF says
// that there is none.
func (a *asker) ask(ctx context.Context, q rollout.Question) (rollout.Answer, error) {
	a.show(q)
	for range mostWrong {
		got, err := a.prompt(ctx, "answer: ")
		if err != nil {
			return rollout.Answer{}, err
		}
		c, ok := a.understand(q, got)
		if !ok {
			say(a.to, "%q is not an answer: %s", text.Clean(got), offered(q))
			continue
		}
		if ok, err = a.confirmed(ctx, q, c); err != nil {
			return rollout.Answer{}, err
		}
		if ok {
			return rollout.Answer{Choice: c.Word, By: a.who()}, nil
		}
	}
	return rollout.Answer{}, io.EOF
}

// evidence is what is known about a question, a line each.
func evidence(q rollout.Question) []string {
	return slices.Concat(q.Facts, q.Output)
}

// show prints the question, what is known, and what each choice will mean.
func (a *asker) show(q rollout.Question) {
	say(a.to, "%s", q.Text)
	for _, line := range evidence(q) {
		say(a.to, "  | %s", line)
	}
	for _, line := range q.ByHand {
		say(a.to, "  by hand: %s", exact(line))
	}
	t := table{}
	for i, c := range q.Choices {
		t.add("  "+strconv.Itoa(i+1), c.Word, c.Then)
	}
	t.print(a.to, 0, nil)
}

func (a *asker) prompt(ctx context.Context, words string) (string, error) {
	if a.policy.Terminal {
		_, _ = io.WriteString(a.to, words)
	}
	return a.lines.next(ctx)
}

// understand finds the choice that a line means: its word, its key, or its
// number. A pipe's number answers confirmations alone: whoever wrote it ahead
// of time cannot have meant a failure by it.
func (a *asker) understand(q rollout.Question, got string) (rollout.Choice, bool) {
	got = strings.TrimSpace(got)
	numbers := a.policy.Terminal || confirmation(q)
	for i, c := range q.Choices {
		if strings.EqualFold(got, c.Word) || strings.EqualFold(got, c.Key) || numbers && got == strconv.Itoa(i+1) {
			return c, got != ""
		}
	}
	return rollout.Choice{}, false
}

func confirmation(q rollout.Question) bool {
	return !trouble(q) && q.Kind != rollout.AskOnce
}

// confirmed asks for the app's name where a choice needs it.
func (a *asker) confirmed(ctx context.Context, q rollout.Question, c rollout.Choice) (bool, error) {
	if a.policy.named(q, c) {
		return true, nil
	}
	got, err := a.prompt(ctx, fmt.Sprintf("this touches everything: type %s: ", q.TypeName))
	if err != nil {
		return false, err
	}
	if strings.TrimSpace(got) != q.TypeName {
		say(a.to, "%q is not the app's name: nothing is done", text.Clean(got))
		return false, nil
	}
	return true, nil
}

func offered(q rollout.Question) string {
	words := make([]string, len(q.Choices))
	for i, c := range q.Choices {
		words[i] = c.Word
	}
	return "one of " + strings.Join(words, ", ")
}

func (a *asker) who() string {
	if a.policy.Terminal {
		return "a person"
	}
	return "standard input"
}
