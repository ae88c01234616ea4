package picture_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rota/internal/picture"
)

// moving is a film of ten seconds in which two rows change, one of them to and
// fro, and its far end by itself.
func moving(t *testing.T) (string, []picture.Shot) {
	t.Helper()
	var shots []picture.Shot
	for i, text := range []string{
		"same\r\na\x1b[50Gz\r\none", "same\r\nb\x1b[50Gz\r\none", "same\r\na\x1b[50Gy\r\ntwo", "same\r\nb\r\n",
	} {
		shots = append(shots, picture.Shot{At: time.Duration(i) * 1500 * time.Millisecond, Frame: frame(t, text)})
	}
	return string(picture.Moving(picture.Caption{Title: "a title", Description: "a <description>"}, picture.Film{
		Shots: shots, Length: 10 * time.Second, Poster: 3 * time.Second,
		Keys: []picture.Key{{At: 2 * time.Second, Name: "C"}, {At: 2500 * time.Millisecond, Name: "y"}},
	})), shots
}

// showing returns what each row of a film shows at a moment, and the keys below
// them; at no moment, where nothing may move.
func showing(t *testing.T, svg string, moment *time.Duration, length time.Duration) []string {
	t.Helper()
	shown := make([]string, 4)
	windows := regexp.MustCompile(`(?m)^<svg x="16" y="(\d+)" width="\d+" height="21">(.*)</svg>$`)
	for _, window := range windows.FindAllStringSubmatch(svg, -1) {
		y, _ := strconv.Atoi(window[1])
		row := min((y-16)/20, 3)
		strip := regexp.MustCompile(`^<g class="(\w+)" transform="translate\(0,(-?\d+)\)">(.*)</g>$`).FindStringSubmatch(window[2])
		if strip == nil { // it never changes
			shown[row] += regexp.MustCompile(`^<g transform="translate\(0,15\)">(.*)</g>$`).FindStringSubmatch(window[2])[1]
			continue
		}
		offset, _ := strconv.Atoi(strip[2])
		if moment != nil {
			offset = offsetAt(t, svg, strip[1], *moment, length)
		}
		if m := regexp.MustCompile(fmt.Sprintf(`<g transform="translate\(0,%d\)">(.*?)</g>`, 15-offset)).FindStringSubmatch(strip[3]); m != nil {
			shown[row] += m[1]
		}
	}
	return shown
}

// offsetAt returns how far the rules of a film have pulled a strip.
func offsetAt(t *testing.T, svg, strip string, moment, length time.Duration) int {
	t.Helper()
	rules := regexp.MustCompile(`\.` + strip + `\{animation:` + strip + ` 10s step-end infinite\}@keyframes ` + strip + `\{(.*)\}\n`).FindStringSubmatch(svg)
	if rules == nil {
		t.Fatalf("nothing moves %s in\n%s", strip, svg)
	}
	offset := 1
	for _, step := range regexp.MustCompile(`([\d.]+)%\{transform:translateY\((-?\d+)px\)\}`).FindAllStringSubmatch(rules[1], -1) {
		percent, _ := strconv.ParseFloat(step[1], 64)
		if percent <= 100*moment.Seconds()/length.Seconds() {
			offset, _ = strconv.Atoi(step[2])
		}
	}
	return offset
}

func TestAFilmShowsEachShotInItsTime(t *testing.T) {
	svg, shots := moving(t)
	standsAlone(t, svg)
	for i, shot := range shots {
		want := rows(string(picture.Still(picture.Caption{}, shot.Frame)))
		for len(want) < 3 {
			want = append(want, "")
		}
		for _, at := range []time.Duration{shot.At, shot.At + time.Second} {
			if got := showing(t, svg, &at, 10*time.Second)[:3]; strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("at %v it shows\n%q, not shot %d:\n%q", at, got, i, want)
			}
		}
	}
	if n := strings.Count(svg, ">same<"); n != 1 {
		t.Errorf("a row that stays the same is kept %d times", n)
	}
	for _, part := range []string{">a<", ">z<"} {
		if n := strings.Count(svg, part); n != 1 {
			t.Errorf("%s is kept %d times", part, n)
		}
	}
}

func TestAFilmShowsTheKeys(t *testing.T) {
	svg, _ := moving(t)
	for at, want := range map[time.Duration]string{
		0: "", 1900 * time.Millisecond: "", 2 * time.Second: ">C<", 2600 * time.Millisecond: ">y<",
		3400 * time.Millisecond: ">y<", 3500 * time.Millisecond: "", 9 * time.Second: "",
	} {
		got := showing(t, svg, &at, 10*time.Second)[3]
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("after %v it shows the key %q, want %q", at, got, want)
		}
	}
}

func TestAFilmThatMayNotMoveShowsItsPoster(t *testing.T) {
	svg, shots := moving(t)
	if !strings.Contains(svg, "@media(prefers-reduced-motion:reduce){*{animation:none!important}}") {
		t.Error("it moves where nothing may")
	}
	want := append(rows(string(picture.Still(picture.Caption{}, shots[2].Frame))), "")
	if got := showing(t, svg, nil, 0); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("it shows %q, want %q", got, want)
	}
}
