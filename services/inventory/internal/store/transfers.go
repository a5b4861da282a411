package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// InsertTransfer stores a new transfer.
func InsertTransfer(ctx context.Context, tx database.Transaction, transfer *domain.Transfer) error {
	err := New(tx).InsertTransfer(ctx, InsertTransferParams{
		ID: transfer.ID, FromNodeID: string(transfer.From), ToNodeID: string(transfer.To), Reference: transfer.Reference,
		ShippedAt: transfer.ShippedAt, ExpectedAt: optional(transfer.ExpectedAt),
	})
	if err != nil {
		return err
	}
	return storeTransferLines(ctx, tx, transfer)
}

// SaveTransfer stores what has become of a transfer.
func SaveTransfer(ctx context.Context, tx database.Transaction, transfer *domain.Transfer) error {
	err := New(tx).UpdateTransfer(ctx, UpdateTransferParams{
		ID: transfer.ID, Closed: transfer.Closed, ExpectedAt: optional(transfer.ExpectedAt),
	})
	if err != nil {
		return err
	}
	return storeTransferLines(ctx, tx, transfer)
}

func storeTransferLines(ctx context.Context, tx database.Transaction, transfer *domain.Transfer) error {
	set := SaveTransferLinesParams{TransferID: transfer.ID}
	for _, line := range transfer.Lines {
		set.Positions = append(set.Positions, int64(line.Position))
		set.Skus = append(set.Skus, string(line.SKU))
		set.Lots = append(set.Lots, line.Lot)
		set.Shipped = append(set.Shipped, line.Shipped)
		set.Received = append(set.Received, line.Received)
		set.Lost = append(set.Lost, line.Lost)
		set.Surplus = append(set.Surplus, line.Surplus)
	}
	return New(tx).SaveTransferLines(ctx, set)
}

// LockTransfer gives a transfer to change, and nil where there is none.
func LockTransfer(ctx context.Context, tx database.Transaction, id uuid.UUID) (*domain.Transfer, error) {
	rows, err := New(tx).LockTransfer(ctx, id)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	transfers, err := withLines(ctx, tx, rows)
	if err != nil {
		return nil, err
	}
	return transfers[0], nil
}

// ReadTransfer gives a transfer, and nil where there is none.
func ReadTransfer(ctx context.Context, db DBTX, id uuid.UUID) (*domain.Transfer, error) {
	rows, err := New(db).ReadTransfer(ctx, id)
	if err != nil || len(rows) == 0 {
		return nil, database.Fault(ctx, err)
	}
	transfers, err := withLines(ctx, db, rows)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return transfers[0], nil
}

// ListTransfersBefore gives at most limit transfers older than the id, the newest first, to the place or to all.
func ListTransfersBefore(
	ctx context.Context, db DBTX, to domain.NodeID, before uuid.UUID, limit int,
) ([]*domain.Transfer, error) {
	rows, err := New(db).ListTransfers(ctx, ListTransfersParams{
		BeforeID: before, ToNodeID: string(to), PageLimit: int32(limit),
	})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	transfers, err := withLines(ctx, db, rows)
	return transfers, database.Fault(ctx, err)
}

func withLines(ctx context.Context, db DBTX, rows []Transfer) ([]*domain.Transfer, error) {
	transfers := make([]*domain.Transfer, len(rows))
	ids := make([]uuid.UUID, len(rows))
	byID := make(map[uuid.UUID]*domain.Transfer, len(rows))
	for i, row := range rows {
		transfers[i] = &domain.Transfer{
			ID: row.ID, From: domain.NodeID(row.FromNodeID), To: domain.NodeID(row.ToNodeID), Reference: row.Reference,
			Closed: row.Closed, ShippedAt: row.ShippedAt, ExpectedAt: row.ExpectedAt.Time,
		}
		ids[i], byID[row.ID] = row.ID, transfers[i]
	}
	lines, err := New(db).TransferLines(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		transfer := byID[line.TransferID]
		transfer.Lines = append(transfer.Lines, domain.TransferLine{
			Position: int32(line.Position), SKU: domain.SKU(line.Sku), Lot: line.Lot, Shipped: line.Shipped,
			Received: line.Received, Lost: line.Lost, Surplus: line.Surplus,
		})
	}
	return transfers, nil
}

func optional(moment time.Time) pgtype.Timestamptz {
	return pgtype.Timestamptz{Time: moment, Valid: !moment.IsZero()}
}
