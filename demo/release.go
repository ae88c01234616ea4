package demo

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// releases are the versions that can be deployed, the likeliest first.
var releases = [...]string{Next, Running, "1.0.0", Broken}

// writeReleases makes the archives that a build server would have made, and the
// list of their versions.
func writeReleases(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, version := range releases {
		archive, err := pack(version)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, archiveName(version)), archive, 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "VERSIONS"), []byte(strings.Join(releases[:], "\n")+"\n"), 0o600)
}

func archiveName(version string) string { return "shop-" + version + ".tar.gz" }

// pack makes the archive of one version.
func pack(version string) ([]byte, error) {
	files := []struct{ name, text string }{
		{"VERSION", version + "\n"},
		{"NOTES", "What is new in " + version + ": it is not the version before.\n"},
	}
	if version == Broken {
		files = append(files, struct{ name, text string }{"BROKEN", "This release never becomes healthy.\n"})
	}
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	archive := tar.NewWriter(zip)
	for _, f := range files {
		if err := archive.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.text))}); err != nil {
			return nil, fmt.Errorf("release %s: %w", version, err)
		}
		if _, err := archive.Write([]byte(f.text)); err != nil {
			return nil, fmt.Errorf("release %s: %w", version, err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	err := zip.Close()
	return b.Bytes(), err
}
