package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// LoadDesk loads what the commands need. It locks first the returns that they name, then what may come back of shipment
// lines, each in order, until the transaction ends.
func LoadDesk(
	ctx context.Context, tx database.Transaction, commands []domain.ReturnCommand, policy domain.ReturnPolicy, now time.Time,
) (*domain.ReturnDesk, error) {
	queries := New(tx)
	var needs domain.Needs
	for _, command := range commands {
		command.Need(&needs)
	}
	desk := &domain.ReturnDesk{
		Now: now, Policy: policy, Returns: make(map[uuid.UUID]*domain.Return, len(commands)),
		Keys: make(map[string]*domain.Return, len(commands)),
	}
	rows, err := queries.LockReturns(ctx, LockReturnsParams{Ids: unique(needs.IDs), BusinessKeys: sorted(needs.Keys)})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	for _, row := range rows {
		found, err := toReturn(row)
		if err != nil {
			return nil, err
		}
		desk.Returns[found.ID], desk.Keys[found.Key] = found, found
		for _, line := range found.Lines {
			needs.SKUs = append(needs.SKUs, line.SKU)
			if needs.OfReturns && line.ShipmentLineID != "" {
				needs.Allowances = append(needs.Allowances, line.ShipmentLineID)
				needs.Shipments = append(needs.Shipments, domain.ShipmentOf(line.ShipmentLineID))
			}
		}
	}
	if err := loadOrigins(ctx, queries, desk, &needs); err != nil {
		return nil, err
	}
	desk.Catalog, err = loadCatalog(ctx, queries, needs.SKUs, needs.Nodes)
	return desk, database.Fault(ctx, err)
}

// loadOrigins loads the shipments, and locks what may come back of their lines; rows that are missing are made.
func loadOrigins(ctx context.Context, queries *Queries, desk *domain.ReturnDesk, needs *domain.Needs) error {
	if len(needs.Shipments) == 0 {
		return nil
	}
	rows, err := queries.FindOrigins(ctx, unique(needs.Shipments))
	if err != nil {
		return database.Fault(ctx, err)
	}
	wanted := make(map[string]bool, len(needs.Allowances))
	for _, line := range needs.Allowances {
		wanted[line] = true
	}
	desk.Shipments = make(map[uuid.UUID]domain.Origin, len(rows))
	var missing AddAllowancesParams
	for _, row := range rows {
		shipment, err := toShipment(row.Shipment)
		if err != nil {
			return err
		}
		desk.Shipments[shipment.ID] = domain.Origin{Shipment: shipment, AccountID: row.AccountID}
		for _, line := range shipment.Lines {
			needs.SKUs = append(needs.SKUs, line.SKU)
			if needs.Whole || wanted[line.ID] {
				missing.ShipmentLineIds = append(missing.ShipmentLineIds, line.ID)
				missing.ShipmentIds = append(missing.ShipmentIds, shipment.ID)
				missing.Shippeds = append(missing.Shippeds, line.Quantity-line.Absorbed)
			}
		}
	}
	return database.Fault(ctx, claimAllowances(ctx, queries, desk, missing))
}

func claimAllowances(ctx context.Context, queries *Queries, desk *domain.ReturnDesk, set AddAllowancesParams) error {
	if len(set.ShipmentLineIds) == 0 {
		return nil
	}
	if err := queries.AddAllowances(ctx, set); err != nil {
		return err
	}
	rows, err := queries.LockAllowances(ctx, set.ShipmentLineIds)
	if err != nil {
		return err
	}
	desk.Allowances = make(map[string]*domain.Allowance, len(rows))
	for _, row := range rows {
		desk.Allowances[row.ShipmentLineID] = toAllowance(row)
	}
	return nil
}

func toAllowance(row ReturnAllowance) *domain.Allowance {
	return &domain.Allowance{
		ShipmentLineID: row.ShipmentLineID, ShipmentID: row.ShipmentID, Shipped: row.Shipped, Authorized: row.Authorized,
		Voided: row.Voided,
	}
}

// SaveReturns stores what a set of commands changed; the events are the caller's to add.
func SaveReturns(ctx context.Context, tx database.Transaction, changes *domain.ReturnChanges, now time.Time) error {
	queries := New(tx)
	if len(changes.Allowances) > 0 {
		var set UpdateAllowancesParams
		for _, a := range changes.Allowances {
			set.ShipmentLineIds = append(set.ShipmentLineIds, a.ShipmentLineID)
			set.Authorizeds = append(set.Authorizeds, a.Authorized)
			set.Voideds = append(set.Voideds, a.Voided)
		}
		if err := queries.UpdateAllowances(ctx, set); err != nil {
			return database.Fault(ctx, err)
		}
	}
	if len(changes.Created) > 0 {
		if err := addReturns(ctx, queries, changes.Created, now); err != nil {
			return database.Fault(ctx, err)
		}
	}
	if len(changes.Changed) == 0 {
		return nil
	}
	return database.Fault(ctx, changeReturns(ctx, queries, changes.Changed, now))
}

func addReturns(ctx context.Context, queries *Queries, created []*domain.Return, now time.Time) error {
	set := InsertReturnsParams{Now: now}
	for _, r := range created {
		lines, err := encodeJSON(r.Lines)
		if err != nil {
			return err
		}
		set.Ids = append(set.Ids, r.ID)
		set.BusinessKeys = append(set.BusinessKeys, r.Key)
		set.RmaNumbers = append(set.RmaNumbers, r.RMA)
		set.OrderIds = append(set.OrderIds, r.OrderID)
		set.PartnerIds = append(set.PartnerIds, r.PartnerID)
		set.AccountIds = append(set.AccountIds, r.AccountID)
		set.NodeIds = append(set.NodeIds, r.NodeID)
		set.States = append(set.States, string(r.State))
		set.Lines = append(set.Lines, lines)
		set.Blinds = append(set.Blinds, r.Blind())
		set.Reasons = append(set.Reasons, r.Reason)
		set.DecisionReasons = append(set.DecisionReasons, r.DecisionReason)
		set.CurrencyCodes = append(set.CurrencyCodes, r.CurrencyCode)
		set.Carriers = append(set.Carriers, r.Carrier)
		set.TrackingNumbers = append(set.TrackingNumbers, r.Tracking)
		set.ExpiresOns = append(set.ExpiresOns, r.ExpiresOn)
		set.LapsesOns = append(set.LapsesOns, r.Lapses())
		set.Decideds = append(set.Decideds, r.Decided)
		set.Closings = append(set.Closings, r.Closing)
		set.ContentHashes = append(set.ContentHashes, append([]byte{}, r.Hash...)) // nil would be NULL
		set.Shards = append(set.Shards, int64(shard.OfUUID(r.ID)))
		set.EventSequences = append(set.EventSequences, r.Sequence)
		set.Versions = append(set.Versions, r.Version)
	}
	added, err := queries.InsertReturns(ctx, set)
	return allAdded(added, len(created), err)
}

func changeReturns(ctx context.Context, queries *Queries, changed []*domain.Return, now time.Time) error {
	set := UpdateReturnsParams{Now: now}
	for _, r := range changed {
		lines, err := encodeJSON(r.Lines)
		if err != nil {
			return err
		}
		set.Ids = append(set.Ids, r.ID)
		set.OrderIds = append(set.OrderIds, r.OrderID)
		set.PartnerIds = append(set.PartnerIds, r.PartnerID)
		set.AccountIds = append(set.AccountIds, r.AccountID)
		set.NodeIds = append(set.NodeIds, r.NodeID)
		set.States = append(set.States, string(r.State))
		set.Lines = append(set.Lines, lines)
		set.Blinds = append(set.Blinds, r.Blind())
		set.DecisionReasons = append(set.DecisionReasons, r.DecisionReason)
		set.CurrencyCodes = append(set.CurrencyCodes, r.CurrencyCode)
		set.Carriers = append(set.Carriers, r.Carrier)
		set.TrackingNumbers = append(set.TrackingNumbers, r.Tracking)
		set.ExpiresOns = append(set.ExpiresOns, r.ExpiresOn)
		set.LapsesOns = append(set.LapsesOns, r.Lapses())
		set.Decideds = append(set.Decideds, r.Decided)
		set.Closings = append(set.Closings, r.Closing)
		set.EventSequences = append(set.EventSequences, r.Sequence)
		set.Versions = append(set.Versions, r.Version)
	}
	return queries.UpdateReturns(ctx, set)
}

func toReturn(row CustomerReturn) (*domain.Return, error) {
	r := &domain.Return{
		ID: row.ReturnID, Key: row.BusinessKey, RMA: row.RmaNumber, OrderID: row.OrderID, PartnerID: row.PartnerID,
		AccountID: row.AccountID, NodeID: row.NodeID, State: domain.ReturnState(row.State), Reason: row.Reason,
		DecisionReason: row.DecisionReason, CurrencyCode: row.CurrencyCode, Carrier: row.Carrier, Tracking: row.TrackingNumber,
		ExpiresOn: row.ExpiresOn, Decided: row.Decided, Closing: row.Closing, Hash: row.ContentHash,
		Sequence: row.EventSequence, Version: row.Version, RequestedAt: row.RequestedAt, UpdatedAt: row.UpdatedAt,
	}
	return r, decodeJSON(row.Lines, &r.Lines)
}
