package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// TopicDispatch wakes the drain of this process when there is something new to be told to warehouses.
const TopicDispatch = "fulfillment_dispatch"

// The kinds of dispatch rows.
const (
	KindSend = "SEND"
	KindStop = "STOP"
)

// SaveChanges stores what a set of commands changed; the events are the caller's to add.
func SaveChanges(ctx context.Context, tx database.Transaction, changes *domain.Changes, now time.Time) error {
	queries := New(tx)
	for _, save := range []func(context.Context, *Queries, *domain.Changes, time.Time) error{
		addFulfillments, changeFulfillments, changeStages, addUndone, addShipments, addCartons, saveDispatch,
	} {
		if err := save(ctx, queries, changes, now); err != nil {
			return database.Fault(ctx, err)
		}
	}
	if len(changes.Send)+len(changes.Stop) > 0 {
		tx.Notify(TopicDispatch)
	}
	return nil
}

func addFulfillments(ctx context.Context, queries *Queries, changes *domain.Changes, now time.Time) error {
	if len(changes.Created) == 0 {
		return nil
	}
	set := InsertFulfillmentsParams{Now: now}
	for _, f := range changes.Created {
		lines, err := encodeJSON(f.Lines)
		if err != nil {
			return err
		}
		shipTo, err := encodeJSON(f.ShipTo)
		if err != nil {
			return err
		}
		set.Ids = append(set.Ids, f.ID)
		set.RequestKeys = append(set.RequestKeys, f.Key)
		set.OrderIds = append(set.OrderIds, f.OrderID)
		set.NodeIds = append(set.NodeIds, f.NodeID)
		set.PartnerIds = append(set.PartnerIds, f.PartnerID)
		set.AccountIds = append(set.AccountIds, f.AccountID)
		set.ShipTos = append(set.ShipTos, shipTo)
		set.Lines = append(set.Lines, lines)
		set.Stages = append(set.Stages, string(f.Stage))
		set.Stops = append(set.Stops, string(f.Stop))
		set.EventSequences = append(set.EventSequences, f.Sequence)
	}
	return queries.InsertFulfillments(ctx, set)
}

func changeFulfillments(ctx context.Context, queries *Queries, changes *domain.Changes, now time.Time) error {
	set := UpdateFulfillmentsParams{Now: now}
	for _, f := range changes.Changed {
		if !f.Counted() {
			continue
		}
		lines, err := encodeJSON(f.Lines)
		if err != nil {
			return err
		}
		set.Ids = append(set.Ids, f.ID)
		set.Lines = append(set.Lines, lines)
		set.Stages = append(set.Stages, string(f.Stage))
		set.Stops = append(set.Stops, string(f.Stop))
		set.EventSequences = append(set.EventSequences, f.Sequence)
	}
	if len(set.Ids) == 0 {
		return nil
	}
	return queries.UpdateFulfillments(ctx, set)
}

func changeStages(ctx context.Context, queries *Queries, changes *domain.Changes, now time.Time) error {
	set := UpdateStagesParams{Now: now}
	for _, f := range changes.Changed {
		if f.Counted() {
			continue
		}
		set.Ids = append(set.Ids, f.ID)
		set.Stages = append(set.Stages, string(f.Stage))
		set.Stops = append(set.Stops, string(f.Stop))
		set.EventSequences = append(set.EventSequences, f.Sequence)
	}
	if len(set.Ids) == 0 {
		return nil
	}
	return queries.UpdateStages(ctx, set)
}

func addUndone(ctx context.Context, queries *Queries, changes *domain.Changes, now time.Time) error {
	if len(changes.Undone) == 0 {
		return nil
	}
	set := InsertUndoneParams{Now: now}
	for _, mark := range changes.Undone {
		set.Ids = append(set.Ids, domain.IDOf(mark.Key))
		set.RequestKeys = append(set.RequestKeys, mark.Key)
		set.Reasons = append(set.Reasons, mark.Reason)
	}
	return queries.InsertUndone(ctx, set)
}

func addShipments(ctx context.Context, queries *Queries, changes *domain.Changes, now time.Time) error {
	if len(changes.Shipments) == 0 {
		return nil
	}
	set := InsertShipmentsParams{Now: now}
	for _, s := range changes.Shipments {
		lines, err := encodeJSON(s.Lines)
		if err != nil {
			return err
		}
		cartons, err := encodeJSON(append([]domain.Carton{}, s.Cartons...)) // a list, also when there are none
		if err != nil {
			return err
		}
		set.Ids = append(set.Ids, s.ID)
		set.FulfillmentIds = append(set.FulfillmentIds, s.FulfillmentID)
		set.OrderIds = append(set.OrderIds, s.OrderID)
		set.NodeIds = append(set.NodeIds, s.NodeID)
		set.PartnerIds = append(set.PartnerIds, s.PartnerID)
		set.Numbers = append(set.Numbers, s.Number)
		set.Lines = append(set.Lines, lines)
		set.Cartons = append(set.Cartons, cartons)
		set.Carriers = append(set.Carriers, s.Carrier)
		set.TrackingNumbers = append(set.TrackingNumbers, s.Tracking)
		set.ContentHashes = append(set.ContentHashes, s.Hash)
		set.ShippedAts = append(set.ShippedAts, s.ShippedAt)
	}
	return queries.InsertShipments(ctx, set)
}

func addCartons(ctx context.Context, queries *Queries, changes *domain.Changes, _ time.Time) error {
	var set InsertCartonsParams
	for _, s := range changes.Shipments {
		for _, carton := range s.Cartons {
			if carton.SSCC != "" {
				set.Ssccs = append(set.Ssccs, carton.SSCC)
				set.ShipmentIds = append(set.ShipmentIds, s.ID)
			}
		}
	}
	if len(set.Ssccs) == 0 {
		return nil
	}
	return queries.InsertCartons(ctx, set)
}

// saveDispatch adds what has to be told before it takes away what need not be: one set may do both to an order.
func saveDispatch(ctx context.Context, queries *Queries, changes *domain.Changes, now time.Time) error {
	set := InsertDispatchParams{Now: now}
	add := func(ids []uuid.UUID, kind string) {
		for _, id := range ids {
			set.Ids = append(set.Ids, id)
			set.Kinds = append(set.Kinds, kind)
			set.Shards = append(set.Shards, int64(shard.OfUUID(id)))
		}
	}
	add(changes.Send, KindSend)
	add(changes.Stop, KindStop)
	if len(set.Ids) > 0 {
		if err := queries.InsertDispatch(ctx, set); err != nil {
			return err
		}
	}
	if len(changes.Unsend) == 0 {
		return nil
	}
	return queries.DeleteDispatch(ctx, DeleteDispatchParams{Ids: changes.Unsend, Kind: KindSend})
}
