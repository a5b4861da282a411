package bench

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
)

// CostSettings have the embedded server count what each database does, for Options.Costs.
func CostSettings() map[string]string {
	return map[string]string{"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track_utility": "off"}
}

// meter reads what a Waybill and its server have spent.
type meter struct {
	conn   *pgx.Conn
	folder string // of the server's data
}

func newMeter(ctx context.Context, serverURL, folder string) (*meter, error) {
	url, err := database.ServiceURL(serverURL, "pgbench")
	if err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, `CREATE EXTENSION IF NOT EXISTS pg_stat_statements`)
	return &meter{conn: conn, folder: filepath.Join(folder, "postgres", "cluster")}, err
}

// spent is what was spent since some beginning. A difference by the orders of its time says the same on a busy machine, where
// times say nothing, as long as sets are of the same size.
type spent struct {
	databases map[string]work
	// syncs is how often the server's log was written to the disk.
	syncs          float64
	objects, bytes float64
	// process and server are CPU time; 0 where the system does not tell.
	process, server time.Duration
}

// work is what was done in a database; bytes are those of the log.
type work struct{ transactions, statements, rows, bytes float64 }

func (m *meter) read(ctx context.Context) (spent, error) {
	now := spent{databases: map[string]work{}}
	rows, err := m.conn.Query(ctx, `SELECT d.datname, max(x.xact_commit)::FLOAT8, sum(s.calls)::FLOAT8, sum(s.rows)::FLOAT8, sum(s.wal_bytes)::FLOAT8
		FROM pg_stat_statements AS s JOIN pg_database AS d ON d.oid = s.dbid JOIN pg_stat_database AS x ON x.datid = s.dbid GROUP BY d.datname`)
	if err != nil {
		return now, err
	}
	var name string
	var one work
	if _, err = pgx.ForEachRow(rows, []any{&name, &one.transactions, &one.statements, &one.rows, &one.bytes}, func() error {
		now.databases[name] = one
		return nil
	}); err != nil {
		return now, err
	}
	if err := m.conn.QueryRow(ctx, `SELECT wal_sync::FLOAT8 FROM pg_stat_wal`).Scan(&now.syncs); err != nil {
		return now, err
	}
	now.process, now.server = m.times()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	now.objects, now.bytes = float64(memory.Mallocs), float64(memory.TotalAlloc)
	return now, nil
}

// times are the CPU times of this process and of the server's processes, those that have ended included, as Linux tells them.
func (m *meter) times() (process, server time.Duration) {
	text, err := os.ReadFile(filepath.Join(m.folder, "postmaster.pid"))
	if err != nil {
		return 0, 0
	}
	postmaster, _, _ := strings.Cut(string(text), "\n")
	files, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is right
	for _, file := range files {
		stat, err := os.ReadFile(file)
		end := bytes.LastIndexByte(stat, ')')
		if err != nil || end < 0 {
			continue // it has ended meanwhile
		}
		// state, parent, 9 others; own user and system time, those of the children that have ended
		fields := strings.Fields(string(stat[end+1:]))
		switch pid := filepath.Base(filepath.Dir(file)); {
		case pid == postmaster:
			server += ticks(fields[11:15])
		case fields[1] == postmaster:
			server += ticks(fields[11:13])
		case pid == strconv.Itoa(os.Getpid()):
			process = ticks(fields[11:13])
		}
	}
	return process, server
}

// ticks is a sum of times as Linux tells them, in hundredths of a second.
func ticks(fields []string) (sum time.Duration) {
	for _, field := range fields {
		n, _ := strconv.ParseInt(field, 10, 64)
		sum += time.Duration(n * int64(10*time.Millisecond))
	}
	return sum
}

// tell says what each of so many orders took between two readings.
func tell(say func(format string, args ...any), before, after spent, orders float64) {
	say("  an order takes     transactions  statements   rows   log")
	var all work
	for _, name := range slices.Sorted(maps.Keys(after.databases)) {
		a, b := after.databases[name], before.databases[name]
		each := work{
			(a.transactions - b.transactions) / orders, (a.statements - b.statements) / orders, (a.rows - b.rows) / orders,
			(a.bytes - b.bytes) / orders,
		}
		role, known := strings.CutPrefix(name, "waybill_")
		if !known || role == "pgbench" || each.statements < 0.1 {
			continue
		}
		say("  %-20s %10.3f  %10.2f %6.1f %5.0f", role, each.transactions, each.statements, each.rows, each.bytes)
		all.transactions, all.statements = all.transactions+each.transactions, all.statements+each.statements
		all.rows, all.bytes = all.rows+each.rows, all.bytes+each.bytes
	}
	say("  %-20s %10.3f  %10.2f %6.1f %5.0f", "together", all.transactions, all.statements, all.rows, all.bytes)
	say("  and %.2f writes of the log to the disk, %.0f allocations of %.0f kB, CPU time of %.2f ms in this process and %.2f ms in the server",
		(after.syncs-before.syncs)/orders, (after.objects-before.objects)/orders, (after.bytes-before.bytes)/orders/1000,
		milliseconds(after.process-before.process)/orders, milliseconds(after.server-before.server)/orders)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
