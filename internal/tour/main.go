// Tour makes the pictures of the README from a real run: it builds rota, starts
// rota demo in a terminal of memory, goes through a deploy by pressing keys, and
// draws what the screen shows. Nothing but Go is needed.
//
//	go run ./internal/tour [-o FOLDER]
//
// Nothing is staged: each picture is of what rota showed in that run, the film
// in its own time. So no two runs give the same files.
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

func main() {
	folder := flag.String("o", "docs", "the folder for the pictures")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := take(ctx, *folder); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

// take makes all pictures, and writes them when the last one is there.
func take(ctx context.Context, folder string) error {
	dir, err := os.MkdirTemp("", "tour")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	t, err := begin(ctx, dir)
	if err != nil {
		return err
	}
	defer t.close()
	t.stay = 2 * time.Second
	if err := t.all(ctx); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(t.pictures)) {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, t.pictures[name], 0o644); err != nil {
			return err
		}
		fmt.Printf("%s  %d kB\n", file, len(t.pictures[name])/1000)
	}
	return nil
}

// The size of the screen, in cells: wide enough for all columns, and high
// enough for the longest question with all servers above it.
const width, height = 120, 29

// begin builds rota and starts its demo in an empty folder.
func begin(ctx context.Context, dir string) (*tour, error) {
	rota := filepath.Join(dir, "rota")
	build := exec.CommandContext(ctx, "go", "build", "-o", rota, "rota")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("go build: %w", err)
	}
	cmd := exec.Command(rota, "demo") //nolint:noctx // close ends it, and lets it tidy up
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir,
		"TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8",
	}
	terminal, err := open(cmd, width, height)
	if err != nil {
		return nil, err
	}
	return &tour{terminal: terminal, pictures: map[string][]byte{}}, nil
}
