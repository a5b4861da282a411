//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	socketPort      = 5432
	temporaryPrefix = "waybill-pg-"
	// maxSocketPath leaves room for the name of the socket in the 104 bytes that every Unix allows for the whole.
	maxSocketPath = 104 - len("/.s.PGSQL.5432.lock") - 1
)

// prepareEndpoint makes the socket's folder. Where its path is too long for a socket it lies among the temporary files
// under a short name, and in its place is a link to it.
func prepareEndpoint(_ context.Context, folder string, user account) (endpoint, error) {
	dir := filepath.Join(folder, socketFolder)
	endpoint{host: dir}.remove()
	if len(dir) <= maxSocketPath {
		return endpoint{host: dir, port: socketPort}, user.makeFolder(dir)
	}
	short, err := os.MkdirTemp("", temporaryPrefix)
	if err != nil {
		return endpoint{}, fmt.Errorf("folder for the socket: %w", err)
	}
	if err := errors.Join(os.Symlink(short, dir), user.own(short)); err != nil {
		return endpoint{}, errors.Join(fmt.Errorf("folder for the socket: %w", err), os.Remove(short))
	}
	return endpoint{host: short, link: dir, port: socketPort}, nil
}

// remove takes the socket's folder away, and after kill -9 what an earlier start left, at the end of the link too. What
// cannot be removed shows when the server starts.
func (e endpoint) remove() {
	for _, path := range []string{e.host, e.link} {
		if path == "" {
			continue
		}
		if short, err := os.Readlink(path); err == nil && strings.HasPrefix(filepath.Base(short), temporaryPrefix) {
			_ = os.RemoveAll(short)
		}
		_ = os.RemoveAll(path)
	}
}
