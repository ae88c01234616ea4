package text

import (
	"strconv"
	"strings"
)

// Color says that a line goes on in another colour from a byte of its clean text
// on, by the number that chooses it on a terminal (SGR): 0 plain, 1 bold, 2 faint,
// 30 to 37 and 90 to 97 the sixteen colours.
type Color struct {
	At  int
	SGR int
}

// mostColors is how many changes of colour in one line are looked at, and a line
// longer than longestColored has none: nobody reads them, and they cost time.
const (
	mostColors     = 100
	longestColored = 4 << 10
)

// Colors returns the colours that a line from outside asks for, as places in
// what Clean makes of it. They are numbers, which do no harm: nothing of the
// sequences themselves is kept, and nothing of what they may say beside.
func Colors(s string) []Color {
	if len(s) > longestColored || !strings.Contains(s, "\x1b[") {
		return nil
	}
	clean, last := Clean(s), lastState(s)
	s = s[:len(strings.TrimRight(s, "\r\n"))]
	base := len(s) - len(last) // what stands before is overwritten
	var pen sgr
	var colors []Color
	i := 0
	for range mostColors {
		at := strings.Index(s[i:], "\x1b[")
		if at < 0 {
			break
		}
		at += i
		i = at + 2
		for i < len(s) && (s[i] == ';' || s[i] >= '0' && s[i] <= '9') {
			i++
		}
		if i == len(s) || s[i] != 'm' {
			continue
		}
		pen.take(s[at+2 : i])
		before := ""
		if at > base {
			before = Clean(s[base:at])
		}
		if strings.HasPrefix(clean, before) { // else a character is composed across the sequence
			colors = turn(colors, Color{len(before), pen.number()})
		}
	}
	return colors
}

// turn adds a change of colour, unless it changes nothing.
func turn(colors []Color, c Color) []Color {
	if n := len(colors); n > 0 && colors[n-1].At == c.At {
		colors = colors[:n-1]
	}
	was := 0
	if n := len(colors); n > 0 {
		was = colors[n-1].SGR
	}
	if c.SGR == was {
		return colors
	}
	return append(colors, c)
}

// sgr is what a terminal remembers of the sequences so far.
type sgr struct {
	color       int
	bold, faint bool
}

func (p *sgr) take(params string) {
	fields := strings.Split(params, ";")
	for i := 0; i < len(fields); i++ {
		n, _ := strconv.Atoi(fields[i]) // none is 0
		switch {
		case n == 0:
			*p = sgr{}
		case n == 1:
			p.bold = true
		case n == 2:
			p.faint = true
		case n == 22:
			p.bold, p.faint = false, false
		case n >= 30 && n <= 37, n >= 90 && n <= 97:
			p.color = n
		case n == 39:
			p.color = 0
		case n == 38, n == 48: // one of 256, or of millions
			i += p.extended(n, fields[i+1:])
		}
	}
}

// extended takes the rest of a colour that is not of the sixteen, and returns
// how many numbers that were. The first sixteen of the 256 are the same ones.
func (p *sgr) extended(n int, rest []string) int {
	if len(rest) < 2 || rest[0] != "5" {
		return min(4, len(rest))
	}
	if n == 48 {
		return 2
	}
	p.color = 0
	switch c, _ := strconv.Atoi(rest[1]); {
	case c < 8:
		p.color = 30 + c
	case c < 16:
		p.color = 90 + c - 8
	}
	return 2
}

func (p *sgr) number() int {
	switch {
	case p.color > 0:
		return p.color
	case p.bold:
		return 1
	case p.faint:
		return 2
	}
	return 0
}
