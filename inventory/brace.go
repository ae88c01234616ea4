package inventory

import (
	"fmt"
	"strconv"
	"strings"

	"rota/inventory/yaml"
)

// maxRange is how many values one range may have.
const maxRange = 1000

// pattern is a text with brace ranges in it: "web{2..4}", "{01..12}", "{a,b}".
type pattern struct {
	node   *yaml.Node
	texts  []string // around the ranges: one more than there are ranges
	ranges []braces
}

// braces is one brace range.
type braces struct {
	text   string // as it is written
	values []string
}

// count returns how many texts the pattern stands for; 0 for one without ranges.
func (p pattern) count() int {
	if len(p.ranges) == 0 {
		return 0
	}
	return len(p.ranges[0].values)
}

// at returns the text with the value number i of every range.
func (p pattern) at(i int) string {
	var b strings.Builder
	for k, text := range p.texts {
		b.WriteString(text)
		if k < len(p.ranges) {
			b.WriteString(p.ranges[k].values[i])
		}
	}
	return b.String()
}

// parsePattern finds the ranges in a text. What stands in braces and is no
// range is left as it is, and so is "${NAME}".
func parsePattern(n *yaml.Node, s string) (pattern, error) {
	p := pattern{node: n}
	text := ""
	for {
		before, rest, ok := strings.Cut(s, "{")
		in, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			p.texts = append(p.texts, text+s)
			return p, nil
		}
		values, err := rangeOf(in)
		if err != nil {
			return p, err
		}
		if values == nil || strings.HasSuffix(before, "$") {
			text += before + "{"
			s = rest
			continue
		}
		p.texts = append(p.texts, text+before)
		p.ranges = append(p.ranges, braces{"{" + in + "}", values})
		text, s = "", after
	}
}

// rangeOf returns the values that a range stands for, or nil where it is none.
func rangeOf(in string) ([]string, error) {
	from, to, ok := strings.Cut(in, "..")
	if ok && isDigits(from) && isDigits(to) {
		return numbers(from, to)
	}
	items := strings.Split(in, ",")
	for _, item := range items {
		if len(items) == 1 || item == "" || !made(item, "_.:-") {
			return nil, nil
		}
	}
	return items, nil
}

// numbers counts up or down. Where a bound begins with zero, all are filled
// with zeros to the same width.
func numbers(from, to string) ([]string, error) {
	a, errA := strconv.Atoi(from)
	b, errB := strconv.Atoi(to)
	if errA != nil || errB != nil || max(a-b, b-a) >= maxRange {
		return nil, fmt.Errorf("{%s..%s} stands for more than %d values", from, to, maxRange)
	}
	width := 0
	if from[0] == '0' && len(from) > 1 || to[0] == '0' && len(to) > 1 {
		width = max(len(from), len(to))
	}
	step := 1
	if b < a {
		step = -1
	}
	var all []string
	for i := a; i != b+step; i += step {
		all = append(all, fmt.Sprintf("%0*d", width, i))
	}
	return all, nil
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// pattern reads a text with ranges, in which braces stand for nothing else.
func (r *reader) pattern(n *yaml.Node) (pattern, bool) {
	s, ok := r.raw(n)
	if !ok {
		return pattern{}, false
	}
	p, ok := r.ranges(n, s)
	for _, text := range p.texts {
		if i := strings.IndexAny(text, "{}"); ok && i >= 0 {
			r.wrong(r.doc.Find(n, text[i:]), "write {2..4}, {01..12} or {a,b}", "this is not a range")
			return pattern{}, false
		}
	}
	return p, ok
}

// ranges finds the ranges in the text of a value.
func (r *reader) ranges(n *yaml.Node, s string) (pattern, bool) {
	p, err := parsePattern(n, s)
	if err != nil {
		r.wrong(r.doc.Find(n, "{"), "", "%v", err)
	}
	return p, err == nil
}

// inStep checks that a value has a range only where the name has one, and that
// it is as long.
func (r *reader) inStep(name, value pattern) bool {
	for _, b := range value.ranges {
		switch {
		case len(b.values) == name.count():
			continue
		case name.count() == 0:
			r.wrong(r.doc.Find(value.node, b.text), "write a range in the name too", "%s stands for %d values, but the name has no range", b.text, len(b.values))
		default:
			r.wrong(r.doc.Find(value.node, b.text), "the ranges of one entry run in step with each other",
				"%s stands for %d values, %s for %d", b.text, len(b.values), name.ranges[0].text, name.count())
		}
		return false
	}
	return true
}
