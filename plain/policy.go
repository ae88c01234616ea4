package plain

import (
	"errors"
	"fmt"
	"io"

	"rota/rollout"
)

// ErrNoAnswer says that a question had to be answered and nobody could: the
// run then stops, every server in a known state.
var ErrNoAnswer = errors.New("nobody can be asked")

// Policy says who answers the questions of a run. The zero value answers none.
type Policy struct {
	Yes            bool   // --yes: every confirmation is answered with yes
	Changed        bool   // --changed: resume by the inventory as it is now
	OnFailure      string // "ask" (or ""), "pause", "rollback" or "abort"
	OnDrainTimeout string // "ask" (or ""), "continue", "fail", "move" or "cut"
	AppName        string // --app: confirms what touches everything of a protected app
	Terminal       bool   // a person sits there: questions are asked with a prompt

	// Answers is where answers come from, a line each: the terminal, or a pipe;
	// nil where standard input is neither. One that has a method Cancel() bool,
	// which ends a Read under way, is cancelled by Close.
	Answers io.Reader
}

// settle answers a question by policy. It reports false where somebody is to
// be asked.
func (p Policy) settle(q rollout.Question) (rollout.Answer, bool) {
	switch q.Kind {
	case rollout.AskPlan, rollout.AskGate, rollout.AskFloor:
		return p.confirm(q, p.Yes, "--yes")
	case rollout.AskChanged:
		if p.Changed {
			return p.confirm(q, true, "--changed")
		}
		return p.confirm(q, p.Yes && p.Terminal, "--yes")
	case rollout.AskFailure, rollout.AskProbe:
		return pick(q, p.OnFailure, "policy on_failure")
	case rollout.AskDrain:
		return pick(q, p.OnDrainTimeout, "policy on_drain_timeout")
	default: // a once-step and a disturbance are never settled in advance
		return rollout.Answer{}, false
	}
}

// confirm answers with continue, if that was said in advance and the name of a
// protected app with it.
func (p Policy) confirm(q rollout.Question, said bool, by string) (rollout.Answer, bool) {
	c, ok := choice(q, rollout.Continue)
	if !said || !ok || !p.named(q, c) {
		return rollout.Answer{}, false
	}
	return rollout.Answer{Choice: c.Word, By: by}, true
}

// named reports whether a choice needs no further word with the app's name.
func (p Policy) named(q rollout.Question, c rollout.Choice) bool {
	return !c.Wide || q.TypeName == "" || q.TypeName == p.AppName
}

// pick answers with the word of a policy, where it is among the choices: the
// words of on_failure and on_drain_timeout are those of choices, but for "ask".
func pick(q rollout.Question, word, by string) (rollout.Answer, bool) {
	c, ok := choice(q, word)
	return rollout.Answer{Choice: c.Word, By: by}, ok
}

// asks reports whether somebody can be asked.
func (p Policy) asks(q rollout.Question) bool {
	switch {
	case p.Answers == nil:
		return false
	case !p.Terminal:
		return !p.Yes && q.Kind != rollout.AskChanged
	case p.Yes:
		return !trouble(q)
	default:
		return true
	}
}

// otherwise answers where nobody can be asked: a failure pauses the run, a
// server that does not drain is put back, and all else has no answer.
func (p Policy) otherwise(q rollout.Question) (rollout.Answer, error) {
	word := rollout.Pause
	if q.Kind == rollout.AskDrain {
		word = rollout.PutBack
	}
	if a, ok := pick(q, word, "policy, nobody to ask"); ok && trouble(q) {
		return a, nil
	}
	if c, ok := choice(q, rollout.Continue); ok && p.Yes && !p.named(q, c) {
		return rollout.Answer{}, fmt.Errorf("%w: %s is protected: --yes needs --app %s", ErrNoAnswer, q.TypeName, q.TypeName)
	}
	return rollout.Answer{}, fmt.Errorf("%w: %s", ErrNoAnswer, q.Text)
}

// trouble reports whether a question is about something that went wrong, and
// not a confirmation: --yes means that nobody is there to settle it.
func trouble(q rollout.Question) bool {
	switch q.Kind {
	case rollout.AskFailure, rollout.AskDrain, rollout.AskHold, rollout.AskProbe:
		return true
	default:
		return false
	}
}

func choice(q rollout.Question, word string) (rollout.Choice, bool) {
	for _, c := range q.Choices {
		if c.Word == word {
			return c, true
		}
	}
	return rollout.Choice{}, false
}
