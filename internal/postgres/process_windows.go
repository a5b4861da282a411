package postgres

import (
	"context"
	"fmt"
	"path/filepath"
)

// requestStop asks for a fast shutdown through pg_ctl, since Windows has no signals.
func (s *Server) requestStop(ctx context.Context) error {
	cluster := filepath.Join(s.folder, clusterFolder)
	output, err := account{}.command(ctx, s.binaries.program("pg_ctl"), "stop", "-m", "fast", "-W", "-D", cluster).CombinedOutput()
	if err != nil {
		return fmt.Errorf("pg_ctl stop: %w: %s", err, output)
	}
	return nil
}

// requestAbort ends the server at once; its children notice and follow, and the next start recovers.
func (s *Server) requestAbort() error { return s.process.Kill() }
