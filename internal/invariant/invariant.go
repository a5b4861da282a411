// Package invariant says how a rule that must always hold is checked against a database. Each service lists the checks of
// its own tables; `waybill check` runs them all and compares the services with each other.
package invariant

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
)

// MaxBreaks is how many breaks one check lists at most: enough to see the pattern, short enough to read.
const MaxBreaks = 100

// Check is one rule over the tables of one service.
type Check struct {
	// Name is the rule's number in the specification with the service, such as "inventory.I4".
	Name string
	// Rule is the formula: "reserved = Σ remaining".
	Rule string
	// Description says in a sentence what it means when the rule is broken.
	Description string
	// Run lists what breaks the rule, at most MaxBreaks rows, and fails when it could not look.
	Run func(ctx context.Context, db *database.DB) ([]Break, error)
	// Examined counts what the rule is about, so that people see that it was not an empty table that kept it.
	Examined func(ctx context.Context, db *database.DB) (int64, error)
}

// Break is one place where the two sides of a rule differ.
type Break struct {
	// Entity names the row: an order, a reservation, an item and a node.
	Entity string
	// Left and Right are the values of the two sides.
	Left, Right string
	// Detail is anything else that helps.
	Detail string
}

// Query makes a Run out of one statement with four text columns: entity, left, right, detail. The statement reads one
// snapshot, so that changes under way do not look like breaks. It ends with a limit of its own.
func Query(sql string) func(ctx context.Context, db *database.DB) ([]Break, error) {
	return func(ctx context.Context, db *database.DB) ([]Break, error) {
		rows, err := db.Pool().Query(ctx, sql)
		if err != nil {
			return nil, database.Fault(ctx, err)
		}
		defer rows.Close()
		var breaks []Break
		for rows.Next() {
			var one Break
			if err := rows.Scan(&one.Entity, &one.Left, &one.Right, &one.Detail); err != nil {
				return nil, err
			}
			if breaks = append(breaks, one); len(breaks) == MaxBreaks {
				break
			}
		}
		rows.Close()
		return breaks, database.Fault(ctx, rows.Err())
	}
}

// Count makes an Examined out of a table's name.
func Count(table string) func(ctx context.Context, db *database.DB) (int64, error) {
	return func(ctx context.Context, db *database.DB) (int64, error) {
		var n int64
		err := db.Pool().QueryRow(ctx, "SELECT count(*) FROM "+pgx.Identifier{table}.Sanitize()).Scan(&n)
		return n, database.Fault(ctx, err)
	}
}
