package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

func (s saving) lots(lots []domain.Lot) error {
	if len(lots) == 0 {
		return nil
	}
	var set SaveLotsParams
	for _, lot := range lots {
		set.Skus = append(set.Skus, string(lot.SKU))
		set.NodeIds = append(set.NodeIds, string(lot.Node))
		set.Lots = append(set.Lots, lot.Lot)
		set.OnHand = append(set.OnHand, lot.OnHand)
		set.QualityHold = append(set.QualityHold, lot.QualityHold)
		set.Damaged = append(set.Damaged, lot.Damaged)
		set.ExpiresOn = append(set.ExpiresOn, lot.ExpiresOn)
		set.CountedTo = append(set.CountedTo, lot.CountedTo)
	}
	return s.queries.SaveLots(s.ctx, set)
}

// SaveIncoming stores supply on its way, and says for each of its documents the number of the event that tells of it.
func SaveIncoming(ctx context.Context, tx database.Transaction, rows []domain.Incoming) (map[string]int64, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	var set SaveIncomingParams
	var documents []string
	for _, row := range rows {
		set.Skus = append(set.Skus, string(row.SKU))
		set.NodeIds = append(set.NodeIds, string(row.Node))
		set.Sources = append(set.Sources, string(row.Source))
		set.Documents = append(set.Documents, row.Document)
		set.Lines = append(set.Lines, int64(row.Line))
		set.Expected = append(set.Expected, row.Expected)
		set.Received = append(set.Received, row.Received)
		set.ExpectedAt = append(set.ExpectedAt, row.ExpectedAt)
		set.Open = append(set.Open, row.Open)
		documents = append(documents, row.Document)
	}
	queries := New(tx)
	if err := queries.SaveIncoming(ctx, set); err != nil {
		return nil, err
	}
	counted, err := queries.CountIncomingDocuments(ctx, sorted(documents))
	if err != nil {
		return nil, err
	}
	sequences := make(map[string]int64, len(counted))
	for _, row := range counted {
		sequences[row.Document] = row.EventSequence
	}
	return sequences, nil
}

// IncomingOfItem is what is on its way of an item.
func IncomingOfItem(ctx context.Context, db DBTX, sku domain.SKU) ([]domain.Incoming, error) {
	rows, err := New(db).IncomingOfItem(ctx, string(sku))
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	found := make([]domain.Incoming, len(rows))
	for i, row := range rows {
		found[i] = domain.Incoming{
			StockKey: domain.StockKey{SKU: domain.SKU(row.Sku), Node: domain.NodeID(row.NodeID)},
			Source:   domain.IncomingSource(row.Source), Document: row.Document, Line: int32(row.Line),
			Expected: row.Expected, Received: row.Received, ExpectedAt: row.ExpectedAt.Time, Open: row.Open,
		}
	}
	return found, nil
}
