package proxy

import (
	"strings"
	"testing"
	"time"
)

func member3(fall, rise int) *member {
	return newMember(&Proxy{o: Options{Check: Check{Fall: fall, Rise: rise}}, started: time.Now()}, 1, Server{Weight: 1})
}

func TestStatusFollowsChecksAndWishes(t *testing.T) {
	// + a passed check, - a failed one, m maint, d drain, r ready, ! health down
	rows := []struct {
		what       string
		fall, rise int
		happens    string
		want       string
	}{
		{"up before any check", 2, 2, "", "UP 1/2"},
		{"one pass is enough then", 2, 2, "+", "UP"},
		{"the first check fails", 2, 2, "-", "DOWN"},
		{"one failure is forgiven", 2, 2, "+-", "UP 1/2"},
		{"two are not", 2, 2, "+--", "DOWN"},
		{"coming back", 2, 2, "--+", "DOWN 1/2"},
		{"a relapse", 2, 2, "--+-", "DOWN"},
		{"back", 2, 2, "--++", "UP"},
		{"slow to fall", 3, 2, "+-", "UP 2/3"},
		{"quick to fall", 1, 1, "-", "DOWN"},
		{"drained and sound", 2, 2, "+d", "DRAIN"},
		{"drained and failing", 2, 2, "+d-", "DRAIN 1/2"},
		{"drained and dead", 2, 2, "+d--", "DOWN"},
		{"maintenance hides all", 2, 2, "+--m", "MAINT"},
		{"ready from maintenance is up unchecked", 2, 2, "+--mr", "UP 1/2"},
		{"drain from maintenance is sound unchecked where one failure is too many", 1, 1, "-md", "DRAIN"},
		{"health down asks for passes", 2, 2, "+md!+", "DOWN 1/2"},
		{"and has them", 2, 2, "+md!++", "DRAIN"},
		{"ready of a dead one", 2, 2, "+d--r", "DOWN"},
	}
	for _, row := range rows {
		t.Run(row.what, func(t *testing.T) {
			m := member3(row.fall, row.rise)
			for _, e := range row.happens {
				switch e {
				case '+', '-':
					m.judge(verdict{passed: e == '+'})
				case 'm':
					m.wish(maint)
				case 'd':
					m.wish(drain)
				case 'r':
					m.wish(0)
				case '!':
					m.setHealth(false)
				}
			}
			if got := m.status(); got != row.want {
				t.Errorf("%q: got %s, want %s", row.happens, got, row.want)
			}
		})
	}
}

func TestRequestsAreSpreadByWeight(t *testing.T) {
	a, b, c := member3(2, 2), member3(2, 2), member3(2, 2)
	a.Name, b.Name, c.Name = "a", "b", "c"
	all := []*member{a, b, c}
	turns := func(n int) string {
		var s strings.Builder
		for range n {
			if m := pick(all); m != nil {
				s.WriteString(m.Name)
			}
		}
		return s.String()
	}
	rows := []struct {
		what string
		do   func()
		want string
	}{
		{"evenly", func() {}, "abcabc"},
		{"the heavy one oftener, but not in a row where that can be", func() { a.weight = 2 }, "abcaabca"},
		{"not to weight 0", func() { a.weight = 0 }, "bcbc"},
		{"not to a drained one", func() { b.wish(drain) }, "cccc"},
		{"nor to one in maintenance, so to nobody", func() { c.wish(maint) }, ""},
		{"to who comes back", func() { b.wish(0) }, "bbbb"},
		{"not to a dead one", func() { b.setHealth(false) }, ""},
	}
	for _, row := range rows {
		row.do()
		for _, m := range all {
			m.turn = 0
		}
		if got := turns(len(row.want)); got != row.want {
			t.Errorf("%s: got %s, want %s", row.what, got, row.want)
		}
	}
	if m := pick(all); m != nil {
		t.Errorf("%s was picked, and none is usable", m.Name)
	}
}

func TestRateIsThatOfTheLastSecond(t *testing.T) {
	var m meter
	at := func(ms int) time.Time { return time.UnixMilli(1_000_000_000_000 + int64(ms)) }
	for ms := 0; ms < 2000; ms += 10 {
		m.add(at(ms))
	}
	for ms, want := range map[int]int{1995: 100, 2500: 50, 2999: 0, 5000: 0} {
		now := m
		if got := now.rate(at(ms)); got < want-1 || got > want+1 {
			t.Errorf("after %d ms: %d, want %d", ms, got, want)
		}
	}
}
