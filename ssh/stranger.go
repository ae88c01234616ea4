package ssh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// How long a question about host keys waits for further ones: machines that are
// called side by side answer one after the other.
const (
	gatherQuiet = 300 * time.Millisecond // after the last one that has come
	gatherMost  = 2 * time.Second        // after the first one
)

// stranger is a host key that is not known.
type stranger struct {
	names []string // of the machines that show it, as they were asked for
	where string   // as known_hosts names it
	via   string   // the jump hosts in front of it, or ""
	key   string   // its type and fingerprint
	file  string   // where it is written down when it is accepted; "": nowhere
	keep  func()   // writes it down

	come  time.Time
	known bool // whether it is trusted was answered
	err   error
}

// errNotTrusted says that a person does not trust a host key.
var errNotTrusted = errors.New("not accepted")

// trust asks whether to trust a machine's host key, perhaps together with those
// of others: a hundred new machines are one or two questions.
func (q *questions) trust(ctx context.Context, name string, met stranger) error {
	if q.asker == nil {
		return errNobody
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	s, ok := q.strangers[met.where+" "+met.key]
	if !ok {
		s = &met
		s.come = time.Now()
		q.strangers[s.where+" "+s.key] = s
	}
	if !slices.Contains(s.names, name) {
		s.names = append(s.names, name)
		slices.Sort(s.names)
	}
	if !s.known && !q.gathering {
		if q.gathering = q.spawn(q.gather); !q.gathering {
			return ErrClosed
		}
	}
	for !s.known {
		if err := q.wait(ctx); err != nil {
			return err
		}
	}
	return s.err
}

// gather asks about all that are not known, as long as there are any.
func (q *questions) gather() {
	for q.together() {
		give, err := q.take(q.life)
		if err != nil {
			return
		}
		batch := q.unknown()
		q.mu.Lock()
		text := introduce(batch)
		q.mu.Unlock()
		agreed, err := q.asker.Confirm(q.life, text)
		give()
		switch {
		case err == nil && agreed:
			for _, s := range batch { // whether or not anybody still waits for it
				s.keep()
			}
		case err == nil:
			err = errNotTrusted
		}
		q.mu.Lock()
		for _, s := range batch {
			s.known, s.err = true, err
		}
		q.news()
		q.mu.Unlock()
	}
}

// together waits until no further one comes; false: there is none to ask about.
func (q *questions) together() bool {
	for {
		all := q.unknown()
		if len(all) == 0 {
			return false
		}
		oldest := slices.MinFunc(all, func(a, b *stranger) int { return a.come.Compare(b.come) })
		newest := slices.MaxFunc(all, func(a, b *stranger) int { return a.come.Compare(b.come) })
		wait := min(time.Until(newest.come.Add(gatherQuiet)), time.Until(oldest.come.Add(gatherMost)))
		if wait <= 0 {
			return true
		}
		select {
		case <-time.After(wait):
		case <-q.life.Done():
			return false
		}
	}
}

// unknown lists those that are not answered about, by name. When there is none,
// gathering ends.
func (q *questions) unknown() []*stranger {
	q.mu.Lock()
	defer q.mu.Unlock()
	var all []*stranger
	for _, s := range q.strangers {
		if !s.known {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *stranger) int { return strings.Compare(a.names[0], b.names[0]) })
	q.gathering = len(all) > 0
	return all
}

// introduce puts the question: what it is about in the first line, one of them
// in each further line, and last what a yes does.
func introduce(all []*stranger) string {
	var names, lines, files []string
	for _, s := range all {
		who := strings.Join(s.names, ", ")
		names = append(names, s.names...)
		if who != s.where {
			who += " (" + s.where + ")"
		}
		if s.via != "" {
			who += " by way of " + s.via
		}
		lines = append(lines, who+" shows "+s.key)
		if !slices.Contains(files, s.file) {
			files = append(files, s.file)
		}
	}
	text := fmt.Sprintf("trust the host keys of %s? they are not known yet", listed(names))
	if len(all) == 1 {
		text = fmt.Sprintf("trust the host key of %s? it is not known yet", listed(names))
	}
	lines = append(lines, "compare with what the machine itself says (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub there); "+kept(files))
	return text + "\n" + strings.Join(lines, "\n")
}

// listed names a few, and counts the others.
func listed(names []string) string {
	const most = 6
	if n := len(names) - most; n > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n)
	}
	return strings.Join(names, ", ")
}

// kept says how long a yes is remembered, and where.
func kept(files []string) string {
	if slices.Equal(files, []string{""}) {
		return "a yes is good until rota ends"
	}
	return "a yes is kept in " + strings.Join(slices.DeleteFunc(files, func(f string) bool { return f == "" }), ", ")
}
