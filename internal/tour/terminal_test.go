package main

import (
	"os/exec"
	"strings"
	"testing"
)

func shell(t *testing.T, script string) *terminal {
	t.Helper()
	x, err := open(exec.Command("/bin/sh", "-c", script), 40, 5)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.close)
	return x
}

func TestAProgramIsSeenAndTypedTo(t *testing.T) {
	t.Parallel()
	x := shell(t, `stty size; echo ready; read line; echo "it was $line"; sleep 60`)
	if _, err := x.see(t.Context(), "the size", `^5 40\nready\n`); err != nil {
		t.Fatal(err)
	}
	if err := x.press("a key\r"); err != nil {
		t.Fatal(err)
	}
	f, err := x.see(t.Context(), "the answer", `it was a key`)
	if err != nil {
		t.Fatal(err)
	}
	if want := "5 40\nready\na key\nit was a key\n\n"; f.Text() != want {
		t.Errorf("the frame shows %q, want %q", f.Text(), want)
	}
}

// A program may ask where the cursor is, and wait for the answer.
func TestTheTerminalAnswers(t *testing.T) {
	t.Parallel()
	x := shell(t, `stty -icanon -echo; printf '\033[6n'; test "$(head -c 6)" = "$(printf '\033[1;1R')" && echo well; sleep 60`)
	if _, err := x.see(t.Context(), "the answer", `well`); err != nil {
		t.Fatal(err)
	}
}

func TestAProgramThatEndsIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	x := shell(t, `echo last words; sleep 0.2`)
	_, err := x.see(t.Context(), "more", `more`)
	if err == nil || !strings.Contains(err.Error(), "waited for more") || !strings.Contains(err.Error(), "last words") {
		t.Errorf("it went on with %v", err)
	}
}
