package rollout

import (
	"slices"
	"strings"
	"testing"
)

func TestGateMasksSecretsAndCleansText(t *testing.T) {
	g := NewGate("hunter2", "hunter2-long", "abc", "-----BEGIN\n  c2VjcmV0\n", "tab\tbed")
	tests := []struct{ name, in, want string }{
		{"a word that is no secret stays", "deployed 1.0.2", "deployed 1.0.2"},
		{"a secret is masked wherever it stands", "token=hunter2;", "token=***;"},
		{"a secret that holds another is masked whole", "hunter2-long", "***"},
		{"a value of three bytes is not masked", "abc", "abc"},
		{"a secret of several lines is masked line by line", "key c2VjcmV0 end", "key *** end"},
		{"a secret that an escape cuts in two is masked", "hunt\x1b[31mer2", "***"},
		{"a secret that holds what is cleaned away is masked", "tab\tbed", "***"},
		{"an escape is made harmless", "a\x1b[2Jb", "ab"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := g.Text(tt.in); got != tt.want {
				t.Errorf("%q becomes %q, want %q", tt.in, got, tt.want)
			}
		})
	}
	if got := (*Gate)(nil).Text("a\x1b[2Jb"); got != "ab" {
		t.Errorf("without secrets %q", got)
	}
}

func TestEveryTextOfAnEventPassesTheGate(t *testing.T) {
	const secret, evil = "hunter2", "hunter2 \x1b]0;x\x07"
	e := Event{
		Text: evil, Line: evil, Error: "a\n" + evil, Version: evil,
		Choices: []Choice{{Then: evil}},
		Question: &Question{
			Text: evil, Facts: []string{evil}, Output: []string{evil}, Choices: []Choice{{Then: evil}},
		},
		Summary: &Summary{Why: evil, Left: []Where{{Why: evil}}, ByHand: []string{evil}},
	}
	NewGate(secret).pass(&e)
	var line strings.Builder
	if err := writeEvent(&line, e); err != nil {
		t.Fatal(err)
	}
	if s := line.String(); strings.Contains(s, secret) || strings.Contains(s, `\u001b`) {
		t.Errorf("the line holds a secret or an escape: %s", s)
	}
	if e.Error != "a\n***" && !strings.HasPrefix(e.Error, "a\n***") {
		t.Errorf("an error of two lines became %q", e.Error)
	}
}

// Colours are kept beside a line, but not beside one that has a secret: where
// they change could tell of it.
func TestGateKeepsColours(t *testing.T) {
	t.Parallel()
	g := NewGate("hunter22")
	pass := func(line string) Event {
		e := Event{Kind: Output, Line: line}
		g.pass(&e)
		return e
	}
	e := pass("an \x1b[31merror\x1b[0m\x1b[2J here")
	if want := []Color{{3, 31}, {8, 0}}; e.Line != "an error here" || !slices.Equal(e.Colors, want) {
		t.Errorf("%q in %v", e.Line, e.Colors)
	}
	for _, line := range []string{"\x1b[31mhunter22", "hun\x1b[31mter22", "plain"} {
		if e := pass(line); e.Colors != nil || strings.Contains(e.Line, "hunter") {
			t.Errorf("%q in %v", e.Line, e.Colors)
		}
	}
}
