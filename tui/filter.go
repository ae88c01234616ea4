package tui

import (
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/tui/paint"
)

// filter is a filter that has been read: all of its terms must hold.
type filter []term

// term is one word of a filter.
type term struct {
	not   bool     // none of the texts may be found
	texts []string // one of which must be found
	field string   // where; "": in any of them
	seat  int      // the balancer that the field names, or -1
	named string   // a field that there is not; its name is a part of the text then
}

// fields are those that a filter can name, beside the balancers.
const fields = "state lb batch group v"

// readFilter reads a filter: words that must be found, with ! that must not be
// found, or field:word, where the field is one of fields or a balancer's name.
// One of several words with commas between them is enough.
func readFilter(s string, f *fleet) filter {
	var terms filter
	for word := range strings.FieldsSeq(strings.ToLower(s)) {
		t := term{seat: -1}
		word, t.not = strings.CutPrefix(word, "!")
		if field, text, ok := strings.Cut(word, ":"); ok {
			t.seat = slices.IndexFunc(f.balancers, func(b balancer) bool { return strings.ToLower(b.name) == field })
			if t.seat >= 0 || slices.Contains(strings.Fields(fields), field) {
				t.field, word = field, text
			} else {
				t.named = field
			}
		}
		t.texts = strings.Split(word, ",")
		if len(t.texts) > 1 { // the next one is still to be typed
			t.texts = slices.DeleteFunc(t.texts, func(text string) bool { return text == "" })
		}
		if len(t.texts) > 0 {
			terms = append(terms, t)
		}
	}
	return terms
}

func (terms filter) match(s *server, f *fleet) bool {
	for _, t := range terms {
		if t.found(s, f) == t.not {
			return false
		}
	}
	return true
}

// stranger returns a field that is named and that there is not, or "": a text
// that has a colon and is found is none.
func (terms filter) stranger(f *fleet) string {
	for _, t := range terms {
		if t.named != "" && !slices.ContainsFunc(f.servers, func(s *server) bool { return t.found(s, f) }) {
			return t.named
		}
	}
	return ""
}

func (t *term) found(s *server, f *fleet) bool {
	return slices.ContainsFunc(t.texts, func(text string) bool { return t.has(s, f, text) })
}

func (t *term) has(s *server, f *fleet, text string) bool {
	holds := func(value string) bool { return strings.Contains(strings.ToLower(value), text) }
	switch t.field {
	case "":
		return holds(s.Name) || holds(s.Group) || holds(s.runs()) || s.stands(text)
	case "state":
		return s.stands(text)
	case "group":
		return holds(s.Group)
	case "v":
		return holds(s.runs())
	case "batch":
		return s.run != nil && strconv.Itoa(s.run.Batch) == text
	case "lb":
		for i, seat := range s.seats {
			if seat.behind && holds(f.balancers[i].name) {
				return true
			}
		}
		return false
	}
	return s.seats[t.seat].behind && begins(s.seats[t.seat].state.String(), text)
}

// stands reports whether the server is in a state: by the words that the table
// shows, by its rotation, or by its phase in the run.
func (s *server) stands(text string) bool {
	return begins(s.state, text) || begins(s.health, text) || begins(s.rotation.String(), text) ||
		s.run != nil && begins(string(s.run.Phase), text)
}

// begins reports whether a word of words begins with a text in lower case, so
// that in is not found in draining.
func begins(words, text string) bool {
	for word := range strings.FieldsSeq(words) {
		if len(word) >= len(text) && strings.EqualFold(word[:len(text)], text) {
			return true
		}
	}
	return text == ""
}

func (m *model) beginFilter() tea.Cmd {
	m.filtering = true
	m.filter, m.filterWas = newSelected(m.table.filter), m.table.filter
	return nil
}

// keyFilter takes a key while the filter is typed; the table follows at once.
func (m *model) keyFilter(k tea.KeyPressMsg) tea.Cmd {
	var cmd tea.Cmd
	switch k.String() {
	case "enter":
		m.filtering = false
		if why := m.noField(); why != "" {
			cmd = m.say(paint.Warn, why)
		}
	case "ctrl+c":
		m.filtering = false
		return m.command("ctrl+c")
	case "esc":
		m.filtering = false
		m.filter.set(m.filterWas)
	case "up":
		m.scroll(-1)
	case "down":
		m.scroll(1)
	default:
		m.filter.key(k)
	}
	m.refilter()
	return cmd
}

func (m *model) refilter() {
	m.table.filter = m.filter.value()
	m.table.order(&m.fleet)
}

// noField says that the filter names a field that there is not, or is "".
func (m *model) noField() string {
	name := readFilter(m.table.filter, &m.fleet).stranger(&m.fleet)
	if name == "" {
		return ""
	}
	return "no field " + name + ": " + fields + ", or a balancer's name"
}

// whyEmpty says why the table shows no server, and which key shows some.
func (m *model) whyEmpty() string {
	why, key := "no servers", "; esc shows all"
	switch {
	case m.table.filter != "":
		if why = m.noField(); why == "" {
			why = "no server is like " + m.table.filter
		}
		if m.filtering && m.filterWas != "" {
			key = "; esc shows those like " + m.filterWas
		}
	case m.table.picked:
		why = "no server is marked"
	default:
		return why
	}
	return why + key
}

// clears reports whether something keeps the table from showing all servers, or
// some are marked.
func (m *model) clears() bool {
	if m.table.filter != "" {
		return m.inServers()
	}
	return m.view == serversView && (m.table.picked || len(m.markedServers()) > 0)
}

// clear takes the filter away, then the view of the marked, then the marks.
func (m *model) clear() tea.Cmd {
	switch {
	case m.table.filter != "":
		m.table.filter = ""
	case m.table.picked:
		m.table.picked = false
	default:
		m.unmark()
	}
	m.table.order(&m.fleet)
	return nil
}
