package conf

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rota/internal/daemon"
	"rota/internal/servertest"
)

// lexical matches what nginx says when its tokenizer gives up.
var lexical = regexp.MustCompile(`\[emerg\] .*(too long parameter|unexpected "[;{}]"|unexpected "."|unexpected end of file).* in .*:(\d+)`)

// place matches the line of any complaint.
var place = regexp.MustCompile(`(?s)\[emerg\] .* in \S+/nginx\.conf:(\d+)`)

// ask lets the real nginx test a whole configuration, and returns "" when it
// is accepted, else what nginx said.
func ask(t *testing.T, dir string, src []byte) string {
	t.Helper()
	program, err := daemon.Find("nginx")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, src, 0o600); err != nil {
		t.Fatal(err)
	}
	settings := "pid " + dir + "/pid;"
	out, err := exec.Command(program, "-t", "-q", "-p", dir+"/", "-c", file, "-e", "stderr", "-g", settings).CombinedOutput()
	if err == nil {
		return ""
	}
	return string(out)
}

// quiet keeps nginx from writing outside of its folder.
func quiet(src []byte, dir string) []byte {
	lines := "http { access_log off;"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		lines += fmt.Sprintf(" %s_temp_path %s/temp;", kind, dir)
	}
	s := strings.Replace(string(src), "http {", lines, 1)
	return []byte(strings.Replace(s, "http{", lines, 1))
}

func TestNginxAcceptsWhatItAcceptedAfterAnEdit(t *testing.T) {
	servertest.Need(t, "nginx")
	for name, src := range seeds(t, "whole-*.conf") {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			src = quiet(src, dir)
			if said := ask(t, dir, src); said != "" {
				t.Fatalf("nginx refuses the seed: %s", said)
			}
			for _, down := range []bool{true, false} {
				if said := ask(t, dir, set(t, src, "", down)); said != "" {
					t.Errorf("nginx refuses the file with down=%v: %s", down, said)
				}
			}
		})
	}
	for name, src := range seeds(t, "refused-*.conf") {
		dir := t.TempDir()
		if said := ask(t, dir, quiet(src, dir)); !lexical.MatchString(said) {
			t.Errorf("%s: nginx says %q", name, said)
		}
	}
}

// TestParseAgreesWithNginx changes good files at random: what nginx accepts we
// can parse and edit, what its tokenizer refuses we refuse, and where its
// parser complains we have not given up before.
func TestParseAgreesWithNginx(t *testing.T) {
	servertest.Need(t, "nginx")
	rounds := 150
	if testing.Short() {
		rounds = 20
	}
	const seed = 7
	random := rand.New(rand.NewPCG(seed, seed))
	pieces := []string{
		";", "{", "}", "#", "\"", "'", "\\", "$", "${", "\n", "\r", " ", ")", "a", " # c\n", " \"a\" ", " 'b;'", " down", "\\\n", "\\;", "\x00", "\xff",
	}
	sources := seeds(t, "whole-*.conf")
	names := []string{"whole-comments.conf", "whole-quoted.conf", "whole-plain.conf", "whole-crlf.conf", "whole-one-line.conf"}
	dir := t.TempDir()
	accepted := 0
	for i := range rounds {
		src := append([]byte(nil), sources[names[i%len(names)]]...)
		for range 1 + random.IntN(2) {
			at := random.IntN(len(src))
			if random.IntN(3) == 0 {
				src = append(src[:at:at], src[at+1:]...)
				continue
			}
			piece := pieces[random.IntN(len(pieces))]
			src = append(src[:at:at], append([]byte(piece), src[at:]...)...)
		}
		if agree(t, dir, quiet(src, dir)) {
			accepted++
		}
	}
	if accepted == 0 || accepted == rounds {
		t.Errorf("nginx accepted %d of %d: the test tells nothing", accepted, rounds)
	}
}

func TestTheLengthLimitIsNginxs(t *testing.T) {
	servertest.Need(t, "nginx")
	dir := t.TempDir()
	for n := maxToken - 4; n <= maxToken+1; n++ {
		long := strings.Repeat("x", n)
		for _, line := range []string{
			"#" + long + "\n", "log_format " + long + ";", "log_format " + long + " y;", `log_format "` + long + `" y;`, `log_format "` + long + `"  y;`,
			`log_format "` + long + `";`, "log_format a # " + long + "\n b;", "log_format " + long + "\\ y z;", "log_format a " + strings.Repeat(" ", n) + "b;",
		} {
			agree(t, dir, quiet([]byte("events {}\nhttp {"+line+"\n}\n"), dir))
		}
	}
}

// agree compares Parse with nginx, and tells whether nginx accepts src.
func agree(t *testing.T, dir string, src []byte) bool {
	t.Helper()
	_, err := Parse(src)
	said := ask(t, dir, src)
	switch {
	case said == "" && err != nil:
		t.Errorf("nginx accepts, we say %v: %q", err, src)
	case said == "":
		if after := ask(t, dir, set(t, src, "", true)); after != "" {
			t.Errorf("nginx refuses after the edit of %q: %s", src, after)
		}
	case lexical.MatchString(said):
		if err == nil {
			t.Errorf("nginx says %s we accept: %q", said, src)
		}
	case err != nil:
		// nginx stops at the first thing of any kind; ours must not come before it.
		at := place.FindStringSubmatch(said)
		var line int
		if _, scanErr := fmt.Sscanf(err.Error(), "line %d:", &line); scanErr != nil {
			t.Fatal(scanErr)
		}
		if at != nil && strconv.Itoa(line) != at[1] && line < atoi(t, at[1]) {
			t.Errorf("nginx says %s we say %v before that: %q", said, err, src)
		}
	}
	return said == ""
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
