package inventory

import (
	"strings"
	"testing"
)

func TestSelect(t *testing.T) {
	inv := &Inventory{Servers: []Server{
		{Name: "web1", Groups: []string{"blue", "eu"}}, {Name: "web2", Groups: []string{"green"}}, {Name: "web3", Groups: []string{"green"}}, {Name: "job"},
	}}
	for name, row := range map[string]struct{ only, exclude, want string }{
		"all":                               {"", "", "web1 web2 web3 job"},
		"one":                               {"web2", "", "web2"},
		"the order is the inventory's":      {"job web1", "", "web1 job"},
		"a group":                           {"green", "", "web2 web3"},
		"a group and one of it":             {"web3 green", "", "web2 web3"},
		"a glob":                            {"web*", "", "web1 web2 web3"},
		"a glob of a group":                 {"gr?en", "", "web2 web3"},
		"a class of letters":                {"web[13]", "", "web1 web3"},
		"all but one":                       {"", "web1", "web2 web3 job"},
		"a group but one of it":             {"green", "web2", "web3"},
		"what is excluded was never chosen": {"web1", "green", "web1"},
		"one that is mistyped":              {"wbe1", "", "no server or group is called \"wbe1\"\ndid you mean \"web1\"?"},
		"a group that is mistyped":          {"web1 gren", "", "no server or group is called \"gren\"\ndid you mean \"green\"?"},
		"a glob of none":                    {"db*", "", "no server or group is called \"db*\"\nthere are \"web1\", \"web2\", \"web3\", \"job\", \"blue\", \"eu\" and \"green\""},
		"an excluded one that is mistyped":  {"", "web11", "no server or group is called \"web11\"\ndid you mean \"web1\"?"},
		"a glob that is none":               {"web[", "", "\"web[\" is not a pattern: syntax error in pattern"},
		"nobody is left":                    {"web1", "blue", "no server is left of those that were chosen"},
	} {
		t.Run(name, func(t *testing.T) {
			chosen, err := inv.Select(strings.Fields(row.only), strings.Fields(row.exclude))
			var names []string
			for _, s := range chosen {
				names = append(names, s.Name)
			}
			got := strings.Join(names, " ")
			if err != nil {
				got += err.Error()
			}
			if got != row.want {
				t.Errorf("got  %q\nwant %q", got, row.want)
			}
		})
	}
}

func TestServerPointsIntoTheInventory(t *testing.T) {
	inv := &Inventory{Servers: []Server{{Name: "a"}, {Name: "b"}}}
	if got := inv.Server("b"); got != &inv.Servers[1] {
		t.Errorf("got %v", got)
	}
	if got := inv.Server("c"); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestNearestIsWhatWasMeant(t *testing.T) {
	right := []string{"drain_timeout", "on_drain_timeout", "soak", "batches", "web1", "web2"}
	for word, want := range map[string]string{
		"drain_timout":          "drain_timeout",
		"draintimeout":          "drain_timeout",
		"drain-timeout":         "drain_timeout",
		"DRAIN_TIMEOUT":         "drain_timeout",
		"baches":                "batches",
		"abtches":               "batches",
		"saok":                  "soak",
		"web3":                  "web1",
		"web":                   "web1",
		"sock":                  "soak",
		"nothing":               "",
		"":                      "",
		strings.Repeat("a", 99): "",
	} {
		if got := nearest(word, right); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

func TestDistanceCountsLetters(t *testing.T) {
	for _, row := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "acb", 1}, {"abcd", "badc", 2}, {"kitten", "sitting", 3}, {"ab", "xaby", 2},
	} {
		if got := distance(row.a, row.b); got != row.want {
			t.Errorf("%q, %q: got %d, want %d", row.a, row.b, got, row.want)
		}
	}
}

func TestAHintDoesNotListEverything(t *testing.T) {
	many := strings.Split(strings.Repeat("server ", 30)+"server", " ")
	if got := listed(many); strings.Count(got, `"server"`) != 20 || !strings.HasSuffix(got, " and 11 more") {
		t.Errorf("got %s", got)
	}
	if got := listed([]string{"a"}); got != `there is "a"` {
		t.Errorf("got %s", got)
	}
}
