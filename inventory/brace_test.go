package inventory

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rota/inventory/yaml"
)

func TestRangesExpand(t *testing.T) {
	for text, want := range map[string]string{
		"web1":              "web1",
		"web{2..4}":         "web2 web3 web4",
		"web{4..2}":         "web4 web3 web2",
		"web{08..11}":       "web08 web09 web10 web11",
		"web{1..03}":        "web01 web02 web03",
		"web{0..1}":         "web0 web1",
		"{a,b}":             "a b",
		"web-{eu,us}-{1,2}": "web-eu-1 web-us-2",
		"a{1..2}b{x,y}c":    "a1bxc a2byc",
		"${NAME}-{1..2}":    "${NAME}-1 ${NAME}-2",
		"${a,b}":            "${a,b}",
		`{"a": 1,"b": 2}`:   `{"a": 1,"b": 2}`,
		"{}":                "{}",
		"{a}":               "{a}",
		"{a..c}":            "{a..c}",
		"{1..}":             "{1..}",
		"{a,}":              "{a,}",
		"{1..2":             "{1..2",
		"x}{1..2}":          "x}1 x}2",
		"{x{1..2}":          "{x1 {x2",
		"日{1..2}本":          "日1本 日2本",
	} {
		p, err := parsePattern(nil, text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var all []string
		for i := range max(1, p.count()) {
			all = append(all, p.at(i))
		}
		if got := strings.Join(all, " "); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestARangeIsNotEndless(t *testing.T) {
	for _, text := range []string{"{1..1001}", "{1001..1}", "{0..99999999999999999999}"} {
		if _, err := parsePattern(&yaml.Node{}, text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
	if p, err := parsePattern(nil, "{1..1000}"); err != nil || p.count() != 1000 {
		t.Errorf("a thousand: %d, %v", p.count(), err)
	}
}

func TestTheRangesOfOneEntryRunInStep(t *testing.T) {
	inv := load(t, changed(t, "  - name: web2\n    address: 10.0.0.2:80\n", `  - name: web{09..11}
    ssh: deploy@host{9..11}:22{1..3}
    address: 10.0.{0,0,1}.{12..14}:80
    group: many
    env: {N: "{a,b,c}", V: "${X}", S: same}
    pools: {shop: "app{1..3}@10.1.0.{1..3}:{81..83}"}
`))
	var got []string
	for _, s := range inv.Servers[1:] {
		got = append(got, fmt.Sprintf("%s %s %s %v %v", s.Name, s.SSH, s.Address, s.Env, s.Pools))
	}
	want := []string{
		"web09 deploy@host9:221 10.0.0.12:80 [{N a} {V ${X}} {S same}] [{shop app1 10.1.0.1:81}]",
		"web10 deploy@host10:222 10.0.0.13:80 [{N b} {V ${X}} {S same}] [{shop app2 10.1.0.2:82}]",
		"web11 deploy@host11:223 10.0.1.14:80 [{N c} {V ${X}} {S same}] [{shop app3 10.1.0.3:83}]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestRangeRefusals(t *testing.T) {
	const second = "  - name: web2\n    address: 10.0.0.2:80\n"
	refused(t, []bad{
		{"an address with more values", second, "  - name: web{2..4}\n    address: 10.0.0.{12..15}:80\n", []string{
			`6:21 {12..15} stands for 4 values, {2..4} for 3 (the ranges of one entry run in step with each other)`,
		}},
		{"the second range of a name", second, "  - name: 'web{2..4}{a,b}'\n    address: 10.0.0.{12..14}:80\n", []string{
			`5:21 {a,b} stands for 2 values, {2..4} for 3 (the ranges of one entry run in step with each other)`,
		}},
		{"ssh, a variable and a pool", second, "  - name: web{2..3}\n    address: 10.0.0.{2..3}:80\n    ssh: \"h{1..3}\"\n    env: {A: \"日{a,b,c}\"}\n    pools: {shop: \"{1..3}\"}\n", []string{
			`7:12 {1..3} stands for 3 values, {2..3} for 2 (the ranges of one entry run in step with each other)`,
			`8:16 {a,b,c} stands for 3 values, {2..3} for 2 (the ranges of one entry run in step with each other)`,
			`9:20 {1..3} stands for 3 values, {2..3} for 2 (the ranges of one entry run in step with each other)`,
		}},
		{"a range, but not in the name", second, "  - name: web2\n    address: 10.0.0.{2..3}:80\n", []string{
			`6:21 {2..3} stands for 2 values, but the name has no range (write a range in the name too)`,
		}},
		{"one address for all", second, "  - name: web{2..3}\n    address: 10.0.0.2:80\n", []string{
			`6:14 web2 and web3 have the same address, 10.0.0.2:80 (every server of a pool needs its own address)`,
		}},
		{"letters", second, "  - name: web{a..c}\n    address: 10.0.0.2:80\n", []string{`5:14 this is not a range (write {2..4}, {01..12} or {a,b})`}},
		{"one dot", second, "  - name: web{1.3}\n    address: 10.0.0.2:80\n", []string{`5:14 this is not a range (write {2..4}, {01..12} or {a,b})`}},
		{"no end", second, "  - name: web{1..3\n    address: 10.0.0.2:80\n", []string{`5:14 this is not a range (write {2..4}, {01..12} or {a,b})`}},
		{"too many", second, "  - name: web{1..5000}\n    address: 10.0.0.2:80\n", []string{`5:14 {1..5000} stands for more than 1000 values`}},
		{"too many in all", second, "  - name: web{2..999}\n    address: 10.0.0.{2..999}:80\n  - name: x{1..2}\n", []string{
			`6:14 "10.0.0.256:80" is not an address (write host:port, such as 10.0.0.11:8080 or [::1]:80)`,
			`7:5 missing key "address" (add it, such as address: 10.0.0.11:8080, or balanced: false)`,
			`7:5 there are more than 1000 servers`,
		}},
		{"values that are wrong are told once", second, "  - name: web{2..4}\n    address: 10.0.0.{254..256}:80\n", []string{
			`6:14 "10.0.0.256:80" is not an address (write host:port, such as 10.0.0.11:8080 or [::1]:80)`,
		}},
	})
}
