package plain

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"rota/rollout"
)

func TestAnswersComeFromLines(t *testing.T) {
	protected := gate()
	protected.TypeName = "shop"
	once := asking(rollout.AskOnce, rollout.Retry, rollout.Skip)

	tests := []struct {
		name     string
		terminal bool
		input    string
		q        rollout.Question
		want     string // "": no answer
		says     string
	}{
		{"a word", false, "continue\n", gate(), "continue", ""},
		{"a word in capitals with blanks around", false, "  CONTINUE \r\n", gate(), "continue", ""},
		{"a number", false, "2\n", gate(), "all", ""},
		{"a key", false, "x\n", gate(), "abort", ""},
		{"a last line without an end", false, "continue", gate(), "continue", ""},
		{"the line after wrong ones", false, "yes\n\n9\ncontinue\n", gate(), "continue", `"yes" is not an answer: one of continue, all, abort`},
		{"an empty input is no answer", false, "", gate(), "", ""},
		{"an input of wrong lines is no answer", false, "y\n", gate(), "", `"y" is not an answer`},
		{"an endless input of wrong lines is no answer", false, strings.Repeat("y\n", 100000), gate(), "", ""},
		{"a line without an end is no answer", false, strings.Repeat("y", 100000) + "\ncontinue\n", gate(), "", ""},
		{"a wrong line is told harmlessly", false, "\x1b[2Jcontinue\x07\ncontinue\n", gate(), "continue", ""},
		{"a failure by its word", false, "retry\n", failureQuestion(), "retry", ""},
		{"a failure is not settled by a number of a pipe", false, "1\n1\n", failureQuestion(), "pause", `"1" is not an answer`},
		{"a failure is paused at the end of the input", false, "", failureQuestion(), "pause", ""},
		{"a once-step is not repeated for a number of a pipe", false, "1\n", once, "", ""},
		{"a once-step is repeated by its word", false, "retry\n", once, "retry", ""},
		{"a slow drain is put back at the end of the input", false, "", drainQuestion(), "fail", ""},
		{"another inventory is not accepted by a pipe", false, "continue\n", asking(rollout.AskChanged, "continue"), "", ""},
		{"a wide choice with the app's name in the next line", false, "abort\nshop\n", protected, "abort", ""},
		{"a wide choice with a wrong name asks again", false, "abort\nship\ncontinue\n", protected, "continue", `"ship" is not the app's name`},
		{"a wide choice without a name is no answer", false, "abort\n", protected, "", ""},
		{"a person's number settles a failure", true, "1\n", failureQuestion(), "retry", "  1  retry     the step again"},
		{"a person who goes away leaves a pause", true, "", failureQuestion(), "pause", "config: missing DB_POOL_MAX"},
		{"a person is asked for the app's name", true, "abort\nshop\n", protected, "abort", "type shop: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var errs bytes.Buffer
			op := NewText(io.Discard, &errs, false, Policy{Terminal: tt.terminal, Answers: strings.NewReader(tt.input)})
			got, err := op.Decide(t.Context(), tt.q)
			op.Close()
			if got.Choice != tt.want || (tt.want == "") != errors.Is(err, ErrNoAnswer) {
				t.Errorf("got %v, %v; want %q", got, err, tt.want)
			}
			if !strings.Contains(errs.String(), tt.says) {
				t.Errorf("does not say %q:\n%s", tt.says, errs.String())
			}
			if strings.ContainsAny(errs.String(), "\x1b\r\x07") {
				t.Errorf("prints what it was told: %q", errs.String())
			}
		})
	}
}

func TestOneInputAnswersOneQuestionAfterTheOther(t *testing.T) {
	op := NewText(io.Discard, io.Discard, false, Policy{Answers: strings.NewReader("continue\nabort\n")})
	defer op.Close()
	for _, want := range []string{"continue", "abort"} {
		got, err := op.Decide(t.Context(), gate())
		if err != nil || got != (rollout.Answer{Choice: want, By: "standard input"}) {
			t.Errorf("got %v, %v; want %s", got, err, want)
		}
	}
	if _, err := op.Decide(t.Context(), gate()); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("the end of the input answered: %v", err)
	}
}

func TestQuestionsOfSeveralServersTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		op := NewText(io.Discard, io.Discard, false, Policy{Terminal: true, Answers: r})
		answers := make([]string, 3)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				a, err := op.Decide(t.Context(), failureQuestion())
				if err != nil {
					t.Error(err)
				}
				answers[i] = a.Choice
			})
		}
		for range answers {
			_, _ = io.WriteString(w, "retry\n")
		}
		all.Wait()
		op.Close()
		if got := strings.Join(answers, " "); got != "retry retry retry" {
			t.Errorf("got %s", got)
		}
	})
}

func TestAQuestionEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		op := NewText(io.Discard, io.Discard, false, Policy{Answers: r})
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error)
		go func() {
			_, err := op.Decide(ctx, gate())
			failed <- err
		}()
		synctest.Wait() // it reads
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		// What came too late for that question answers the next.
		go func() { _, _ = io.WriteString(w, "continue\n") }()
		if a, err := op.Decide(t.Context(), gate()); err != nil || a.Choice != "continue" {
			t.Errorf("got %v, %v", a, err)
		}
		op.Close()
	})
}

// blocked is a reader that waits until Cancel.
type blocked struct{ reading, canceled, ended chan struct{} }

func (b blocked) Read([]byte) (int, error) {
	close(b.reading)
	<-b.canceled
	close(b.ended)
	return 0, io.EOF
}

func (b blocked) Cancel() bool {
	close(b.canceled)
	return true
}

func TestCloseEndsTheReaderAndWaits(t *testing.T) {
	r := blocked{make(chan struct{}), make(chan struct{}), make(chan struct{})}
	op := NewText(io.Discard, io.Discard, false, Policy{Answers: r})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-r.reading
		cancel()
	}()
	if _, err := op.Decide(ctx, gate()); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	op.Close()
	select {
	case <-r.ended:
	default:
		t.Error("Close returned while a read was under way")
	}
}
