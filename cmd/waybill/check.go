package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/audit"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/postgres"
)

// checkCommand checks every invariant.
type checkCommand struct {
	DatabaseURL string `env:"WAYBILL_DATABASE_URL" help:"PostgreSQL or CockroachDB. Default: the embedded database in --data-dir, which is started for the check."`
	DataDir     string `default:"waybill-data" env:"WAYBILL_DATA_DIR" type:"path" help:"Folder of the embedded database."`
}

// Run prints every invariant with its numbers, and the rows that break one. Cross-service invariants hold at rest: while
// orders are moving, what is under way between two services counts as broken.
func (c *checkCommand) Run(env *environment) (err error) {
	url := c.DatabaseURL
	if url == "" {
		folder := filepath.Join(c.DataDir, "postgres")
		if _, err := os.Stat(folder); err != nil {
			return fmt.Errorf("there is no embedded database in %s; name one with --data-dir or --database-url", c.DataDir)
		}
		server, err := postgres.Start(env.ctx, postgres.Config{DataDir: folder, Log: env.log})
		if fault.ReasonOf(err) == "DATA_FOLDER_IN_USE" {
			return fmt.Errorf("%w. To compare the books of a Waybill that runs: waybill reconcile run", err)
		}
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(env.ctx))) }()
		url = server.URL()
	}
	sound, err := audit.Print(env.ctx, os.Stdout, url)
	if err == nil && !sound {
		err = errFailed
	}
	return err
}
