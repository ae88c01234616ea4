package tui

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/exp/golden"
)

// spacious are the scenes that a large screen adds something to.
var spacious = map[string]bool{"idle": true, "run": true, "balancers": true, "server": true}

// Each scene is drawn on each size. To see what a change does to them:
// go test ./tui -update && git diff tui/testdata
func TestScenes(t *testing.T) {
	t.Parallel()
	for _, scene := range slices.Sorted(maps.Keys(scenes)) {
		for _, size := range [][2]int{{200, 50}, {120, 40}, {80, 24}, {60, 20}, {40, 12}} {
			if size[0] == 40 && scene != "run" {
				continue // one line, and always the same one
			}
			if size[0] == 200 && !spacious[scene] {
				continue
			}
			t.Run(fmt.Sprintf("%s/%dx%d", scene, size[0], size[1]), func(t *testing.T) {
				t.Parallel()
				st := scenes[scene](t, size[0], size[1])
				golden.RequireEqual(t, plainText(st.View().Content))
			})
		}
	}
}

func TestScenesInColour(t *testing.T) {
	t.Parallel()
	for _, scene := range []string{"run", "failure"} {
		for _, dark := range []bool{true, false} {
			name := scene + "/light"
			if dark {
				name = scene + "/dark"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				st := scenes[scene](t, 80, 24, func(c *Config) { c.Color, c.Dark, c.Protected = true, dark, true })
				golden.RequireEqual(t, st.View().Content)
			})
		}
	}
	t.Run("run/16 colours", func(t *testing.T) {
		t.Parallel()
		st := scenes["run"](t, 80, 24, func(c *Config) { c.Color = true })
		st.profile = colorprofile.ANSI
		st.restyle()
		st.wait(0)
		golden.RequireEqual(t, st.View().Content)
	})
	t.Run("run/no colour", func(t *testing.T) {
		t.Parallel()
		st := scenes["run"](t, 80, 24)
		golden.RequireEqual(t, st.View().Content)
	})
}

func TestScenesInASCII(t *testing.T) {
	t.Parallel()
	for _, scene := range []string{"run", "failure", "server"} {
		t.Run(scene, func(t *testing.T) {
			t.Parallel()
			st := scenes[scene](t, 80, 24, func(c *Config) { c.ASCII = true; c.Servers[3].Name = "web4" })
			frame := plainText(st.View().Content)
			for _, r := range frame {
				if r > 0x7e {
					t.Errorf("%q is not ASCII", r)
				}
			}
			golden.RequireEqual(t, frame)
		})
	}
}
