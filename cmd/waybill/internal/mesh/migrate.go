package mesh

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
)

func underscored(role string) string { return strings.ReplaceAll(role, "-", "_") }

// Migrate brings the databases of the roles, of all roles when none is named, to the schema of this binary.
func Migrate(ctx context.Context, url string, names []string, log *slog.Logger) error {
	return eachDatabase(url, names, func(role role, own string) error {
		start := time.Now()
		if err := database.Migrate(ctx, own, role.migrations); err != nil {
			return fmt.Errorf("migrate %s: %w", role.name, err)
		}
		log.Debug("database is up to date", "role", role.name, "took", time.Since(start).Round(time.Millisecond))
		return nil
	})
}

// ClearMigrationLocks removes what migrations left behind that died on CockroachDB, in the databases of the roles, of all
// roles when none is named. Only for a person who has made sure that no migration is running. A database that is not there
// yet has no lock.
func ClearMigrationLocks(ctx context.Context, url string, names []string) error {
	return eachDatabase(url, names, func(role role, own string) error {
		if err := database.ClearMigrationLock(ctx, own); err != nil {
			return fmt.Errorf("%s: %w", role.name, err)
		}
		return nil
	})
}

func eachDatabase(url string, names []string, visit func(role role, own string) error) error {
	for _, name := range names {
		if role, ok := find(name); !ok || role.migrations == nil {
			return fmt.Errorf("there is no role %q with a database", name)
		}
	}
	for _, role := range table() {
		if role.migrations == nil || len(names) > 0 && !slices.Contains(names, role.name) {
			continue
		}
		own, err := database.ServiceURL(url, databaseName(role.name))
		if err != nil {
			return err
		}
		if err := visit(role, own); err != nil {
			return err
		}
	}
	return nil
}
