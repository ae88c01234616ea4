package plain

import (
	"fmt"
	"io"
	"strings"
	"time"

	"rota/internal/text"
	"rota/lb"
	"rota/record"
	"rota/survey"
)

// Status prints how everything stands, as a table of at most width cells (0: no
// limit) with remarks below it. Where that is too narrow, figures, groups and
// single balancers are left out, in this order.
func Status(w io.Writer, s survey.Snapshot, width int, color bool) {
	say(w, "%s  %s", strings.TrimSpace(s.App+" "+s.Environment), s.At.Local().Format(time.DateTime))
	if s.Lock != nil {
		say(w, "locked: %s", holder(*s.Lock))
	}
	say(w, "")
	servers(w, s, width, color)
	for _, sv := range s.Servers {
		for _, said := range remarks(sv) {
			say(w, "  %s: %s", sv.Name, said)
		}
	}
	var idle []string
	for _, sv := range s.Servers {
		if sv.Idle {
			idle = append(idle, sv.Name)
		}
	}
	if len(idle) > 0 {
		say(w, "  %s: out, as wanted: the other group is in rotation", strings.Join(idle, ", "))
	}
	say(w, "")
	for _, v := range s.Balancers {
		say(w, "%s: %s", v.Name, balancer(v))
	}
	if s.Mixed != nil {
		say(w, "%s", s.Mixed)
	}
	for _, v := range s.Versions {
		say(w, "%s: %s, %.0f%% of the traffic", or(v.Version, "unknown version"), count(v.Servers, "server"), 100*v.Share)
	}
}

// holder tells who has the lock, since when and why.
func holder(h record.Held) string {
	said := "by " + h.Owner + " since " + h.Since.Local().Format(time.DateTime)
	if h.Version != "" {
		said += ", for " + h.Version
	}
	if h.Message != "" {
		said += ": " + h.Message
	}
	return said
}

func balancer(v lb.View) string {
	if v.Err != nil {
		return "cannot be asked: " + v.Err.Error()
	}
	return or(strings.TrimSpace(v.Info.Kind+" "+v.Info.Version), "answers")
}

// detail is how much a status table tells.
type detail struct{ figures, groups, balancers bool }

// servers prints the widest table that fits.
func servers(w io.Writer, s survey.Snapshot, width int, color bool) {
	var t table
	for _, d := range []detail{{true, true, true}, {false, true, true}, {false, false, true}, {}} {
		if t = statusTable(s, d); width == 0 || t.width() <= width {
			break
		}
	}
	var paint func(row, column int) style
	if color {
		paint = func(row, column int) style { return statusStyle(t.rows[row][column]) }
	}
	t.print(w, width, paint)
}

func statusTable(s survey.Snapshot, d detail) table {
	var t table
	head := []string{"SERVER", "ROTATION", "VERSION", "HEALTH"}
	if d.groups {
		head = append(head, "GROUP")
	}
	if d.balancers {
		for _, v := range s.Balancers {
			head = append(head, strings.ToUpper(v.Name))
		}
	}
	t.add(head...)
	for _, sv := range s.Servers {
		cells := []string{sv.Name, rotation(sv), or(sv.Version, "?"), health(sv)}
		if d.groups {
			cells = append(cells, or(strings.Join(sv.Groups, ","), "-"))
		}
		if d.balancers {
			for _, v := range s.Balancers {
				cells = append(cells, at(sv, v.Name, d.figures))
			}
		}
		t.add(cells...)
	}
	return t
}

// rotation is the word for where a server stands over all its balancers.
func rotation(s survey.Server) string {
	if s.Rotation == lb.Absent {
		return "none"
	}
	return s.Rotation.String()
}

func health(s survey.Server) string {
	switch {
	case !s.Asked:
		return "?"
	case !s.Reachable:
		return "unreachable"
	case !s.Healthy:
		return "unhealthy"
	default:
		return "healthy"
	}
}

// at tells how a balancer sees a server; figures that it cannot tell are left out.
func at(s survey.Server, balancer string, figures bool) string {
	for _, a := range s.At {
		if a.Balancer != balancer {
			continue
		}
		said := []string{a.State.String()}
		for _, f := range []struct {
			format string
			n      int
		}{{"%d open", a.Sessions}, {"%d/s", a.Rate}, {"weight %d", a.Weight}} {
			if figures && f.n >= 0 {
				said = append(said, fmt.Sprintf(f.format, f.n))
			}
		}
		return strings.Join(said, ", ")
	}
	return "-"
}

// remarks tells what is unusual about a server.
func remarks(s survey.Server) []string {
	var said []string
	if s.Hold != nil {
		said = append(said, held(*s.Hold))
	}
	if s.Error != "" {
		said = append(said, s.Error)
	}
	for _, a := range s.At {
		if a.Note != "" {
			said = append(said, a.Balancer+": "+a.Note)
		}
	}
	return said
}

func held(h record.Hold) string {
	said := "held by " + h.By
	if h.Why != "" {
		said += ": " + h.Why
	}
	return said
}

// statusStyle colours a cell by its first word.
func statusStyle(cell string) style {
	word, _, _ := strings.Cut(text.Clean(cell), ",")
	switch word {
	case "in", "healthy":
		return good
	case "down", "unhealthy", "unreachable":
		return bad
	case "mixed", "unknown":
		return needs
	case "draining", "out":
		return moving
	case "-", "?", "none", "absent":
		return quiet
	default:
		return plainly
	}
}
