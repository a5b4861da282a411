package mesh

import (
	"context"
	"fmt"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/invariant"
)

// OpenDatabases opens the databases of all roles that have one, by role, for reading what they say together.
func OpenDatabases(ctx context.Context, url string) (map[string]*database.DB, func(), error) {
	opened := map[string]*database.DB{}
	closeAll := func() {
		for _, db := range opened {
			db.Close()
		}
	}
	for _, role := range table() {
		if role.migrations == nil {
			continue
		}
		own, err := database.ServiceURL(url, databaseName(role.name))
		if err == nil {
			opened[role.name], err = database.Open(ctx, own, database.MaxConns(2))
		}
		if err != nil {
			delete(opened, role.name)
			closeAll()
			return nil, nil, fmt.Errorf("database of %s: %w", role.name, err)
		}
	}
	return opened, closeAll, nil
}

// RoleChecks are the invariants of one role's own tables.
type RoleChecks struct {
	Name   string
	Checks []invariant.Check
}

// Checks are the invariants of all roles.
func Checks() []RoleChecks {
	var all []RoleChecks
	for _, role := range table() {
		if role.checks != nil {
			all = append(all, RoleChecks{role.name, role.checks()})
		}
	}
	return all
}
