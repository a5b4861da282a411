package postgres

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// maxLogBytes is when the server's log starts anew at a start: it is for the last problem, not an archive.
const maxLogBytes = 16 << 20

// serverSettings fit a small machine that also runs everything else. What is committed is on disk: fsync and
// synchronous_commit stay as PostgreSQL has them.
func serverSettings(config Config) []string {
	settings := map[string]string{
		"max_connections":      "200",
		"shared_buffers":       "256MB",
		"effective_cache_size": "1GB",
		"work_mem":             "8MB",
		"maintenance_work_mem": "64MB",
		"random_page_cost":     "1.1", // everything hot is in memory or on a solid state disk
		"jit":                  "off", // statements are short; compiling them costs more than it gives
		// Nobody replicates from this server: a smaller log.
		"wal_level":       "minimal",
		"max_wal_senders": "0",
		"wal_buffers":     "16MB",
		"max_wal_size":    "2GB",
		// SERIALIZABLE remembers what was read. Too little room makes it remember pages and tables instead of
		// rows, and refuse transactions that never met.
		"max_pred_locks_per_transaction": "2048",
		"max_pred_locks_per_relation":    "4096",
		"max_pred_locks_per_page":        "64",
		// Queue tables live by short-lived rows: clean often.
		"autovacuum_naptime":             "10s",
		"autovacuum_vacuum_scale_factor": "0.05",
		"autovacuum_vacuum_cost_limit":   "2000",
		// A table that grows by a fifth has the same shape, and a sample of a third says as much about keys: taking statistics of
		// tables that grow all the time was half of what cleaning cost.
		"autovacuum_analyze_scale_factor": "0.2",
		"default_statistics_target":       "30",
		"timezone":                        "UTC",
		"log_timezone":                    "UTC",
		"lc_messages":                     "C",
		"log_min_messages":                "warning",
		// Conflicts are the ordinary course of SERIALIZABLE, and database.Tx counts them.
		"log_min_error_statement": "panic",
		"log_checkpoints":         "off",
	}
	if config.Disposable {
		maps.Copy(settings, map[string]string{
			"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
			"shared_buffers": "64MB", "max_wal_size": "256MB", "max_pred_locks_per_transaction": "256",
			"autovacuum": "off", "checkpoint_timeout": "1h",
		})
	}
	maps.Copy(settings, config.Settings)
	lines := make([]string, 0, len(settings))
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		lines = append(lines, name+"="+settings[name])
	}
	return lines
}

// serverLog is the file that the server writes to, and where this start begins in it.
type serverLog struct {
	file  *os.File
	begin int64
}

func openLog(path string) (serverLog, error) {
	flags := os.O_CREATE | os.O_RDWR | os.O_APPEND
	if info, err := os.Stat(path); err == nil && info.Size() > maxLogBytes {
		flags |= os.O_TRUNC
	}
	file, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return serverLog{}, fmt.Errorf("server log: %w", err)
	}
	begin, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return serverLog{}, errors.Join(fmt.Errorf("server log: %w", err), file.Close())
	}
	return serverLog{file: file, begin: begin}, nil
}

// close gives our handle back; the server has its own.
func (l serverLog) close() { _ = l.file.Close() }

// tail is the end of what the server said since this start: why it did not come up.
func (l serverLog) tail() string {
	const lines = 12
	text, err := io.ReadAll(io.NewSectionReader(l.file, l.begin, maxLogBytes))
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
