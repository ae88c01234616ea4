package record

import (
	"bytes"
	"context"
	"encoding/json"
)

// note is one small file: a hold of a server, or the version that was deployed
// on it. Of several notes about one server the newest counts, wherever it was
// found, so a hold that ended stays as a note that says so.
type note struct {
	Server  string `json:"server"`
	Stamp   int64  `json:"stamp"` // greater than that of all notes seen when it was written
	Hold    *Hold  `json:"hold,omitempty"`
	Version string `json:"version,omitempty"`
}

// The kinds of notes.
const (
	holds    = "hold"
	versions = "version"
)

// prefix is what the files of a kind begin with: a hold is about a server
// whatever runs on it, a version is one application's.
func (f *Folder) prefix(kind string) string {
	if kind == holds {
		return escape(f.lock)
	}
	return escape(f.app)
}

// note writes a note.
func (f *Folder) note(ctx context.Context, kind string, n note) error {
	data, err := json.Marshal(n)
	if err != nil {
		return err
	}
	name := f.prefix(kind) + "." + escape(n.Server) + "." + kind
	_, err = f.call(ctx, noteScript, append(data, '\n'), variable{"name", name})
	return err
}

// notes returns all notes of a kind. One that cannot be read is left out.
func (f *Folder) notes(ctx context.Context, kind string) ([]note, error) {
	out, err := f.call(ctx, notesScript, nil, variable{"prefix", f.prefix(kind)}, variable{"kind", kind})
	if err != nil {
		return nil, err
	}
	var all []note
	for line := range bytes.Lines(out) {
		var n note
		if json.Unmarshal(line, &n) == nil && n.Server != "" {
			all = append(all, n)
		}
	}
	return all, nil
}

const noteScript = `
locate write
put "$name" "$size"
`

const notesScript = `
locate read
[ -z "$otheirs" ] || o=
for x in "$d" "$o"; do
	[ -z "$x" ] || cat "$x/$prefix".*."$kind" 2>/dev/null
done
`
