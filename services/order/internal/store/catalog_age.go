package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/waybill-dev/waybill/internal/database"
)

// CatalogKnownUntil notes up to when the copy of the master data is known to be complete. It never goes back.
func CatalogKnownUntil(ctx context.Context, tx database.Transaction, asOf time.Time) error {
	return New(tx).BumpCatalog(ctx, pgtype.Timestamptz{Time: asOf, Valid: true})
}
