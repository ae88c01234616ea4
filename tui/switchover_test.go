package tui

import (
	"slices"
	"testing"
)

func TestSwitchOver(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		protected bool
		groups    []string
		idle      string
		keys      []string
		want      []string
	}{
		{"to the group that is out", false, []string{"app", "db"}, "app", []string{"S", "y"}, []string{"start switch app []"}},
		{"no is no", false, []string{"app", "db"}, "app", []string{"S", "n"}, nil},
		{"a protected app wants its name", true, []string{"app", "db"}, "app", []string{"S", "y", "enter", "esc", "S", "s", "h", "o", "p", "enter"}, []string{"start switch app []"}},
		{"where it is not clear, a person says which", false, []string{"app", "db"}, "", []string{"S", "d", "b", "enter", "y"}, []string{"start switch db []"}},
		{"not to a third one", false, []string{"app", "db"}, "", []string{"S", "x", "enter", "esc"}, nil},
		{"nothing to switch without groups", false, nil, "", []string{"S", "y"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := scenes["idle"](t, 120, 40, func(c *Config) {
				c.Groups, c.Protected = tt.groups, tt.protected
				for i := range c.Servers {
					c.Servers[i].Group = "app"
				}
			})
			for _, s := range st.fleet.servers {
				s.idle = tt.idle == "app"
			}
			for _, k := range tt.keys {
				st.press(k)
				st.carryOut()
			}
			if !slices.Equal(st.calls, tt.want) {
				t.Errorf("asked for %q, want %q", st.calls, tt.want)
			}
		})
	}
}
