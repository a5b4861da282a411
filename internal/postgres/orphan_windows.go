package postgres

import (
	"context"
	"os"
)

// On Windows the server looks after its own left-overs, except for one that still runs: the socket folder's place is
// taken by a port, so we cannot tell which one is ours, and PostgreSQL itself refuses to start beside it.
func servesCluster(context.Context, int, string) bool { return false }

func signalFast(pid int) error { return signalImmediate(pid) }

func signalImmediate(pid int) error {
	process, err := os.FindProcess(pid)
	if err != nil {
		return nil //nolint:nilerr // it is gone
	}
	return process.Kill()
}
