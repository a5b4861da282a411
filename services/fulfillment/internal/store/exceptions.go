package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// ExceptionFilter says which exceptions are wanted; an empty field wants all.
type ExceptionFilter struct {
	Kind, OrderID, PartnerID string
	// Resolved: those, too.
	Resolved bool
}

// ListExceptionsBefore loads at most limit exceptions with smaller ids than before, the newest first.
func ListExceptionsBefore(ctx context.Context, db DBTX, filter ExceptionFilter, before uuid.UUID, limit int) ([]domain.Exception, error) {
	open := []bool{true}
	if filter.Resolved {
		open = append(open, false)
	}
	rows, err := New(db).ListExceptions(ctx, ListExceptionsParams{
		Before: before, Open: open, Kind: filter.Kind, OrderID: filter.OrderID, PartnerID: filter.PartnerID, PageLimit: int32(limit),
	})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	found := make([]domain.Exception, 0, len(rows))
	for _, row := range rows {
		found = append(found, toException(row))
	}
	return found, nil
}

// ResolveException notes what a person did about an open exception, and gives it with now true; one that is resolved stays as
// it is. It is nil when there is none.
func ResolveException(
	ctx context.Context, tx database.Transaction, id uuid.UUID, resolution string, at time.Time,
) (found *domain.Exception, now bool, err error) {
	row, err := New(tx).ResolveException(ctx, ResolveExceptionParams{ID: id, Resolution: resolution, Now: at})
	switch {
	case database.NoRows(err):
		found, err = FindException(ctx, tx, id)
		return found, false, err
	case err != nil:
		return nil, false, database.Fault(ctx, err)
	}
	resolved := toException(row)
	return &resolved, true, nil
}

// FindException is nil when there is none.
func FindException(ctx context.Context, db DBTX, id uuid.UUID) (*domain.Exception, error) {
	row, err := New(db).GetException(ctx, id)
	switch {
	case database.NoRows(err):
		return nil, nil
	case err != nil:
		return nil, database.Fault(ctx, err)
	}
	found := toException(row)
	return &found, nil
}

func toException(row FulfillmentException) domain.Exception {
	exception := domain.Exception{
		ID: row.ExceptionID, Kind: domain.ExceptionKind(row.Kind), Subject: row.Subject, OrderID: row.OrderID, PartnerID: row.PartnerID,
		NodeID: row.NodeID, FulfillmentID: row.FulfillmentID, ShipmentID: row.ShipmentID, Reason: row.Reason, Message: row.Message,
		Report: row.Report, OpenedAt: row.OpenedAt, Resolution: row.Resolution, Sequence: row.Sequence,
	}
	if !row.IsOpen {
		exception.ResolvedAt = row.ResolvedAt
	}
	return exception
}
