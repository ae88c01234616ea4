package ssh

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// somebody answers what is asked after a while, and remembers it.
type somebody struct {
	after   time.Duration
	trusts  bool
	secrets []string // in turn; "": a refusal

	mu     sync.Mutex
	asked  []string
	closed bool // a question was withdrawn
	open   int
}

func (s *somebody) answers(ctx context.Context, text string) error {
	s.mu.Lock()
	s.asked = append(s.asked, text)
	if s.open++; s.open > 1 {
		panic("two questions at a time")
	}
	s.mu.Unlock()
	defer func() { s.mu.Lock(); s.open--; s.mu.Unlock() }()
	select {
	case <-time.After(s.after):
		return nil
	case <-ctx.Done():
		s.closed = true
		return ctx.Err()
	}
}

func (s *somebody) Confirm(ctx context.Context, text string) (bool, error) {
	return s.trusts, s.answers(ctx, text)
}

func (s *somebody) Secret(ctx context.Context, prompt string) (string, error) {
	if err := s.answers(ctx, prompt); err != nil {
		return "", err
	}
	value := s.secrets[0]
	s.secrets = s.secrets[1:]
	if value == "refused" {
		return "", errors.New("not given")
	}
	return value, nil
}

// asking runs f with questions to somebody, and ends them.
func asking(t *testing.T, who *somebody, f func(t *testing.T, q *questions)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var all sync.WaitGroup
		q := newQuestions(who, func(f func()) bool { all.Go(f); return true })
		f(t, q)
		q.close()
		all.Wait()
	})
}

func TestMachinesThatComeTogetherAreOneQuestion(t *testing.T) {
	who := &somebody{after: time.Minute, trusts: true}
	var kept []string // by the one who asks, so one at a time
	asking(t, who, func(t *testing.T, q *questions) {
		var all sync.WaitGroup
		for i, name := range []string{"web2", "lb1", "web1", "web3"} {
			all.Go(func() {
				time.Sleep(time.Duration(i) * 200 * time.Millisecond)
				if name == "web3" { // too late: the question is open
					time.Sleep(10 * time.Second)
				}
				s := stranger{
					where: "[10.0.0.1]:" + name[2:], key: "ED25519 SHA256:" + name, file: "/home/me/.ssh/known_hosts",
					keep: func() { kept = append(kept, name) },
				}
				if name == "lb1" {
					s.via = "bastion"
				}
				if err := q.trust(t.Context(), name, s); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if err := q.trust(t.Context(), name, s); err != nil {
					t.Errorf("%s, the second time: %v", name, err)
				}
			})
		}
		all.Wait()
	})
	want := []string{
		`trust the host keys of lb1, web1, web2? they are not known yet
lb1 ([10.0.0.1]:1) by way of bastion shows ED25519 SHA256:lb1
web1 ([10.0.0.1]:b1) shows ED25519 SHA256:web1
web2 ([10.0.0.1]:b2) shows ED25519 SHA256:web2
compare with what the machine itself says (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub there); a yes is kept in /home/me/.ssh/known_hosts`,
		`trust the host key of web3? it is not known yet
web3 ([10.0.0.1]:b3) shows ED25519 SHA256:web3
compare with what the machine itself says (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub there); a yes is kept in /home/me/.ssh/known_hosts`,
	}
	if !slices.Equal(who.asked, want) {
		t.Errorf("asked\n%s", strings.Join(who.asked, "\n\n"))
	}
	if !slices.Equal(kept, []string{"lb1", "web1", "web2", "web3"}) {
		t.Errorf("kept %v", kept)
	}
}

func TestAMachineOfManyNamesIsOneLine(t *testing.T) {
	who := &somebody{trusts: true}
	asking(t, who, func(t *testing.T, q *questions) {
		var all sync.WaitGroup
		for _, name := range []string{"web1", "web2"} {
			all.Go(func() {
				_ = q.trust(t.Context(), name, stranger{where: "10.0.0.1", key: "ED25519 SHA256:abc", keep: func() {}})
			})
		}
		all.Wait()
	})
	if len(who.asked) != 1 || !strings.Contains(who.asked[0], " (10.0.0.1) shows ED25519 SHA256:abc\n") ||
		!strings.HasSuffix(who.asked[0], "a yes is good until rota ends") {
		t.Errorf("asked %q", who.asked)
	}
}

func TestWhatWasRefusedIsNotAskedForBeforeAgain(t *testing.T) {
	ask := map[string]func(*testing.T, *questions) error{
		"a host key": func(t *testing.T, q *questions) error {
			return q.trust(t.Context(), "web1", stranger{where: "web1", key: "ED25519 SHA256:abc"})
		},
		"a passphrase": func(t *testing.T, q *questions) error {
			_, err := q.secret(t.Context(), wanted{key: "key", word: "passphrase", prompt: "passphrase of key", tries: 3, ask: q.prompt})
			return err
		},
		"a passphrase that stays wrong": func(t *testing.T, q *questions) (err error) {
			for w := (wanted{key: "key", word: "passphrase", prompt: "passphrase of key", tries: 3, ask: q.prompt}); ; {
				if w.refused, err = q.secret(t.Context(), w); err != nil {
					return err
				}
			}
		},
	}
	for name, row := range map[string]struct {
		secrets []string
		says    string
		each    int // questions each time
	}{
		"a host key":                    {nil, "not accepted", 1},
		"a passphrase":                  {[]string{"refused", "refused"}, "not given", 1},
		"a passphrase that stays wrong": {[]string{"a", "b", "b", "c", "d", "e"}, "wrong 3 times", 3},
	} {
		t.Run(name, func(t *testing.T) {
			who := &somebody{secrets: row.secrets}
			asking(t, who, func(t *testing.T, q *questions) {
				for range 3 {
					if err := ask[name](t, q); err == nil || !strings.Contains(err.Error(), row.says) {
						t.Errorf("the error is %v", err)
					}
				}
				if len(who.asked) != row.each {
					t.Errorf("asked %q", who.asked)
				}
				q.again()
				_ = ask[name](t, q)
				if len(who.asked) != 2*row.each {
					t.Errorf("after again: asked %q", who.asked)
				}
			})
		})
	}
}

func TestAWrongSecretIsToldWithTheTriesThatAreLeft(t *testing.T) {
	who := &somebody{secrets: []string{"a", "", "b"}}
	asking(t, who, func(t *testing.T, q *questions) {
		w := wanted{key: "sudo", word: "password", prompt: "sudo password", tries: 3, ask: q.prompt}
		w.refused, _ = q.secret(t.Context(), w)
		if _, err := q.secret(t.Context(), w); !errors.Is(err, errNothing) {
			t.Errorf("an empty one: %v", err)
		}
		q.again()
		if value, err := q.secret(t.Context(), w); value != "b" || err != nil {
			t.Errorf("%q, %v", value, err)
		}
	})
	want := []string{"sudo password", "that password was wrong: 2 of 3 tries left\nsudo password", "sudo password"}
	if !slices.Equal(who.asked, want) {
		t.Errorf("asked %q", who.asked)
	}
}

// Who asks has but a few seconds, a person takes a minute: what it is told then
// is there for the next one.
func TestAQuestionOutlivesThoseWhoWait(t *testing.T) {
	who := &somebody{after: time.Minute, trusts: true, secrets: []string{"right"}}
	asking(t, who, func(t *testing.T, q *questions) {
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var kept atomic.Int32
		met := stranger{where: "web1", key: "ED25519 SHA256:abc", keep: func() { kept.Add(1) }}
		w := wanted{key: "sudo", word: "password", ask: q.prompt}
		if err := q.trust(short, "web1", met); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v", err)
		}
		if _, err := q.secret(short, w); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v", err)
		}
		time.Sleep(5 * time.Minute)
		if n := kept.Load(); n != 1 {
			t.Errorf("kept %d times although nobody waits any more", n)
		}
		if err := q.trust(t.Context(), "web1", met); err != nil {
			t.Error(err)
		}
		if value, err := q.secret(t.Context(), w); value != "right" || err != nil {
			t.Errorf("%q, %v", value, err)
		}
	})
	if len(who.asked) != 2 || who.closed {
		t.Errorf("asked %q, withdrawn: %v", who.asked, who.closed)
	}
}

func TestAnOpenQuestionEndsWithThePool(t *testing.T) {
	who := &somebody{after: time.Hour}
	asking(t, who, func(t *testing.T, q *questions) {
		var all sync.WaitGroup
		all.Go(func() {
			if err := q.trust(t.Context(), "web1", stranger{where: "web1"}); !errors.Is(err, ErrClosed) {
				t.Errorf("the error is %v", err)
			}
		})
		all.Go(func() {
			if _, err := q.secret(t.Context(), wanted{key: "sudo", ask: q.prompt}); !errors.Is(err, ErrClosed) {
				t.Errorf("the error is %v", err)
			}
		})
		time.Sleep(time.Minute)
		q.close()
		all.Wait()
	})
	if !who.closed {
		t.Error("the question is still open")
	}
}
