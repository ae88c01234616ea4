package tui

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"rota/internal/text"
	"rota/lb"
	"rota/rollout"
)

func plainText(s string) string { return ansi.Strip(s) }

// check tells what is wrong with a frame: it has exactly the height of the
// screen, no line is too wide, nothing but colours controls the terminal, and
// the badge is there.
func (st *story) check() error {
	frame := st.View().Content
	lines := strings.Split(frame, "\n")
	if len(lines) != st.height {
		return fmt.Errorf("%d lines on a screen of %d", len(lines), st.height)
	}
	for i, l := range lines {
		bare := plainText(l)
		if n := text.Width(bare); n > st.width {
			return fmt.Errorf("line %d takes %d cells of %d: %q", i, n, st.width, bare)
		}
		if bare != text.Clean(bare) && text.Clean(bare) != strings.TrimRight(bare, " ") {
			return fmt.Errorf("line %d is not harmless: %q", i, bare)
		}
		if rest := withoutColours(l); strings.ContainsRune(rest, 0x1b) {
			return fmt.Errorf("line %d holds more than colours: %q", i, l)
		}
	}
	m := st.model
	if m.playing != nil {
		m = m.playing
	}
	if b := m.badge(); st.width > 30 && !strings.Contains(plainText(frame), b.word) {
		return fmt.Errorf("the badge %q is missing:\n%s", b.word, plainText(frame))
	}
	return nil
}

// withoutColours drops SGR sequences, and those alone.
func withoutColours(s string) string {
	var b strings.Builder
	for s != "" {
		before, after, ok := strings.Cut(s, "\x1b[")
		b.WriteString(before)
		if !ok {
			break
		}
		end := strings.IndexFunc(after, func(r rune) bool { return r != ';' && (r < '0' || r > '9') })
		if end < 0 || after[end] != 'm' {
			b.WriteString("\x1b[")
			s = after
			continue
		}
		s = after[end+1:]
	}
	return b.String()
}

var hostile = []string{
	"\x1b]0;owned\a", "a\tb", "90%\rgone", "\u202egnp.exe", "\x1bPq\x1b\\", "\x9b31m", "좋아요 한글 이름", "\x1b]8;;http://x\x1b\\",
	strings.Repeat("x", 400), "two\nlines", "e\u0301\u0301", "👩\u200d💻 ok", "",
}

func TestAnyStateFitsAnyScreen(t *testing.T) {
	t.Parallel()
	keys := strings.Split("j k g G enter esc h p 1 2 3 4 5 / s space a v f o w : tab ? P X D O I R C q y n N A T ctrl+c up down pgdown x z ㅓ", " ")
	states := []lb.State{lb.Unknown, lb.Absent, lb.In, lb.Draining, lb.Out, lb.Down, lb.Mixed}
	for seed := range uint64(16) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 7))
			any := func(list []string) string { return list[r.IntN(len(list))] }
			st := newStory(t, 1+r.IntN(40), 20+r.IntN(280), 1+r.IntN(100), func(c *Config) {
				c.ASCII, c.Color, c.Protected = r.IntN(3) == 0, r.IntN(2) == 0, r.IntN(2) == 0
				c.ReadOnly = r.IntN(5) == 0
				c.Balancers = c.Balancers[:0]
				for i := range 1 + r.IntN(5) {
					c.Balancers = append(c.Balancers, fmt.Sprintf("balancer-%d", i))
				}
				c.Extra = func() string { return any(hostile) }
			})
			st.withHistory(t)
			for range 80 {
				if r.IntN(4) == 0 {
					st.carryOut()
				}
				server := st.cfg.Servers[r.IntN(len(st.cfg.Servers))].Name
				switch r.IntN(12) {
				case 0:
					st.send(tea.WindowSizeMsg{Width: 1 + r.IntN(300), Height: 1 + r.IntN(100)})
				case 1:
					if st.run.state.Seq == 0 {
						st.begin()
					}
				case 2:
					st.seen()
				case 3:
					if st.run.state.Seq > 0 {
						st.observed(server, states[r.IntN(len(states))], st.cfg.Balancers...)
					}
				case 4:
					if sv := st.run.state.Server(server); sv != nil && sv.Phase == rollout.Waiting && st.run.on() {
						st.deployed(server, []rollout.Phase{rollout.Serving, rollout.Failed, rollout.Deploying, rollout.Draining}[r.IntN(4)])
					}
				case 5:
					if st.run.on() {
						st.event(rollout.Event{Kind: rollout.Output, Server: server, Line: any(hostile)})
						st.event(rollout.Event{Kind: rollout.Noted, Server: server, Text: any(hostile), Error: any(hostile)})
					}
				case 6:
					q := []rollout.Question{gateQuestion, failureQuestion, drainQuestion}[r.IntN(3)]
					q.Text, q.Output, q.Facts = any(hostile), hostile, hostile
					q.TypeName = any([]string{"", "shop"})
					st.question(q)
				case 7:
					st.wait(quiet)
					if r.IntN(2) == 0 {
						st.secretAsked(any(hostile))
					}
				default:
					st.wait(quiet / 3)
					st.send(keyOf(any(keys)))
				}
				if err := st.check(); err != nil {
					t.Fatal(err)
				}
				if st.run.broken != "" {
					t.Fatal(st.run.broken)
				}
			}
		})
	}
}
