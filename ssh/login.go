package ssh

import (
	"context"
	"fmt"
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
		l.left, l.skipped = l.keys.candidates(ctx, l.host, l.wait)
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

func (l *login) mayAsk() bool { return l.asking.asker != nil && !l.host.Batch && !l.wary() }

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
		value, err = l.asking.secret(ctx, "login "+l.host.User, refused, func(ctx context.Context) (string, error) {
			return l.asking.prompt(ctx, fmt.Sprintf("password of %s on %s (tried on this run's other machines too)", l.host.User, l.host.Name))
		})
	})
	l.secrets[method] = value
	return value, err
}

// refused tells what was tried and what could be done.
func (l *login) refused(info *gossh.ClientAuthContext) error {
	takes := strings.Join(info.AllowedMethods, ", ")
	if takes == "" {
		takes = "nothing more"
	}
	return fmt.Errorf("%s is not let in: the server takes %s; %s", l.host.User, takes, l.tried())
}

func (l *login) tried() string {
	var parts []string
	if len(l.offered) > 0 {
		parts = append(parts, "offered "+strings.Join(l.offered, ", "))
	} else {
		parts = append(parts, "no key to offer")
	}
	if n := l.tries["password"] + l.tries["keyboard-interactive"]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d passwords", n))
	}
	parts = append(parts, l.skipped...)
	return strings.Join(parts, "; ")
}

// tooMany says what helps when a server hung up on too many keys.
func (l *login) tooMany() error {
	return fmt.Errorf("%s is not let in: the server hung up after %d keys (%s): name the right one by IdentityFile, with IdentitiesOnly yes, in ssh_config",
		l.host.User, len(l.offered), l.tried())
}
