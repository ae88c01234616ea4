package yaml

import (
	"fmt"
	"strings"
	"testing"
)

// sketch writes a tree on one line, each value with its place.
func sketch(n *Node) string {
	if n == nil {
		return "nothing"
	}
	at := fmt.Sprintf("%d:%d", n.Pos.Line, n.Pos.Column)
	switch n.Kind {
	case List:
		var s []string
		for _, i := range n.Items {
			s = append(s, sketch(i))
		}
		return at + "[" + strings.Join(s, " ") + "]"
	case Mapping:
		var s []string
		for _, p := range n.Pairs {
			s = append(s, fmt.Sprintf("%d:%d %s=%s", p.Pos.Line, p.Pos.Column, p.Key, sketch(p.Value)))
		}
		return at + "{" + strings.Join(s, ", ") + "}"
	case Null:
		return at + " null"
	case Broken:
		return at + " broken"
	default:
		return at + fmt.Sprintf(" %q", n.Text)
	}
}

func TestEveryValueKnowsItsPlace(t *testing.T) {
	for name, row := range map[string]struct{ in, want string }{
		"an empty file has no value":               {"", "nothing"},
		"comments are no value":                    {"# only\n\n", "nothing"},
		"one scalar":                               {"hello\n", `1:1 "hello"`},
		"a mapping begins at its first key":        {"a: 1\nb: x\n", `1:1{1:1 a=1:4 "1", 2:1 b=2:4 "x"}`},
		"a list in a mapping":                      {"b:\n  - x\n  - y\n", `1:1{1:1 b=2:3[2:5 "x" 3:5 "y"]}`},
		"a flow mapping begins at its brace":       {"a: {k: v, l: [1, 2]}\n", `1:1{1:1 a=1:4{1:5 k=1:8 "v", 1:11 l=1:14[1:15 "1" 1:18 "2"]}}`},
		"columns are characters":                   {"日本: {ü: 本, z: w}\n", `1:1{1:1 日本=1:5{1:6 ü=1:9 "本", 1:12 z=1:15 "w"}}`},
		"quotes and escapes are undone":            {`a: ['it''s', "t\tn"]`, `1:1{1:1 a=1:4[1:5 "it's" 1:14 "t\tn"]}`},
		"a block of text begins at its mark":       {"a: |\n  one\n  two\nb: >-\n  f\n  g\n", `1:1{1:1 a=1:4 "one\ntwo\n", 4:1 b=4:4 "f g"}`},
		"a key without a value":                    {"a:\nb: ~\n", `1:1{1:1 a=1:1 null, 2:1 b=2:1 null}`},
		"a key is a text, whatever it looks like":  {"1: a\ntrue: b\n\"q\": c\n", `1:1{1:1 1=1:4 "a", 2:1 true=2:7 "b", 3:1 q=3:6 "c"}`},
		"numbers stay as they are written":         {"[010, 1.10, 0x1F, .inf, yes, true]", `1:1[1:2 "010" 1:7 "1.10" 1:13 "0x1F" 1:19 ".inf" 1:25 "yes" 1:30 "true"]`},
		"lines may end as they do on Windows":      {"a: \"x\r\n  y\"\r\nb: 1\r\n", `1:1{1:1 a=1:4 "x y", 3:1 b=3:4 "1"}`},
		"a byte order mark is passed over":         {"\ufeffa: 1\n", `1:1{1:1 a=1:4 "1"}`},
		"an explicit document":                     {"%YAML 1.2\n---\na: 1\n...\n", `3:1{3:1 a=3:4 "1"}`},
		"an alias keeps the place of its anchor":   {"a: &x [1]\nb: *x\n", `1:1{1:1 a=1:7[1:8 "1"], 2:1 b=1:7[1:8 "1"]}`},
		"an anchor may be used again":              {"a: &x 1\nb: &x 2\nc: *x\n", `1:1{1:1 a=1:7 "1", 2:1 b=2:7 "2", 3:1 c=2:7 "2"}`},
		"a merge gives way to what is written":     {"a: &x {k: 1, l: 2}\nb:\n  k: 3\n  <<: *x\n", `1:1{1:1 a=1:7{1:8 k=1:11 "1", 1:14 l=1:17 "2"}, 2:1 b=3:3{3:3 k=3:6 "3", 1:14 l=1:17 "2"}}`},
		"the first of several merges wins":         {"a: {<<: [{k: 1}, {k: 2, l: 3}]}\n", `1:1{1:1 a=1:4{1:11 k=1:14 "1", 1:25 l=1:28 "3"}}`},
		"an explicit key":                          {"? a\n: b\n", `1:1{1:3 a=2:3 "b"}`},
		"a plain value may hold braces in a block": {"a: 10.0.0.{1..2}:80\n", `1:1{1:1 a=1:4 "10.0.0.{1..2}:80"}`},
	} {
		t.Run(name, func(t *testing.T) {
			d, errs := Parse([]byte(row.in))
			if len(errs) > 0 {
				t.Fatalf("unexpected: %v", errs)
			}
			if got := sketch(d.Root); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestWhatCannotBeReadSaysWhere(t *testing.T) {
	for name, row := range map[string]struct{ in, want string }{
		"a tab":                        {"a:\n\tb: 1\n", `2:1 this is not YAML: found character '\t' that cannot start any token (indent with spaces, not with tabs)`},
		"an open bracket":              {"a: [1, 2\nb: 3\n", `2:1 this is not YAML: ',' or ']' must be specified (between { } and [ ], put quotes around a value with braces, brackets or "," in it)`},
		"an open quote":                {"a: 'x\nb: 2\n", `1:4 this is not YAML: could not find end character of single-quoted text (a closing quote is missing)`},
		"a colon in a value":           {"a: b: c\n", `1:4 this is not YAML: mapping value is not allowed in this context (put quotes around a value with ": " in it, and align keys that belong together)`},
		"braces in a flow mapping":     {"c: {a: x{2..4}}\n", `1:9 this is not YAML: ',' or '}' must be specified (between { } and [ ], put quotes around a value with braces, brackets or "," in it)`},
		"a value that begins with @":   {"a: @x\n", `1:4 this is not YAML: '@' is a reserved character (put quotes around this value)`},
		"a line that is no pair":       {"a: 1\nb\nc: 2\n", `2:1 this is not YAML: non-map value is specified (a key is followed by ":", and a line that goes on is indented)`},
		"a key that stands twice":      {"a: 1\nb: 2\na: 3\n", `3:1 the key "a" stands here twice (remove one of the two)`},
		"an alias without an anchor":   {"a: *nope\n", `1:4 there is no anchor for the alias *nope (an anchor, &nope, must stand before it)`},
		"an alias before its anchor":   {"a: *x\nb: &x 1\n", `1:4 there is no anchor for the alias *x (an anchor, &x, must stand before it)`},
		"an alias in its own anchor":   {"a: &x [*x]\n", `1:8 the alias *x stands inside its own anchor`},
		"a merge of no mapping":        {"a: {<<: 1}\n", `1:9 "<<" needs a mapping (write an alias of a mapping, such as <<: *defaults)`},
		"a merge of a list of texts":   {"a: {<<: [x]}\n", `1:10 "<<" takes mappings only`},
		"a tag":                        {"a: !!str 1\n", `1:4 tags (!!str) are not supported (remove it; a number in quotes is a text)`},
		"a second document":            {"a: 1\n---\nb: 1\n", `2:1 a second document begins here (an inventory is one document: one file for each application)`},
		"a key that is a list":         {"? [a]\n: b\n", `2:1 this is not YAML: found an invalid key for this map`},
		"a key that is an alias":       {"x: &x a\n*x : b\n", `2:1 a key must be one plain word`},
		"a broken alias in a merge":    {"a: {<<: [*q]}\n", `1:10 there is no anchor for the alias *q (an anchor, &q, must stand before it)`},
		"latin-1":                      {"a: 1\nb: \xfc\n", `2:4 this is not UTF-8 text (save the file as UTF-8)`},
		"UTF-16":                       {"\xff\xfea\x00", `1:1 this is not UTF-8 text (save the file as UTF-8)`},
		"an escape character":          {"a: \x1b[31m\n", `1:4 a control character (U+001B) stands here (remove it)`},
		"a line end of old":            {"a: 1\rb: 2\n", `1:5 a control character (U+000D) stands here (remove it)`},
		"too big":                      {strings.Repeat("#", MaxBytes+1), `1:1 the file is too big (an inventory has at most 256 KiB)`},
		"too many words":               {strings.Repeat("a: \n", maxWords), `20001:1 the file is too big (an inventory has at most 40000 words)`},
		"too many brackets":            {strings.Repeat("[", 10_000), `1:61 this is nested too deeply (an inventory has at most 60 levels)`},
		"too many dashes":              {strings.Repeat("- ", 10_000), `1:121 this is nested too deeply (an inventory has at most 60 levels)`},
		"too many steps to the right":  {stairs(100), `61:61 this is nested too deeply (an inventory has at most 60 levels)`},
		"aliases of aliases, and more": {laughs(9), `1:1 the aliases make the file too big (an inventory has at most 100000 values)`},
	} {
		t.Run(name, func(t *testing.T) {
			d, errs := Parse([]byte(row.in))
			var got []string
			for _, e := range errs {
				s := fmt.Sprintf("%d:%d %s", e.Pos.Line, e.Pos.Column, e.Text)
				if e.Hint != "" {
					s += " (" + e.Hint + ")"
				}
				got = append(got, s)
				if d.Clamp(e.Pos) != e.Pos {
					t.Errorf("%v is not in the file", e.Pos)
				}
			}
			if s := strings.Join(got, "\n"); s != row.want {
				t.Errorf("got  %s\nwant %s", s, row.want)
			}
		})
	}
}

// stairs returns n keys, each inside the one before it.
func stairs(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// laughs returns a short file whose aliases stand for ten to the n values.
func laughs(n int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 x\n")
	for i := range n {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	return b.String()
}

func TestFindTellsWhereAPartStands(t *testing.T) {
	for name, row := range map[string]struct {
		in, part string
		want     Position
	}{
		"in a plain text":                 {"a: web{1..2}\n", "{1..2}", Position{1, 7}},
		"after other characters":          {"ä: [日本, '日{1..2}']\n", "{1..2}", Position{1, 11}},
		"in quotes":                       {`a: "web{1..2}"`, "{1..2}", Position{1, 8}},
		"in a block of text":              {"a: |\n  one\n  two ${X}\nb: ${X}\n", "${X}", Position{3, 7}},
		"not in what follows":             {"a: \"\\x24{X}\"\nb: ${X}\n", "${X}", Position{1, 4}},
		"not in what follows on the line": {`[ "\x24{X}", "${X}" ]`, "${X}", Position{1, 3}},
		"not in what stands before":       {"b: ${X}\na: ${X}\n", "${X}", Position{2, 4}},
	} {
		t.Run(name, func(t *testing.T) {
			d, errs := Parse([]byte(row.in))
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			n := d.Root
			for n.Kind != Scalar {
				switch {
				case n.Kind == List && row.in[0] == '[':
					n = n.Items[0]
				case n.Kind == List:
					n = n.Items[len(n.Items)-1]
				case n.Value("a") != nil:
					n = n.Value("a")
				default:
					n = n.Pairs[0].Value
				}
			}
			if got := d.Find(n, row.part); got != row.want {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}
