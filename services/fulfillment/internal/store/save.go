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
		addFulfillments, changeFulfillments, changeStages, addUndone, addShipments, changeShipments, addCartons, saveWaiting, saveDispatch,
		saveExceptions, saveAllowances,
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
		instructions, err := encodeJSON(f.Instructions)
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
		set.Instructions = append(set.Instructions, instructions)
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
