package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	gossh "golang.org/x/crypto/ssh"

	"rota/ssh/config"
)

// keysBeforePassword is how many keys are offered while a password could still
// be tried: sshd hangs up after six refusals (sshd_config(5), MaxAuthTries).
const keysBeforePassword = 5

// login proves to one server who we are. It offers one key at a time, so that
// one that fails to sign does not end the others' chance.
type login struct {
	host   *config.Host
	asking *questions
	keys   *keyring
	wait   func(func())     // runs what may ask a person
	wary   func() bool      // no password may be given away
	note   func(how string) // what was tried last

	loaded  bool
	left    []candidate
	offered []string
	skipped []string
	tries   map[string]int
	secrets map[string]string // what was answered last, by method
}

// next returns what to try next; it is the library's AuthCallback.
func (l *login) next(ctx context.Context) gossh.ClientAuthCallback {
	return func(info *gossh.ClientAuthContext) (gossh.AuthMethod, error) {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		for _, method := range l.host.Methods {
			if !slices.Contains(info.AllowedMethods, method) {
				continue
			}
			var auth gossh.AuthMethod
			switch method {
			case "publickey":
				auth = l.nextKey(ctx, info)
			case "keyboard-interactive", "password":
				auth = l.nextPassword(ctx, method)
			}
			if auth != nil {
				return auth, nil
			}
		}
		return nil, l.refused(info)
	}
}

func (l *login) nextKey(ctx context.Context, info *gossh.ClientAuthContext) gossh.AuthMethod {
	if !l.loaded {
		l.loaded = true
		l.left = l.keys.candidates(ctx, l.host, l.wait, func(err error) { l.skipped = append(l.skipped, err.Error()) })
	}
	if len(l.left) == 0 || len(l.offered) >= keysBeforePassword && l.passwordLeft(info) {
		return nil
	}
	key := l.left[0]
	l.left = l.left[1:]
	l.offered = append(l.offered, key.from)
	l.note(fingerprint(key.PublicKey()))
	return gossh.PublicKeys(key.Signer)
}

func (l *login) passwordLeft(info *gossh.ClientAuthContext) bool {
	return l.mayAsk() && slices.ContainsFunc(info.AllowedMethods, func(method string) bool {
		return method != "publickey" && slices.Contains(l.host.Methods, method)
	})
}

func (l *login) mayAsk() bool {
	return l.asking.asker != nil && !l.host.Batch && !l.wary() && l.asking.refusal(l.place()) == nil
}

// place is what a machine that refused passwords is remembered by.
func (l *login) place() string {
	return "at " + l.host.User + "@" + net.JoinHostPort(l.host.HostName, l.host.Port)
}

// passwords is how many were tried.
func (l *login) passwords() int { return l.tries["password"] + l.tries["keyboard-interactive"] }

func (l *login) nextPassword(ctx context.Context, method string) gossh.AuthMethod {
	if !l.mayAsk() || l.tries[method] >= l.host.PasswordPrompts {
		return nil
	}
	if l.tries == nil {
		l.tries, l.secrets = map[string]int{}, map[string]string{}
	}
	l.tries[method]++
	l.note(method)
	refused := l.secrets[method]
	if method == "password" {
		return gossh.PasswordCallback(func() (string, error) { return l.password(ctx, method, refused) })
	}
	return gossh.KeyboardInteractive(func(_, instruction string, questions []string, echos []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i, question := range questions {
			var err error
			if !echos[i] && strings.Contains(strings.ToLower(question), "password") {
				answers[i], err = l.password(ctx, method, refused)
			} else { // a code, good for once
				l.wait(func() {
					answers[i], err = l.asking.prompt(ctx, strings.TrimSpace(l.host.User+"@"+l.host.Name+": "+instruction+" "+question))
				})
			}
			if err != nil {
				return nil, err
			}
		}
		return answers, nil
	})
}

// password returns the login's password. It is asked once, and tried wherever
// that login name is let in by one.
func (l *login) password(ctx context.Context, method, refused string) (value string, err error) {
	l.wait(func() {
		value, err = l.asking.secret(ctx, wanted{
			key: "login " + l.host.User, word: "password", refused: refused, ask: l.asking.prompt,
			prompt: fmt.Sprintf("password of %s on %s (tried on this run's other machines too)", l.host.User, l.host.Name),
		})
	})
	l.secrets[method] = value
	if err != nil {
		return "", fmt.Errorf("password: %w", err)
	}
	return value, nil
}

// refused tells what was tried and what could be done.
func (l *login) refused(info *gossh.ClientAuthContext) error {
	takes := strings.Join(info.AllowedMethods, ", ")
	if takes == "" {
		takes = "nothing more"
	}
	err := fmt.Errorf("%s is not let in: %s; the server takes %s", l.host.User, l.tried(), takes)
	if l.passwords() > 0 {
		l.asking.refuse(l.place(), errors.New("the password was wrong"))
	}
	return err
}

func (l *login) tried() string {
	parts := slices.Clone(l.skipped) // what a person could have given first
	if err := l.asking.refusal(l.place()); err != nil {
		parts = append(parts, err.Error())
	}
	if len(l.offered) > 0 {
		parts = append(parts, "offered "+strings.Join(l.offered, ", "))
	} else {
		parts = append(parts, "no key to offer")
	}
	if n := l.passwords(); n > 0 {
		parts = append(parts, fmt.Sprintf("%d passwords", n))
	}
	return strings.Join(parts, "; ")
}

// tooMany says what helps when a server hung up on too many keys.
func (l *login) tooMany() error {
	return fmt.Errorf("%s is not let in: the server hung up after %d keys (%s): name the right one by IdentityFile, with IdentitiesOnly yes, in ssh_config",
		l.host.User, len(l.offered), l.tried())
}
