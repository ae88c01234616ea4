package plain

import (
	"fmt"
	"io"
	"strings"

	"rota/internal/text"
	"rota/rollout"
)

// Plan prints what a run would do: the servers across and the steps down, or a
// list where that takes more than width cells (0: no limit). Commands are never
// cut.
func Plan(w io.Writer, p rollout.Plan, width int) {
	say(w, "%s", heading(p))
	sides(w, "before, side by side and in rotation:", p.Prepare)
	switch t := across(p); {
	case len(p.Targets) == 0:
		say(w, "nothing to do")
	case width == 0 || t.width() <= width:
		say(w, "")
		t.print(w, 0, nil)
	default:
		list(w, p)
	}
	sides(w, "after the last batch:", p.Finish)
	errands(w, p.Errands())
	for i, line := range notes(p) {
		if i == 0 {
			say(w, "")
		}
		say(w, "%s", line)
	}
}

// PlanJSON prints a plan as one JSON object, with its digest.
func PlanJSON(w io.Writer, p rollout.Plan) error {
	return encoder(w).Encode(struct {
		rollout.Plan
		Digest string `json:"digest"`
	}{p, p.Digest()})
}

// Section is some exact lines under a title: what will be sent to one balancer,
// or run on one server.
type Section struct {
	Title string
	Lines []string
}

// Commands prints what a run would send, section by section.
func Commands(w io.Writer, sections ...Section) {
	for i, s := range sections {
		if i > 0 {
			say(w, "")
		}
		say(w, "# %s", s.Title)
		for _, line := range s.Lines {
			_, _ = fmt.Fprintln(w, exact(line))
		}
	}
}

// exact cleans a line and keeps its tabs, which a diff must not lose.
func exact(line string) string {
	parts := strings.Split(line, "\t")
	for i := range parts {
		parts[i] = text.Clean(parts[i])
	}
	return strings.Join(parts, "\t")
}

// heading says in one line what a plan is about.
func heading(p rollout.Plan) string {
	where := strings.TrimSpace(p.App + " " + p.Environment)
	if p.Source != "" {
		where += " (takes run " + p.Source + " back)"
	}
	size := count(len(p.Targets), "server") + " in " + count(len(p.Batches), "batch")
	if p.Strategy != "" {
		size += ", " + p.Strategy
	}
	return p.Title() + ": " + where + ", " + size
}

// across makes the table of a plan: a row is a step, a column a server.
func across(p rollout.Plan) table {
	var t table
	head := []string{""}
	for _, target := range p.Targets {
		head = append(head, target.Server)
	}
	t.add(head...)
	for _, r := range rows(p) {
		t.add(append([]string{r.words}, r.cells...)...)
	}
	return t
}

// list prints the same steps one below the other, each with the servers that
// have it unless all have.
func list(w io.Writer, p rollout.Plan) {
	say(w, "")
	for i, batch := range p.Batches {
		say(w, "batch %d: %s", i+1, p.Words(batch))
	}
	say(w, "")
	for _, r := range rows(p) {
		if r.words == batchRow {
			continue
		}
		groups := group(r.cells, p.Targets)
		for _, g := range groups {
			if g.value == none || g.value == stays { // the notes tell who stays out
				continue
			}
			line := r.words
			if g.value != does {
				line += ": " + g.value
			}
			if len(groups) > 1 {
				line += "  (" + strings.Join(g.servers, ", ") + ")"
			}
			say(w, "  %s", line)
		}
	}
}

// sides prints steps that are done beside the batches, each once with its servers.
func sides(w io.Writer, title string, actions []rollout.Action) {
	if len(actions) == 0 {
		return
	}
	say(w, "")
	say(w, "%s", title)
	var steps, servers []string
	for _, a := range actions {
		steps = append(steps, words(a))
		servers = append(servers, a.Server)
	}
	for _, g := range gather(steps, servers) {
		say(w, "  %s  (%s)", g.value, strings.Join(g.servers, ", "))
	}
}

// errands prints the commands that are about no server, in their order.
func errands(w io.Writer, all []rollout.Errand) {
	for i, e := range all {
		if i == 0 {
			say(w, "")
			say(w, "around it:")
		}
		say(w, "  %s: %s", e.Name, words(rollout.Action{Run: e.Command, Sudo: e.Sudo}))
	}
}

// words tells an action, of a script of several lines the first, with what is
// unusual about it.
func words(a rollout.Action) string {
	s := a.Words()
	if first, rest, ok := strings.Cut(strings.TrimRight(s, "\n"), "\n"); ok {
		s = fmt.Sprintf("%s … (%d lines)", first, 2+strings.Count(rest, "\n"))
	}
	if a.Sudo != "" {
		s += " (as " + a.Sudo + ")"
	}
	if a.Retry > 0 {
		s += fmt.Sprintf(" (up to %d more tries)", a.Retry)
	}
	if a.Once {
		s += " (once)"
	}
	return s
}

func count(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "ch"):
		return fmt.Sprintf("%d %ses", n, what)
	default:
		return fmt.Sprintf("%d %ss", n, what)
	}
}

// say prints one clean line.
func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintln(w, text.Clean(fmt.Sprintf(format, args...)))
}
