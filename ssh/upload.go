package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// cleanUp is how long may be spent on removing what an upload left half done.
const cleanUp = 5 * time.Second

// upload is one file or folder on its way.
type upload struct {
	local  string
	info   fs.FileInfo
	remote string // the name that it shall have
	temp   string // the name that it has until it is whole, in the same folder
	parent bool   // the folder may have to be made
	sudo   string
}

// Upload copies a local file or folder to the machine. A remote path that ends
// in "/" is a folder to put it in, made when it is missing; a relative one
// begins where a login does. It is written under another name in the same
// folder, checked, and only then given its own: a file appears whole or not at
// all. A folder that is there already keeps what else is in it, and each of its
// files is replaced whole. Modes are those of the local files; links in a
// folder stay links.
//
// Errors tell what is missing or not allowed by fs.ErrNotExist and
// fs.ErrPermission where that is known.
func (c *Client) Upload(ctx context.Context, local, remote, sudo string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	u, err := newUpload(local, remote, sudo)
	if err == nil {
		err = c.put(ctx, u)
		if err != nil && ctx.Err() != nil && !errors.Is(err, context.Cause(ctx)) { // whichever was noticed first
			err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
	if err != nil {
		return fmt.Errorf("upload %s: %w", local, err)
	}
	return nil
}

func newUpload(local, remote, sudo string) (*upload, error) {
	info, err := os.Stat(local)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() && !info.IsDir() {
		return nil, errors.New("neither a file nor a folder")
	}
	if remote == "" || strings.ContainsRune(remote, 0) {
		return nil, fmt.Errorf("%q is no path", remote)
	}
	u := &upload{local: local, info: info, remote: path.Clean(remote), sudo: sudo}
	if strings.HasSuffix(remote, "/") {
		whole, err := filepath.Abs(local)
		if err != nil {
			return nil, err
		}
		u.remote, u.parent = path.Join(remote, filepath.Base(whole)), true
	}
	if info.IsDir() { // the folder itself, where it is a link to one
		if u.local, err = filepath.EvalSymlinks(local); err != nil {
			return nil, err
		}
	}
	u.temp = path.Join(path.Dir(u.remote), ".rota-"+nonce()[:10])
	return u, nil
}

// put chooses the way: sftp is the fastest for a file, but cannot become
// another user, and is not everywhere; a stream of tar is for many files.
func (c *Client) put(ctx context.Context, u *upload) error {
	if u.info.IsDir() {
		return c.stream(ctx, u, "mkdir -- "+quote(u.temp)+"\ntar -xpf - -C "+quote(u.temp)+
			"\ncat >/dev/null", u.sendFolder) // some tar leaves the last of its input unread
	}
	c.mu.Lock()
	sftp := !c.sftpless && u.sudo == ""
	c.mu.Unlock()
	if sftp {
		err := c.sftp(ctx, u)
		if _, lost := errors.AsType[*LostError](err); lost {
			c.forget(ctx, u)
		}
		if !errors.Is(err, errNoSFTP) {
			return err
		}
		c.mu.Lock()
		c.sftpless = true
		c.mu.Unlock()
	}
	return c.stream(ctx, u, "cat >"+quote(u.temp), u.sendFile)
}

// stream writes the temporary name by a command that reads what send sends. The
// last step is a command of its own: a stream that broke off never gets there.
func (c *Client) stream(ctx context.Context, u *upload, command string, send func(context.Context, io.Writer) error) error {
	dir := quote(path.Dir(u.remote))
	there := "[ -d " + dir + " ] || { echo " + dir + ": No such file or directory >&2; exit 1; }\n"
	if u.parent {
		there = "mkdir -p -- " + dir + "\n"
	}
	sent := make(chan error, 1)
	said, err := c.do(ctx, task{
		script: "set -e\n" + there + "umask 077\n" + command, sudo: u.sudo, stdout: io.Discard,
		stream: func(ctx context.Context, w io.Writer) error {
			err := send(ctx, w)
			sent <- err
			return err
		},
	})
	select {
	case ours := <-sent: // is the reason, not what came of it over there
		if ours != nil && !errors.Is(ours, io.EOF) {
			err = ours
		} else if err == nil {
			err = ours
		}
	default: // nothing was sent, or there was no end to it
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
	}
	if err == nil {
		_, err = c.Output(ctx, u.finish(), u.sudo, nil)
	}
	if err != nil {
		c.forget(ctx, u)
		return missing(err, said)
	}
	return nil
}

// missing adds fs.ErrNotExist where a command says that this was the reason.
func missing(err error, said string) error {
	if strings.Contains(said, "No such file or directory") {
		return fmt.Errorf("%w (%w)", err, fs.ErrNotExist)
	}
	return err
}

// forget removes what was half done.
func (c *Client) forget(ctx context.Context, u *upload) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	_, _ = c.Output(ctx, "rm -rf -- "+quote(u.temp), u.sudo, nil)
}

// finish is the script that gives a complete copy its name.
func (u *upload) finish() string {
	head := fmt.Sprintf("set -e\nt=%s d=%s\nchmod %o -- \"$t\"\n", quote(u.temp), quote(u.remote), u.info.Mode().Perm())
	if !u.info.IsDir() {
		return head + fmt.Sprintf(`if [ -d "$d" ]; then echo "$d is a folder: end it in / to put the file into it" >&2; exit 1; fi
n=$(wc -c <"$t")
if [ "$n" -ne %d ]; then echo "only $n of %d bytes arrived" >&2; exit 1; fi
sync -- "$t" 2>/dev/null || :
mv -f -- "$t" "$d"`, u.info.Size(), u.info.Size())
	}
	return head + `if [ ! -e "$d" ] && [ ! -L "$d" ]; then mv -- "$t" "$d"; exit; fi
if [ ! -d "$d" ]; then echo "$d is there and no folder" >&2; exit 1; fi
merge() {
  for f in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    [ -e "$f" ] || [ -L "$f" ] || continue
    to=$2/${f##*/}
    if [ -d "$f" ] && [ ! -L "$f" ] && [ -d "$to" ]; then
      ( merge "$f" "$to" ) || return 1
    elif [ -d "$to" ] && [ ! -L "$to" ]; then
      echo "$to is a folder" >&2; return 1
    else
      [ ! -L "$to" ] || rm -f -- "$to"
      mv -f -- "$f" "$to" || return 1
    fi
  done
}
merge "$t" "$d"
rm -rf -- "$t"`
}

// sendFile sends the file's bytes.
func (u *upload) sendFile(ctx context.Context, w io.Writer) (err error) {
	f, err := os.Open(u.local)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	n, err := io.Copy(w, &fileReader{ctx.Err, f, u.info.Size()})
	if err == nil && n != u.info.Size() {
		err = errChanging
	}
	return err
}

var errChanging = errors.New("it changed while it was copied")

// fileReader reads a file until its context ends. sftp writes side by side only
// if it can ask for the size.
type fileReader struct {
	ended func() error
	f     *os.File
	size  int64
}

func (r *fileReader) Read(b []byte) (int, error) {
	if err := r.ended(); err != nil {
		return 0, err
	}
	return r.f.Read(b)
}

// Size returns how much there is to read.
func (r *fileReader) Size() int64 { return r.size }
