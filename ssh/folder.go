package ssh

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// sendFolder sends what is in the folder as tar. Owners are left out: they are
// names of this machine.
func (u *upload) sendFolder(ctx context.Context, w io.Writer) error {
	t := tar.NewWriter(w)
	err := filepath.WalkDir(u.local, func(file string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || file == u.local {
			return err
		}
		return u.sendEntry(ctx, t, file, d)
	})
	if err != nil {
		return err
	}
	return t.Close()
}

func (u *upload) sendEntry(ctx context.Context, t *tar.Writer, file string, d fs.DirEntry) error {
	name, err := filepath.Rel(u.local, file)
	if err != nil {
		return err
	}
	info, err := d.Info()
	if err != nil {
		return err
	}
	h := &tar.Header{
		Name: "./" + filepath.ToSlash(name), Mode: int64(info.Mode().Perm()), ModTime: info.ModTime(),
		Format: tar.FormatGNU, // read by every tar
	}
	switch {
	case info.IsDir():
		h.Typeflag, h.Name = tar.TypeDir, h.Name+"/"
		return t.WriteHeader(h)
	case info.Mode()&fs.ModeSymlink != 0:
		h.Typeflag = tar.TypeSymlink
		if h.Linkname, err = os.Readlink(file); err != nil {
			return err
		}
		return t.WriteHeader(h)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: neither a file, a folder nor a link", file)
	}
	h.Typeflag, h.Size = tar.TypeReg, info.Size()
	if err := t.WriteHeader(h); err != nil {
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if n, err := io.Copy(t, &fileReader{ctx.Err, f, info.Size()}); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	} else if n != info.Size() {
		return fmt.Errorf("%s: %w", file, errChanging)
	}
	return nil
}
