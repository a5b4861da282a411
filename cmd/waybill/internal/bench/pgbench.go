package bench

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
)

// The schema and the transaction of the other side: what one acceptance stores, statement by statement, with nothing of
// Waybill between the client and the server.
//
//go:embed sql/*.sql
var scripts embed.FS

// pgbench does the work of an acceptance with PostgreSQL's own benchmark program, one order per transaction.
type pgbench struct {
	program string
	script  string
	url     string
}

// newPgbench makes a database beside Waybill's own on the same server, and fills it alike.
func newPgbench(ctx context.Context, serverURL, binDir, folder string) (*pgbench, error) {
	program, err := findPgbench(binDir)
	if err != nil {
		return nil, err
	}
	url, err := database.ServiceURL(serverURL, "pgbench")
	if err != nil {
		return nil, err
	}
	p := &pgbench{program: program, script: filepath.Join(folder, "accept.sql"), url: url}
	if err := p.fill(ctx); err != nil {
		return nil, fmt.Errorf("prepare pgbench: %w", err)
	}
	script, err := scripts.ReadFile("sql/accept.sql")
	if err != nil {
		return nil, err
	}
	return p, os.WriteFile(p.script, script, 0o600)
}

// findPgbench looks beside the server's programs, then in the path. The bundle that is fetched where a machine has no
// PostgreSQL does not hold it.
func findPgbench(binDir string) (string, error) {
	if binDir != "" {
		if program := filepath.Join(binDir, "pgbench"); isFile(program) {
			return program, nil
		}
	}
	program, err := exec.LookPath("pgbench")
	if err != nil {
		return "", errors.New("there is no pgbench on this machine; it comes with the distribution's PostgreSQL packages")
	}
	return program, nil
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

func (p *pgbench) fill(ctx context.Context) error {
	if err := database.Migrate(ctx, p.url, nil); err != nil { // makes the database
		return err
	}
	schema, err := scripts.ReadFile("sql/schema.sql")
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, p.url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, string(schema), pgx.QueryExecModeSimpleProtocol)
	return err
}

var tps = regexp.MustCompile(`tps = ([0-9.]+) \(without`)

// rate runs for the duration with as many clients and returns transactions a second.
func (p *pgbench) rate(ctx context.Context, clients int, duration time.Duration) (float64, error) {
	command := exec.CommandContext(ctx, p.program, "--no-vacuum", "--protocol=prepared", "--client="+strconv.Itoa(clients),
		"--jobs="+strconv.Itoa(min(clients, 2)), "--time="+strconv.Itoa(int(duration.Seconds())), "--file="+p.script,
		"--max-tries=10", p.url)
	output, err := command.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("pgbench: %w: %.500s", err, output)
	}
	found := tps.FindSubmatch(output)
	if found == nil {
		return 0, fmt.Errorf("pgbench said nothing of its rate: %.500s", output)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}
