package store

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

func addShipments(ctx context.Context, queries *Queries, changes *domain.Changes, now time.Time) error {
	if len(changes.Shipments) == 0 {
		return nil
	}
	set := InsertShipmentsParams{Now: now}
	for _, s := range changes.Shipments {
		lines, cartons, flaws, milestones, err := shipmentDocuments(s)
		if err != nil {
			return err
		}
		set.Ids = append(set.Ids, s.ID)
		set.FulfillmentIds = append(set.FulfillmentIds, s.FulfillmentID)
		set.OrderIds = append(set.OrderIds, s.OrderID)
		set.NodeIds = append(set.NodeIds, s.NodeID)
		set.PartnerIds = append(set.PartnerIds, s.PartnerID)
		set.Numbers = append(set.Numbers, s.Number)
		set.States = append(set.States, string(s.State))
		set.Lines = append(set.Lines, lines)
		set.Cartons = append(set.Cartons, cartons)
		set.Flaws = append(set.Flaws, flaws)
		set.Milestones = append(set.Milestones, milestones)
		set.Carriers = append(set.Carriers, s.Carrier)
		set.TrackingNumbers = append(set.TrackingNumbers, s.Tracking)
		set.Absorbs = append(set.Absorbs, s.Absorbs)
		set.ContentHashes = append(set.ContentHashes, append([]byte{}, s.Hash...))
		set.EventSequences = append(set.EventSequences, s.Sequence)
		set.ShippedAts = append(set.ShippedAts, s.ShippedAt)
	}
	return queries.InsertShipments(ctx, set)
}

func changeShipments(ctx context.Context, queries *Queries, changes *domain.Changes, _ time.Time) error {
	if len(changes.ChangedShipments) == 0 {
		return nil
	}
	var set UpdateShipmentsParams
	for _, s := range changes.ChangedShipments {
		lines, cartons, flaws, milestones, err := shipmentDocuments(s)
		if err != nil {
			return err
		}
		set.Ids = append(set.Ids, s.ID)
		set.States = append(set.States, string(s.State))
		set.Lines = append(set.Lines, lines)
		set.Cartons = append(set.Cartons, cartons)
		set.Flaws = append(set.Flaws, flaws)
		set.Milestones = append(set.Milestones, milestones)
		set.Carriers = append(set.Carriers, s.Carrier)
		set.TrackingNumbers = append(set.TrackingNumbers, s.Tracking)
		set.ContentHashes = append(set.ContentHashes, append([]byte{}, s.Hash...))
		set.EventSequences = append(set.EventSequences, s.Sequence)
		set.ShippedAts = append(set.ShippedAts, s.ShippedAt)
	}
	return queries.UpdateShipments(ctx, set)
}

func addCartons(ctx context.Context, queries *Queries, changes *domain.Changes, _ time.Time) error {
	if len(changes.Codes) == 0 {
		return nil
	}
	var set InsertCartonsParams
	for _, code := range changes.Codes {
		set.Ssccs = append(set.Ssccs, code.SSCC)
		set.ShipmentIds = append(set.ShipmentIds, code.ShipmentID)
	}
	return queries.InsertCartons(ctx, set)
}

func saveAllowances(ctx context.Context, queries *Queries, changes *domain.Changes, _ time.Time) error {
	if len(changes.Allowances) == 0 {
		return nil
	}
	var set ReduceAllowancesParams
	for _, allowance := range changes.Allowances {
		set.ShipmentLineIds = append(set.ShipmentLineIds, allowance.ShipmentLineID)
		set.Shippeds = append(set.Shippeds, allowance.Shipped)
	}
	return queries.ReduceAllowances(ctx, set)
}

func saveExceptions(ctx context.Context, queries *Queries, changes *domain.Changes, now time.Time) error {
	opened, err := addExceptions(ctx, queries, changes.Exceptions, now)
	changes.Opened = opened
	return err
}

// addExceptions opens those that were not opened before, and gives them. One of a kind about a subject may stand in the set twice.
func addExceptions(ctx context.Context, queries *Queries, exceptions []domain.Exception, now time.Time) ([]domain.Exception, error) {
	if len(exceptions) == 0 {
		return nil, nil
	}
	set := OpenExceptionsParams{Now: now}
	seen := make(map[string]bool, len(exceptions))
	for _, one := range exceptions {
		key := string(one.Kind) + " " + one.Subject
		if seen[key] {
			continue
		}
		seen[key] = true
		set.Ids = append(set.Ids, id.New())
		set.Kinds = append(set.Kinds, string(one.Kind))
		set.Subjects = append(set.Subjects, one.Subject)
		set.OrderIds = append(set.OrderIds, one.OrderID)
		set.PartnerIds = append(set.PartnerIds, one.PartnerID)
		set.NodeIds = append(set.NodeIds, one.NodeID)
		set.FulfillmentIds = append(set.FulfillmentIds, one.FulfillmentID)
		set.ShipmentIds = append(set.ShipmentIds, one.ShipmentID)
		set.Reasons = append(set.Reasons, one.Reason)
		set.Messages = append(set.Messages, one.Message)
		set.Reports = append(set.Reports, one.Report)
	}
	rows, err := queries.OpenExceptions(ctx, set)
	if err != nil {
		return nil, err
	}
	opened := make([]domain.Exception, 0, len(rows))
	for _, row := range rows {
		opened = append(opened, toException(row))
	}
	return opened, nil
}
