package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	pidFile = "postmaster.pid"
	// orphanStopTime is what a server that lost its parent gets for each way of stopping it.
	orphanStopTime = 20 * time.Second
)

// stopOrphan ends a server that an earlier process of ours left running on this cluster: that process was killed, since
// we hold the folder's lock. Starting over is simpler and safer than taking over a stranger's child; open transactions
// belonged to a process that is gone.
func stopOrphan(ctx context.Context, cluster string, log *slog.Logger) error {
	path := filepath.Join(cluster, pidFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a server left running: %w", err)
	}
	first, rest, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return fmt.Errorf("%s does not begin with a process id: %q", path, first)
	}
	pid = max(pid, -pid) // negative for a single-user server
	if !servesCluster(ctx, pid, cluster) {
		return disownPidFile(path, rest)
	}
	log.Warn("stopping the PostgreSQL that an earlier run left behind", "pid", pid)
	for _, ask := range []func(int) error{signalFast, signalImmediate} {
		if err := ask(pid); err != nil {
			return fmt.Errorf("stop the PostgreSQL that an earlier run left behind (process %d): %w", pid, err)
		}
		gone, err := waitGone(ctx, pid, cluster)
		if gone || err != nil {
			return err
		}
	}
	return fmt.Errorf("the PostgreSQL that an earlier run left behind (process %d) does not stop", pid)
}

// disownPidFile puts our own process in the place of the one that died. The server takes a process id of its parent for
// a left-over, where it would refuse to start if the number now belonged to some other process; the rest of the file
// stays, since by it the server sees whether children of the dead one are still at work.
func disownPidFile(path, rest string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a server left running: %w", err)
	}
	_, err = fmt.Fprintf(file, "%d\n%s", os.Getpid(), rest)
	return errors.Join(err, file.Close())
}

func waitGone(ctx context.Context, pid int, cluster string) (bool, error) {
	deadline := time.NewTimer(orphanStopTime)
	defer deadline.Stop()
	for servesCluster(ctx, pid, cluster) {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-deadline.C:
			return false, nil
		case <-time.After(20 * time.Millisecond):
		}
	}
	return true, nil
}
