package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ExceptionFilter says which exceptions are meant; a zero field does not restrict.
type ExceptionFilter struct {
	Partner, Reason string
	Order           uuid.UUID
	// Resolved: also those that are.
	Resolved bool
	// BeforeAt and BeforeID are where the last page ended.
	BeforeAt time.Time
	BeforeID uuid.UUID
}

// Opened is an exception as it is stored.
type Opened struct {
	ID, Order            uuid.UUID
	Reason, Message      string
	OpenedAt, ResolvedAt time.Time
}

// ListExceptions gives the newest exceptions of the filter.
func ListExceptions(ctx context.Context, db DBTX, filter ExceptionFilter, limit int) ([]Opened, error) {
	rows, err := New(db).ListExceptions(ctx, ListExceptionsParams{
		BeforeAt: stamp(filter.BeforeAt), BeforeID: filter.BeforeID, OrderID: filter.Order, Reason: filter.Reason,
		Resolved: filter.Resolved, PartnerID: filter.Partner, PageLimit: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list exceptions: %w", err)
	}
	found := make([]Opened, 0, len(rows))
	for _, row := range rows {
		found = append(found, Opened{
			ID: row.ExceptionID, Order: row.OrderID, Reason: row.Reason, Message: row.Message,
			OpenedAt: row.OpenedAt.Time, ResolvedAt: row.ResolvedAt.Time,
		})
	}
	return found, nil
}
