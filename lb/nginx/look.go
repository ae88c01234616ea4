package nginx

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"rota/lb/nginx/conf"
)

// pollLimit is how long a script that changes nothing may take.
const pollLimit = 15 * time.Second

// look is what one poll saw, all of it at about one time.
type look struct {
	generation
	master string              // what the pid file says
	title  string              // of the master process
	globs  map[string][]string // the files of each pattern
	stamps map[string]stamp    // by name
	peers  map[string]int      // established connections by address; nil where they cannot be told
}

// stamp tells one content of a file from another.
type stamp struct {
	id    string // device, inode, size, links, owner, rights and times
	ctime time.Time
}

// look polls the machine: the master and its workers, the files of the
// patterns, and the connections to our servers.
func (b *Balancer) look(ctx context.Context, patterns, extra []string) (look, error) {
	var files strings.Builder
	files.WriteString("files() {\n")
	var words strings.Builder
	words.WriteString(quoteAll(extra))
	for _, p := range patterns {
		fmt.Fprintf(&files, "glob %s\n", quoteGlob(p))
		words.WriteString(" " + quoteGlob(p))
	}
	fmt.Fprintf(&files, "echo =stamps\nstamp %s\n}\n", words.String())
	out, err := b.run(ctx, pollLimit, files.String()+lookScript, nil, variable{"ports", b.ports()})
	if err != nil {
		return look{}, err
	}
	l := look{globs: map[string][]string{}, stamps: map[string]stamp{}}
	if _, ok := section(out, "end"); !ok {
		return look{}, fmt.Errorf("nginx: the answer of the machine is cut short: %q", tail(out))
	}
	master, _ := section(out, "master")
	l.master = strings.TrimSpace(strings.Join(master, " "))
	clock, _ := section(out, "time")
	processes, _ := section(out, "processes")
	if l.generation, l.title, err = parseProcesses(l.master, clock, processes); err != nil {
		return look{}, err
	}
	globs, _ := section(out, "files")
	if err := l.parseGlobs(patterns, globs); err != nil {
		return look{}, err
	}
	stamps, _ := section(out, "stamps")
	for _, line := range stamps {
		name, s, err := parseStamp(line)
		if err != nil {
			return look{}, err
		}
		l.stamps[name] = s
	}
	if connections, ok := section(out, "connections"); ok {
		l.peers = countPeers(connections)
	}
	return l, nil
}

// ports returns a filter of ss(8) for the ports of our servers.
func (b *Balancer) ports() string {
	set := map[string]bool{}
	for _, m := range b.cfg.Members {
		address := conf.Address(m.Address)
		port := address[strings.LastIndexByte(address, ':')+1:]
		if _, err := strconv.ParseUint(port, 10, 16); err == nil {
			set["dport = :"+port] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(set)), " or ")
}

// parseGlobs reads "glob N" and N names for each pattern. A pattern without a
// file stands for itself.
func (l *look) parseGlobs(patterns, lines []string) error {
	for _, p := range patterns {
		if len(lines) == 0 {
			return fmt.Errorf("nginx: the machine left out %q", p)
		}
		n, err := strconv.Atoi(strings.TrimPrefix(lines[0], "glob "))
		if err != nil || n < 1 || n >= len(lines) {
			return fmt.Errorf("nginx: the files of %q cannot be told: %q", p, lines[0])
		}
		l.globs[p], lines = lines[1:n+1], lines[n+1:]
	}
	return nil
}

// parseStamp reads "ID DATE TIME ZONE NAME".
func parseStamp(line string) (string, stamp, error) {
	f := strings.SplitN(line, " ", 5)
	if len(f) < 5 {
		return "", stamp{}, fmt.Errorf("nginx: a file's time cannot be told: %q", line)
	}
	when, err := time.Parse("2006-01-02 15:04:05.999999999 -0700", strings.Join(f[1:4], " "))
	if err != nil {
		return "", stamp{}, fmt.Errorf("nginx: a file's time cannot be told: %q", line)
	}
	if !strings.Contains(f[2], ".") {
		when = when.Add(time.Second) // an old stat tells whole seconds: it was no later than this
	}
	return f[4], stamp{id: strings.Join(f[:4], " "), ctime: when}, nil
}

// countPeers counts the lines of `ss -Htn` by the address at the far end.
func countPeers(lines []string) map[string]int {
	peers := map[string]int{}
	for _, line := range lines {
		f := strings.Fields(line)
		if len(f) < 4 {
			continue
		}
		peers[conf.Address(strings.Replace(f[3], "[::ffff:", "[", 1))]++
	}
	return peers
}

// tail returns the end of an output, for an error.
func tail(out []byte) []byte { return out[max(0, len(out)-200):] }
