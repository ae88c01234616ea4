package terminal_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"

	"rota/internal/terminal"
)

// victim names the way in which a process of this test is to end.
const victim = "TERMINAL_TEST_VICTIM"

func TestMain(m *testing.M) {
	terminal.Main()
	if end := os.Getenv(victim); end != "" {
		die(end)
	}
	os.Exit(m.Run())
}

// die takes the terminal as a screen does, and ends.
func die(end string) {
	done, err := terminal.Keep(os.Stdin, os.Stderr, "LAST WORDS")
	if err != nil {
		fmt.Println("no keeper:", err)
		os.Exit(3)
	}
	state, _ := term.MakeRaw(0)
	fmt.Print("\x1b[?1049h\x1b[?25lON SCREEN")
	switch end {
	case "panic":
		go func() { panic("a bug in a goroutine") }()
	case "leave":
		fmt.Print("\x1b[?25h\x1b[?1049l")
		_ = term.Restore(0, state)
		done()
		os.Exit(0)
	}
	time.Sleep(time.Minute)
}

func TestTerminalIsPutRight(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"panic", "kill", "hangup", "leave"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			master, tty, err := pty.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _, _ = master.Close(), tty.Close() }()
			before, err := term.GetState(int(tty.Fd()))
			if err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			var seen bytes.Buffer
			go func() {
				b := make([]byte, 4096)
				for {
					n, err := master.Read(b)
					mu.Lock()
					seen.Write(b[:n])
					mu.Unlock()
					if err != nil {
						return
					}
				}
			}()
			screen := func() string { mu.Lock(); defer mu.Unlock(); return seen.String() }
			c := exec.Command(os.Args[0])
			c.Env = append(os.Environ(), victim+"="+end)
			c.Stdin, c.Stdout, c.Stderr = tty, tty, tty
			c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			until(t, "the screen", func() bool { return strings.Contains(screen(), "ON SCREEN") })
			switch end {
			case "kill":
				_ = c.Process.Kill()
			case "hangup":
				_ = c.Process.Signal(syscall.SIGHUP)
			}
			_ = c.Wait()
			until(t, "the terminal in order", func() bool {
				now, err := term.GetState(int(tty.Fd()))
				return err == nil && fmt.Sprint(*now) == fmt.Sprint(*before) && strings.Contains(screen(), "\x1b[?1049l")
			})
			if end == "leave" {
				if strings.Contains(screen(), "LAST WORDS") {
					t.Errorf("a program that left in order has last words: %q", screen())
				}
				return
			}
			until(t, "the last words", func() bool { return strings.Contains(screen(), "LAST WORDS") })
			if _, after, _ := strings.Cut(screen(), "\x1b[?1049l"); end == "panic" && !strings.Contains(after, "a bug in a goroutine") {
				t.Errorf("the panic is not told on the normal screen: %q", after)
			}
		})
	}
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}
