package nginx

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestQuoteGlob lets sh expand patterns among files with nasty names.
func TestQuoteGlob(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.conf", "b.conf", "b c.conf", "$(id).conf", "'q'.conf", "*.conf", ".hidden.conf", "[x].conf"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, want := range map[string]string{
		"a.conf":          "a.conf",
		"$(id).conf":      "$(id).conf",
		"?.conf":          "*.conf|a.conf|b.conf",
		`\*.con?`:         "*.conf",
		"b*":              "b c.conf|b.conf",
		"[a-b].conf":      "a.conf|b.conf",
		"[!a].conf":       "*.conf|b.conf",
		"'*":              "'q'.conf",
		"nothing*":        "nothing*",
		"$(touch pwned)*": "$(touch pwned)*",
		"*":               "$(id).conf|'q'.conf|*.conf|[x].conf|a.conf|b c.conf|b.conf",
	} {
		out, err := exec.Command("sh", "-c", "export LC_ALL=C; cd "+quote(dir)+" && printf '%s|' "+quoteGlob(pattern)).Output()
		if got := strings.TrimSuffix(string(out), "|"); err != nil || got != want {
			t.Errorf("%q: got %q, want %q, %v", pattern, got, want, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
		t.Error("a pattern was run")
	}
}

func TestSection(t *testing.T) {
	out := []byte("=a\n1\n\n2\n=b\n=c\nlast\n")
	for name, want := range map[string]string{"a": "1||2", "b": "", "c": "last"} {
		if got, ok := section(out, name); !ok || strings.Join(got, "|") != want {
			t.Errorf("%s: %q, %v", name, got, ok)
		}
	}
	if _, ok := section(out, "d"); ok {
		t.Error("there is no d")
	}
}

func TestComplaint(t *testing.T) {
	for said, want := range map[string]string{
		"nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: [emerg] open() \"x\" failed\nnginx: configuration file /etc/nginx/nginx.conf test failed\n": `nginx: [emerg] open() "x" failed`,
		"2026/01/02 [warn] 1#1: load balancing method redefined\n[emerg] bad\n":                                                                                               "[emerg] bad",
		"nginx: configuration file x test failed": "nginx: configuration file x test failed",
		"": "",
	} {
		if got := complaint(said); got != want {
			t.Errorf("%q: got %q, want %q", said, got, want)
		}
	}
}
