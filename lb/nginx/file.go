package nginx

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"

	"rota/lb"
	"rota/lb/nginx/conf"
)

// file is one file as it was read. It is never changed.
type file struct {
	name  string // as it is included
	real  string // with links resolved
	stamp stamp
	src   []byte
	conf  *conf.File // nil where it cannot be parsed
	err   error      // why it cannot be read or parsed
}

// sum returns the SHA-256 of the content.
func (f *file) sum() string {
	h := sha256.Sum256(f.src)
	return hex.EncodeToString(h[:])
}

// marker returns the path of the marker that may lie beside the file.
func (f *file) marker() string {
	return path.Join(path.Dir(f.real), "."+path.Base(f.real)+".rota")
}

// read reads files from the machine, parsed. One that is not any more as it
// was seen is left out.
func (b *Balancer) read(ctx context.Context, names []string, seen look) (map[string]*file, error) {
	out, err := b.run(ctx, pollLimit, "set -- "+quoteAll(names)+"\n"+readScript, nil)
	if err != nil {
		return nil, err
	}
	files := map[string]*file{}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	for _, name := range names {
		if len(lines) == 0 {
			return nil, fmt.Errorf("nginx: the machine did not send %s", name)
		}
		head := lines[0]
		lines = lines[1:]
		switch head {
		case "=gone":
			files[name] = &file{name: name, stamp: seen.stamps[name], err: fmt.Errorf("%s: %w", name, lb.ErrNotFound)}
		case "=denied":
			files[name] = &file{name: name, stamp: seen.stamps[name], err: denied("%s: this user may not read it (sudo: true lets rota)", name)}
		case "=file":
			end := 0
			for end < len(lines) && lines[end] != "=end" {
				end++
			}
			if end < 2 || end+1 >= len(lines) {
				return nil, fmt.Errorf("nginx: the machine did not send all of %s", name)
			}
			f, err := parseFile(name, lines[:end])
			if err != nil {
				return nil, err
			}
			if lines[0] == lines[end+1] && f.stamp.id == seen.stamps[name].id {
				files[name] = f
			}
			lines = lines[end+2:]
		default:
			return nil, fmt.Errorf("nginx: the machine sent no file but %q", head)
		}
	}
	return files, nil
}

// parseFile reads a stamp, the real path, and lines of base64.
func parseFile(name string, lines []string) (*file, error) {
	_, s, err := parseStamp(lines[0])
	if err != nil {
		return nil, err
	}
	f := &file{name: name, real: lines[1], stamp: s}
	if f.src, err = base64.StdEncoding.DecodeString(strings.Join(lines[2:], "")); err != nil {
		return nil, fmt.Errorf("nginx: %s: the machine sent no base64: %w", name, err)
	}
	f.conf, f.err = conf.Parse(f.src)
	if syntax, ok := errors.AsType[*conf.SyntaxError](f.err); ok {
		f.err = fmt.Errorf("%s:%d: %s", name, syntax.Line, syntax.Text)
	}
	return f, nil
}
