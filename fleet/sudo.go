package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// sudoPassword returns how a sudo password is come by: nil for never.
func sudoPassword(way string, c Config) func(context.Context, string) (string, error) {
	if name, ok := strings.CutPrefix(way, "env:"); ok {
		return func(context.Context, string) (string, error) {
			if p := c.Getenv(name); p != "" {
				return p, nil
			}
			return "", fmt.Errorf("ssh.sudo_password: the variable %s is not set", name)
		}
	}
	if way != "ask" {
		return nil
	}
	return func(ctx context.Context, prompt string) (string, error) {
		if c.Asker == nil {
			return "", errors.New("sudo wants a password and nobody can be asked: run rota on a terminal, or give ssh.sudo_password: env:NAME")
		}
		return c.Asker.Secret(ctx, prompt)
	}
}

// inHome replaces a leading ~ of a path by the home folder.
func inHome(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~/")
	if !ok {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("ssh.config: %w", err)
	}
	return filepath.Join(home, rest), nil
}
