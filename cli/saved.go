package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Save implements tui.Actions: what is saved lies beside the journals.
func (d *desk) Save(_ context.Context, name string, lines []string) (string, error) {
	return save(filepath.Join(d.session.journalFolder(), "saved"), name, time.Now(), lines)
}

// save writes lines to a new file that only its owner can read.
func save(folder, name string, now time.Time, lines []string) (path string, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	name = strings.Map(func(r rune) rune {
		if r == filepath.Separator || r == 0 {
			return '-'
		}
		return r
	}, name)
	path = filepath.Join(folder, name+now.Format("-20060102-150405.000")+".log")
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	defer func() {
		if cerr := file.Close(); err == nil {
			err = cerr
		}
	}()
	_, err = file.WriteString(strings.Join(lines, "\n") + "\n")
	return path, err
}
