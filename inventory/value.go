package inventory

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"rota/inventory/yaml"
)

// raw reads any single value as a text.
func (r *reader) raw(n *yaml.Node) (string, bool) {
	switch {
	case n.Kind != yaml.Scalar:
		r.misshapen(n, "a single value", "")
	case strings.Contains(n.Text, "\x00"):
		r.wrong(n.Pos, "remove it", "this holds a zero byte")
	default:
		return n.Text, true
	}
	return "", false
}

// text reads a text that says something: a command.
func (r *reader) text(n *yaml.Node) (string, bool) {
	s, ok := r.raw(n)
	if ok && strings.TrimSpace(s) == "" {
		r.wrong(n.Pos, "give it a value, or remove the key", "an empty text")
		return "", false
	}
	return s, ok
}

// form returns what reads a text that is written in a certain way.
func (r *reader) form(what, like string, fits func(string) bool) func(*yaml.Node) (string, bool) {
	return func(n *yaml.Node) (string, bool) {
		s, ok := r.raw(n)
		if ok && !fits(s) {
			r.wrong(n.Pos, like, "%q is not %s", s, what)
			return "", false
		}
		return s, ok
	}
}

// word returns what reads one of several words.
func (r *reader) word(words ...string) func(*yaml.Node) (string, bool) {
	return func(n *yaml.Node) (string, bool) {
		s, ok := r.raw(n)
		if !ok {
			return "", false
		}
		if slices.Contains(words, s) {
			return s, true
		}
		r.wrong(n.Pos, didYouMean(s, words), "unknown value %q", s)
		return "", false
	}
}

// yes reads true or false.
func (r *reader) yes(n *yaml.Node) (value, ok bool) {
	s, ok := r.form("true or false", "write true or false", isYesOrNo)(n)
	return s == "true", ok
}

func isYesOrNo(s string) bool { return s == "true" || s == "false" }

// number returns what reads a whole number that is not less than the given one.
func (r *reader) number(least int) func(*yaml.Node) (int, bool) {
	const most = 1_000_000
	return func(n *yaml.Node) (int, bool) {
		s, ok := r.raw(n)
		if !ok {
			return 0, false
		}
		i, err := strconv.Atoi(s)
		switch {
		case err != nil:
			r.wrong(n.Pos, "write a whole number, such as "+strconv.Itoa(max(least, 2)), "%q is not a number", s)
		case i < least:
			r.wrong(n.Pos, "it must be at least "+strconv.Itoa(least), "%d is too small", i)
		case i > most:
			r.wrong(n.Pos, "it must be at most "+strconv.Itoa(most), "%d is too big", i)
		default:
			return i, true
		}
		return 0, false
	}
}

// wait reads a duration that may be zero.
func (r *reader) wait(n *yaml.Node) (time.Duration, bool) {
	s, ok := r.raw(n)
	if !ok {
		return 0, false
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		r.wrong(n.Pos, "write a number and its unit, such as 90s or 2m", "%q is not a duration", s)
	case d < 0:
		r.wrong(n.Pos, "", "a duration cannot be less than 0")
	default:
		return d, true
	}
	return 0, false
}

// duration reads a duration that is more than zero.
func (r *reader) duration(n *yaml.Node) (time.Duration, bool) {
	d, ok := r.wait(n)
	if ok && d == 0 {
		r.wrong(n.Pos, "write a number and its unit, such as 90s or 2m", "this duration must be more than 0")
		return 0, false
	}
	return d, ok
}

// floor reads a size that may be zero.
func (r *reader) floor(n *yaml.Node) (Size, bool) {
	s, ok := r.raw(n)
	if !ok {
		return Size{}, false
	}
	size, err := ParseSize(s)
	if err != nil {
		r.wrong(n.Pos, "write a number of servers, such as 2, or a share of them, such as 25%", "%v", err)
		return Size{}, false
	}
	return size, true
}

// size reads a size that is more than zero.
func (r *reader) size(n *yaml.Node) (Size, bool) {
	size, ok := r.floor(n)
	if ok && size.N == 0 {
		r.wrong(n.Pos, "write a number of servers, such as 2, or a share of them, such as 25%", "this size must be more than 0")
		return Size{}, false
	}
	return size, ok
}

// share reads a size that is a share.
func (r *reader) share(n *yaml.Node) (Size, bool) {
	size, ok := r.size(n)
	if ok && !size.Percent {
		r.wrong(n.Pos, "write it with a per cent sign, such as 10%", "%q is not a share", n.Text)
		return Size{}, false
	}
	return size, ok
}

// sudo reads true, false, or the name of the user to become.
func (r *reader) sudo(n *yaml.Node) (string, bool) {
	s, ok := r.form("a user", "write true, false, or the login name of a user", isLogin)(n)
	switch s {
	case "true":
		return "root", ok
	case "false":
		return "", ok
	}
	return s, ok
}
