package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// prepareEndpoint picks a free port and the cluster's password, made with the cluster and kept beside it.
func prepareEndpoint(ctx context.Context, folder string, _ account) (endpoint, error) {
	pwfile := filepath.Join(folder, "password")
	password, err := os.ReadFile(pwfile)
	if errors.Is(err, fs.ErrNotExist) {
		password = []byte(rand.Text())
		err = os.WriteFile(pwfile, password, 0o600)
	}
	if err != nil {
		return endpoint{}, fmt.Errorf("password of the server: %w", err)
	}
	port, err := freePort(ctx)
	if err != nil {
		return endpoint{}, err
	}
	return endpoint{host: "127.0.0.1", port: int(port), password: strings.TrimSpace(string(password)), pwfile: pwfile}, nil
}

func (endpoint) remove() {}
