package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// LoadDock loads what the commands need and locks the receipts that they name until the transaction ends.
func LoadDock(
	ctx context.Context, tx database.Transaction, commands []domain.ReceiptCommand, now time.Time,
) (*domain.Dock, error) {
	queries := New(tx)
	var needs domain.Needs
	for _, command := range commands {
		command.Need(&needs)
	}
	dock := &domain.Dock{
		Now: now, Receipts: make(map[uuid.UUID]*domain.Receipt, len(commands)), Keys: make(map[string]*domain.Receipt, len(commands)),
	}
	rows, err := queries.LockReceipts(ctx, LockReceiptsParams{Ids: unique(needs.IDs), BusinessKeys: sorted(needs.Keys)})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	for _, row := range rows {
		receipt, err := toReceipt(row)
		if err != nil {
			return nil, err
		}
		dock.Receipts[receipt.ID], dock.Keys[receipt.Key] = receipt, receipt
	}
	dock.Catalog, err = loadCatalog(ctx, queries, needs.SKUs, needs.Nodes)
	return dock, database.Fault(ctx, err)
}

// SaveReceipts stores what a set of commands changed; the events are the caller's to add.
func SaveReceipts(ctx context.Context, tx database.Transaction, changes *domain.ReceiptChanges, now time.Time) error {
	queries := New(tx)
	if len(changes.Created) > 0 {
		if err := addReceipts(ctx, queries, changes.Created, now); err != nil {
			return database.Fault(ctx, err)
		}
	}
	set := UpdateReceiptsParams{Now: now}
	for _, r := range changes.Changed {
		lines, err := encodeJSON(r.Lines)
		if err != nil {
			return err
		}
		set.Ids = append(set.Ids, r.ID)
		set.PurchaseOrders = append(set.PurchaseOrders, r.PurchaseOrder)
		set.NodeIds = append(set.NodeIds, r.NodeID)
		set.States = append(set.States, string(r.State))
		set.Announceds = append(set.Announceds, r.Announced)
		set.Lines = append(set.Lines, lines)
		set.ExpectedAts = append(set.ExpectedAts, r.ExpectedAt)
		set.EventSequences = append(set.EventSequences, r.Sequence)
	}
	if len(set.Ids) == 0 {
		return nil
	}
	return database.Fault(ctx, queries.UpdateReceipts(ctx, set))
}

func addReceipts(ctx context.Context, queries *Queries, created []*domain.Receipt, now time.Time) error {
	set := InsertReceiptsParams{Now: now}
	for _, r := range created {
		lines, err := encodeJSON(append([]domain.ReceiptLine{}, r.Lines...)) // a list, also when there are none
		if err != nil {
			return err
		}
		set.Ids = append(set.Ids, r.ID)
		set.BusinessKeys = append(set.BusinessKeys, r.Key)
		set.SupplierIds = append(set.SupplierIds, r.SupplierID)
		set.AsnNumbers = append(set.AsnNumbers, r.ASN)
		set.PurchaseOrders = append(set.PurchaseOrders, r.PurchaseOrder)
		set.NodeIds = append(set.NodeIds, r.NodeID)
		set.States = append(set.States, string(r.State))
		set.Announceds = append(set.Announceds, r.Announced)
		set.Lines = append(set.Lines, lines)
		set.ExpectedAts = append(set.ExpectedAts, r.ExpectedAt)
		set.EventSequences = append(set.EventSequences, r.Sequence)
	}
	added, err := queries.InsertReceipts(ctx, set)
	return allAdded(added, len(created), err)
}

// allAdded is the conflict with whoever has made one of the set meanwhile, on servers that do not report it themselves.
func allAdded(added int64, wanted int, err error) error {
	if err == nil && added != int64(wanted) {
		return fault.New(fault.Conflict, "MADE_MEANWHILE", "another call has made it meanwhile: repeat yours")
	}
	return err
}

func toReceipt(row Receipt) (*domain.Receipt, error) {
	r := &domain.Receipt{
		ID: row.ReceiptID, Key: row.BusinessKey, SupplierID: row.SupplierID, ASN: row.AsnNumber,
		PurchaseOrder: row.PurchaseOrder, NodeID: row.NodeID, State: domain.ReceiptState(row.State), Announced: row.Announced,
		ExpectedAt: row.ExpectedAt, Sequence: row.EventSequence, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
	return r, decodeJSON(row.Lines, &r.Lines)
}

// FindReceipt is nil when there is none.
func FindReceipt(ctx context.Context, db DBTX, id uuid.UUID) (*domain.Receipt, error) {
	row, err := New(db).GetReceipt(ctx, id)
	switch {
	case database.NoRows(err):
		return nil, nil
	case err != nil:
		return nil, database.Fault(ctx, err)
	}
	return toReceipt(row)
}

// ReceiptFilter says which receipts are wanted; an empty field wants all.
type ReceiptFilter struct{ SupplierID, ASN, NodeID, State string }

// ListReceiptsBefore loads at most limit receipts with smaller ids than before, the newest first.
func ListReceiptsBefore(ctx context.Context, db DBTX, filter ReceiptFilter, before uuid.UUID, limit int) ([]*domain.Receipt, error) {
	var rows []Receipt
	var err error
	if filter.SupplierID != "" {
		rows, err = New(db).ListReceiptsOfSupplier(ctx, ListReceiptsOfSupplierParams{
			SupplierID: filter.SupplierID, Before: before, AsnNumber: filter.ASN, NodeID: filter.NodeID, State: filter.State,
			PageLimit: int32(limit),
		})
	} else {
		rows, err = New(db).ListReceipts(ctx, ListReceiptsParams{
			Before: before, AsnNumber: filter.ASN, NodeID: filter.NodeID, State: filter.State, PageLimit: int32(limit),
		})
	}
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return convertAll(rows, toReceipt)
}
