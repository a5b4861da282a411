package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// LedgerFilter says which postings are meant. SKU or Document is set; what else is empty is not looked at.
type LedgerFilter struct {
	SKU, Node, Lot, Document string
	// From and Before bound when they were recorded.
	From, Before time.Time
	// The key of the last posting of the page before.
	AfterSKU, AfterNode string
	AfterID             uuid.UUID
}

// LedgerEntry is a posting with its balance and when it was recorded.
type LedgerEntry struct {
	domain.Posting
	RecordedAt time.Time
}

// ListLedger gives at most limit postings in the order of item, place and id.
func ListLedger(ctx context.Context, db DBTX, filter LedgerFilter, limit int) ([]LedgerEntry, error) {
	var rows []Movement
	var err error
	if filter.SKU != "" {
		rows, err = New(db).ListMovementsOfItem(ctx, ListMovementsOfItemParams{
			Sku: filter.SKU, AfterNode: filter.AfterNode, AfterID: filter.AfterID, NodeID: filter.Node, Lot: filter.Lot,
			Document: filter.Document, RecordedFrom: filter.From, RecordedBefore: filter.Before, PageLimit: int32(limit),
		})
	} else {
		rows, err = New(db).ListMovementsOfDocument(ctx, ListMovementsOfDocumentParams{
			Document: filter.Document, AfterSku: filter.AfterSKU, AfterNode: filter.AfterNode, AfterID: filter.AfterID,
			NodeID: filter.Node, Lot: filter.Lot, RecordedFrom: filter.From, RecordedBefore: filter.Before,
			PageLimit: int32(limit),
		})
	}
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	entries := make([]LedgerEntry, len(rows))
	for i, row := range rows {
		entries[i] = LedgerEntry{RecordedAt: row.RecordedAt, Posting: domain.Posting{
			StockKey: domain.StockKey{SKU: domain.SKU(row.Sku), Node: domain.NodeID(row.NodeID)},
			Movement: domain.Movement{
				ID: row.ID, From: domain.Bucket(row.FromBucket), To: domain.Bucket(row.ToBucket), Lot: row.Lot,
				Quantity: row.Quantity, Reason: row.Reason, Document: row.SourceDocument, OccurredAt: row.OccurredAt,
			},
		}}
	}
	return entries, nil
}

// LotFilter says which lots are meant. What is empty is not looked at.
type LotFilter struct {
	SKU, Node           string
	IncludeEmpty        bool
	AfterNode, AfterLot string
}

// ListLotsAfter gives at most limit lots in the order of place and lot.
func ListLotsAfter(ctx context.Context, db DBTX, filter LotFilter, limit int) ([]domain.Lot, error) {
	rows, err := New(db).ListLots(ctx, ListLotsParams{
		Sku: filter.SKU, NodeID: filter.Node, IncludeEmpty: filter.IncludeEmpty, AfterNode: filter.AfterNode,
		AfterLot: filter.AfterLot, PageLimit: int32(limit),
	})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	lots := make([]domain.Lot, len(rows))
	for i, row := range rows {
		lots[i] = toLot(row)
	}
	return lots, nil
}
