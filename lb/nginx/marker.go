package nginx

import (
	"encoding/json"
	"slices"
	"time"
)

// marker is a small file beside one that we change. It is written before the
// change and removed when a reload after it is proved, and tells whoever looks
// in between whose change it is and what it is about.
type marker struct {
	Contents []content `json:"contents"`

	written time.Time
}

// content is what is known of one content of the file.
type content struct {
	Sum string `json:"sha256"`
	// Before is when the file was last changed before, if that was loaded; this
	// content differs from it in the words Changed alone.
	Before  time.Time `json:"before,omitzero"`
	Changed []string  `json:"changed,omitempty"` // a line's key or weightKey
	// Restored is set on the content that a failed edit puts back.
	Restored bool `json:"restored,omitempty"`
}

// parseMarker reads a marker. One that cannot be read tells nothing.
func parseMarker(f *file) marker {
	var m marker
	if json.Unmarshal(f.src, &m) != nil {
		return marker{}
	}
	m.written = f.stamp.ctime
	return m
}

// about returns what the marker knows of a file's present content.
func (m marker) about(f *file) (content, bool) {
	if len(m.Contents) == 0 {
		return content{}, false
	}
	i := slices.IndexFunc(m.Contents, func(c content) bool { return c.Sum == f.sum() })
	if i < 0 {
		return content{}, false
	}
	return m.Contents[i], true
}

// changedAt tells when a word in the file was last changed, as far as it
// matters to the workers that serve: a reload after that has read it.
//
// Where the clocks cannot tell what came first, a file that is not marked counts
// as the older one: it was written and loaded at once, by a person or at the
// start of nginx. We wait between the two, so a marked one must be proved.
func (t *tree) changedAt(f *file, word string, g generation) time.Time {
	at := f.stamp.ctime
	c, ours := t.markers[f].about(f)
	switch {
	case !ours:
		return at.Add(-2 * slack)
	case g.loaded(at), c.Before.IsZero(), slices.Contains(c.Changed, word):
		return at
	case c.Restored && !g.newest().Add(slack).Before(t.markers[f].written):
		return at // these workers may have read what was there for a moment
	}
	return c.Before
}

// changed tells the same of a word of a server line and of all files that lead
// to it.
func (t *tree) changed(l line, word string, g generation) time.Time {
	var at time.Time
	for _, f := range l.chain {
		if c := t.changedAt(f, word, g); c.After(at) {
			at = c
		}
	}
	return at
}

// key names in a marker what makes the state of a line's server.
func (l line) key() string { return l.scope.Upstream + " " + l.peer.Address }

// weightKey names its weight: a change of that leaves no doubt about the state.
func (l line) weightKey() string { return l.key() + " weight" }

// mark returns the marker for a change of f from what it is to a content with
// that sum, which differs in the words changed.
func (t *tree) mark(f *file, g generation, sum string, changed []string) marker {
	old := content{Sum: f.sum(), Restored: true}
	if at := t.changedAt(f, "", g); g.loaded(at) {
		old.Before = at
		if c, ok := t.markers[f].about(f); ok && !g.loaded(f.stamp.ctime) {
			old.Changed = c.Changed
		}
	}
	now := content{Sum: sum, Before: old.Before, Changed: append(slices.Clip(old.Changed), changed...)}
	if old.Before.IsZero() {
		// Somebody else's change that is not loaded stays theirs when it is put back.
		return marker{Contents: []content{now}}
	}
	return marker{Contents: []content{now, old}}
}
