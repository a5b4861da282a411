package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"syscall"
)

// account is whoever runs this process: on Windows PostgreSQL gives up an administrator's rights by itself.
type account struct{}

func chooseAccount(string, string, *slog.Logger) (account, error) { return account{}, nil }

func (a account) reach(string, string) (account, error) { return a, nil }

func (account) cacheBase() (string, error) { return os.UserCacheDir() }

func (account) own(string) error { return nil }

func (account) makeFolder(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("data folder: %w", err)
	}
	return nil
}

// command keeps Ctrl-C away from the server: we stop it when everything else has stopped.
func (account) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	return cmd
}
