//go:build unix

package postgres

import (
	"fmt"
	"os"
	"path/filepath"
)

const (
	socketPort = 5432
	// maxSocketPath leaves room for the name of the socket in the 104 bytes that every Unix allows for the whole.
	maxSocketPath = 104 - len("/.s.PGSQL.5432.lock") - 1
)

// prepareEndpoint makes the socket's folder, in the data folder or, where that path is too long for a socket, among the
// temporary files under a name of its own.
func prepareEndpoint(folder string, user account) (endpoint, error) {
	dir := filepath.Join(folder, socketFolder)
	if err := emptyFolder(dir); err != nil {
		return endpoint{}, err
	}
	if len(dir) > maxSocketPath {
		temporary, err := os.MkdirTemp("", "waybill-pg-")
		if err != nil {
			return endpoint{}, fmt.Errorf("folder for the socket: %w", err)
		}
		dir = temporary
	}
	if err := user.makeFolder(dir); err != nil {
		return endpoint{}, err
	}
	return endpoint{host: dir, port: socketPort}, nil
}
