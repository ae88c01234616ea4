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
	rota, err := build(ctx, dir)
	if err != nil {
		return err
	}
	pictures := map[string][]byte{}
	for strategy, part := range map[string]func(*tour, context.Context) error{
		"rolling": (*tour).all, "blue-green": (*tour).groups, "canary": (*tour).versions,
	} {
		t, err := begin(rota, filepath.Join(dir, strategy), "--strategy", strategy)
		if err != nil {
			return err
		}
		t.stay, t.pictures = 2*time.Second, pictures
		err = part(t, ctx)
		t.close()
		if err != nil {
			return fmt.Errorf("%s: %w", strategy, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(pictures)) {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, pictures[name], 0o644); err != nil {
			return err
		}
		fmt.Printf("%s  %d kB\n", file, len(pictures[name])/1000)
	}
	return nil
}

// The size of the screen, in cells: wide enough for all columns, and high
// enough for the longest question with all servers above it.
const width, height = 120, 29

// build builds rota into a folder.
func build(ctx context.Context, dir string) (rota string, err error) {
	rota = filepath.Join(dir, "rota")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", rota, "rota")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go build: %w", err)
	}
	return rota, nil
}

// begin starts the demo of rota in a folder of its own.
func begin(rota, dir string, args ...string) (*tour, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	cmd := exec.Command(rota, append([]string{"demo"}, args...)...) //nolint:noctx // close ends it, and lets it tidy up
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
