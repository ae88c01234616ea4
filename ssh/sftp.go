package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/pkg/sftp"
	gossh "golang.org/x/crypto/ssh"
)

// errNoSFTP says that the server has no sftp, or one that cannot be talked to.
var errNoSFTP = errors.New("no sftp")

// sftp puts a file there by sftp. When ctx ends, it waits only a moment for its
// own tidying up.
func (c *Client) sftp(ctx context.Context, u *upload) error {
	s, err := c.session(ctx)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	if !s.conn.spawn(func() { done <- s.sftp(ctx, u) }) {
		return ErrClosed
	}
	select {
	case err = <-done:
	case <-ctx.Done():
		select {
		case err = <-done:
		case <-time.After(cleanUp):
			err = &StoppedError{context.Cause(ctx), false}
		}
	}
	switch {
	case err == nil, errors.Is(err, errNoSFTP) && !s.conn.isLost():
		return err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case s.conn.isLost():
		return &LostError{s.conn.why()}
	}
	return err
}

func (s *session) sftp(ctx context.Context, u *upload) error {
	defer func() { <-s.conn.sessions }()
	defer func() { _ = s.Close() }()
	s.conn.spawn(func() { gossh.DiscardRequests(s.requests) })
	s.conn.spawn(func() { _, _ = io.Copy(io.Discard, s.Stderr()) })
	ok, err := s.SendRequest("subsystem", true, gossh.Marshal(struct{ Name string }{"sftp"}))
	if err != nil || !ok {
		return errNoSFTP
	}
	client, err := sftp.NewClientPipe(s.Channel, s.Channel, sftp.UseConcurrentWrites(true))
	if err != nil {
		return fmt.Errorf("%w: %w", errNoSFTP, err)
	}
	defer func() { _ = client.Close() }()
	return u.sftp(ctx, client)
}

func (u *upload) sftp(ctx context.Context, client *sftp.Client) error {
	if u.parent {
		if err := client.MkdirAll(path.Dir(u.remote)); err != nil {
			return remotely(path.Dir(u.remote), err)
		}
	}
	if there, err := client.Stat(u.remote); err == nil && there.IsDir() {
		return fmt.Errorf("%s is a folder: end it in / to put the file into it", u.remote)
	}
	if err := u.sftpWrite(ctx, client); err != nil {
		_ = client.Remove(u.temp)
		return remotely(u.remote, err)
	}
	err := client.PosixRename(u.temp, u.remote)
	if unsupported(err) { // then not in one step
		_ = client.Remove(u.remote)
		err = client.Rename(u.temp, u.remote)
	}
	if err != nil {
		_ = client.Remove(u.temp)
		return remotely(u.remote, err)
	}
	return nil
}

func (u *upload) sftpWrite(ctx context.Context, client *sftp.Client) error {
	from, err := os.Open(u.local)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	to, err := client.OpenFile(u.temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	n, err := to.ReadFrom(&fileReader{ctx.Err, from, u.info.Size()})
	if err == nil && n != u.info.Size() {
		err = errChanging
	}
	if err == nil {
		err = to.Chmod(u.info.Mode().Perm())
	}
	if err == nil {
		if err = to.Sync(); unsupported(err) {
			err = nil
		}
	}
	if closed := to.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	// Writes side by side can leave holes when one of them fails.
	there, err := client.Stat(u.temp)
	if err == nil && there.Size() != u.info.Size() {
		err = fmt.Errorf("only %d of %d bytes arrived", there.Size(), u.info.Size())
	}
	return err
}

func unsupported(err error) bool {
	var status *sftp.StatusError
	return errors.As(err, &status) && status.FxCode() == sftp.ErrSSHFxOpUnsupported
}

// remotely says where; sftp's own words for a full disk are only "Failure".
func remotely(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: %w", name, fs.ErrPermission)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return fmt.Errorf("%s: %w", name, err)
}
