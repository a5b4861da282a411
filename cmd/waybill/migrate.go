package main

import (
	"github.com/waybill-dev/waybill/cmd/waybill/internal/mesh"
)

// migrateCommand brings databases to the schema of this binary.
type migrateCommand struct {
	DatabaseURL string   `env:"WAYBILL_DATABASE_URL" required:"" help:"PostgreSQL or CockroachDB. Each role's database is <name in the URL>_<role>, made where that is allowed."`
	ClearLock   bool     `help:"First remove the lock that a migration left on CockroachDB when its process died. Only when no migration is running; PostgreSQL needs it never."`
	Roles       []string `arg:"" optional:"" name:"role" help:"Only these roles. Default: all that have a database."`
}

// Run migrates one role after another and may be repeated at will.
func (c *migrateCommand) Run(env *environment) error {
	if c.ClearLock {
		if err := mesh.ClearMigrationLocks(env.ctx, c.DatabaseURL, c.Roles); err != nil {
			return err
		}
	}
	return mesh.Migrate(env.ctx, c.DatabaseURL, c.Roles, env.log)
}
