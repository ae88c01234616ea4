package tui

import (
	"slices"
	"testing"

	"rota/lb"
	"rota/rollout"
	"rota/survey"
)

// matching lists the servers that a filter shows, in the inventory's order.
func (st *story) matching(filter string) []string {
	st.table.filter = filter
	st.wait(0)
	var got []string
	for _, s := range st.fleet.servers {
		if slices.Contains(st.table.rows, s) {
			got = append(got, s.Name)
		}
	}
	return got
}

func TestFilter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		filter string
		want   []string
	}{
		{"web1", []string{"web1"}},
		{"!web", []string{"주문서버-4.서울"}},
		{"state:waiting", []string{"web5", "web6"}},
		{"state:out", []string{"web3"}},
		{"batch:1", []string{"web1", "web2"}},
		{"v:1.42", []string{"web1", "web2"}},
		{"group:blue v:1.41", []string{"web3", "web5"}},
		{"lb:lb1 !v:1.41", []string{"web1", "web2"}},
		{"nothing-like-it", nil},
		{"state:updated", []string{"web1", "web2"}},
		{"state:wait,deploy", []string{"web3", "web5", "web6"}},
		{"state:in !v:1.42", []string{"web5", "web6"}}, // and none that is draining
		{"in", []string{"web1", "web2", "web5", "web6"}},
		{"web1,web5", []string{"web1", "web5"}},
		{"WEB1, web5", nil}, // a space between them: both must be found
		{"!web1,web5", []string{"web2", "web3", "주문서버-4.서울", "web6"}},
		{"web1,", []string{"web1"}},
		{",", []string{"web1", "web2", "web3", "주문서버-4.서울", "web5", "web6"}},
		{"batch:1,3", []string{"web1", "web2", "web5", "web6"}},
		{"lb1:out", []string{"web3"}},
		{"LB2:drain,out", []string{"web3", "주문서버-4.서울"}},
		{"!lb1:in", []string{"web3", "주문서버-4.서울"}},
		{"state:", []string{"web1", "web2", "web3", "주문서버-4.서울", "web5", "web6"}},
	}
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			t.Parallel()
			st := running(t, 120, 40)
			got := st.matching(tt.filter)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// What the table shows of a server can be looked for, whoever told it.
func TestFilterByTheWordThatIsShown(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 120, 40)
	for _, tt := range []struct {
		filter string
		want   []string
	}{
		{"state:healthy", []string{"web1", "주문서버-4.서울", "web5", "web6"}},
		{"state:sick", []string{"web2"}},
		{"state:held", []string{"web3"}},
		{"sick,held", []string{"web2", "web3"}},
	} {
		if got := st.matching(tt.filter); !slices.Equal(got, tt.want) {
			t.Errorf("%s shows %q, want %q", tt.filter, got, tt.want)
		}
	}
	st = running(t, 160, 40)
	st.surveyed(func(servers []survey.Server) { servers[4].Healthy = false })
	if got := st.matching("state:sick"); !slices.Equal(got, []string{"web5"}) {
		t.Errorf("in a run %q are sick, want web5", got)
	}
	st.observed("web6", lb.Down, "lb2")
	if got := st.matching("lb2:down"); !slices.Equal(got, []string{"web6"}) {
		t.Errorf("%q are down, want web6", got)
	}
}

func TestFilterSaysThatThereIsNoSuchField(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40)
	st.press("/", "f", "o", "o", ":", "b")
	const told = "no field foo: state lb batch group v, or a balancer's name"
	st.shows(t, told+"; esc shows all")
	st.press("ctrl+u", "!", "f", "o", "o", ":", "b")
	st.hides(t, told)
	st.press("enter") // all are shown, so there is room for it in the last line alone
	st.shows(t, told, "1-6 of 6")
	st.event(rollout.Event{Kind: rollout.Found, Server: "web3", Version: "sha256:1f"})
	if got := st.matching("sha256:1"); !slices.Equal(got, []string{"web3"}) {
		t.Errorf("%q run it, want web3", got)
	}
	if why := st.noField(); why != "" {
		t.Errorf("a version with a colon is told to be a field: %s", why)
	}
}

func TestEscapeTakesAwayOneAfterTheOther(t *testing.T) {
	t.Parallel()
	st := newStory(t, 6, 120, 40)
	st.press("space", "down", "space", "v", "/", "w", "e", "b", "1", "enter")
	st.shows(t, "filter web1", "only the marked", "1-1 of 1 that match, of 6, 1 of the 2 marked is hidden by the filter", "esc clear")
	st.press("esc")
	st.shows(t, "only the marked", "1-2 of 2 that match, of 6, 2 marked")
	st.hides(t, "filter web1")
	st.press("esc")
	st.shows(t, "1-6 of 6, 2 marked")
	st.press("esc")
	st.shows(t, "1-6 of 6 ")
	st.hides(t, "marked", "esc clear")
	before := st.screen()
	st.press("esc")
	if got := st.screen(); got != before {
		t.Errorf("esc does something more:\n%s", got)
	}
}

func TestAKeptFilterGivesWayToWhatIsTyped(t *testing.T) {
	t.Parallel()
	st := newStory(t, 6, 120, 40)
	st.press("/", "w", "e", "b", "1", "enter", "/")
	st.shows(t, "filter: web1", "1-1 of 1 that match", "esc leaves it as it was")
	st.press("x")
	st.shows(t, "filter: x", "no server is like x; esc shows those like web1")
	st.press("esc")
	st.shows(t, "filter web1", "1-1 of 1 that match")
	st.press("/", "end", "2")
	st.shows(t, "filter: web12")
	st.press("esc", "/", "backspace", "enter")
	st.shows(t, "1-6 of 6")
	st.press("/", "x", "enter")
	st.shows(t, "no server is like x; esc shows all")
	st.press("/", "enter")
	st.shows(t, "filter x") // nothing was typed
}
