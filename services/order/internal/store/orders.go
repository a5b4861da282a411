package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// BusinessKey is what the sender calls an order; unique for ever.
type BusinessKey struct{ Partner, Channel, ExternalID, Release string }

// NewOrder is an order to be stored for the first time.
type NewOrder struct {
	Order *domain.Order
	Key   BusinessKey
	// Copy counts the orders with this key that came before it.
	Copy        int64
	AccountID   string
	ContentHash []byte
	// Snapshot is the priced order in wire form.
	Snapshot []byte
}

// ErrStale is what the flush of writes fails with when a row that they change has been changed meanwhile, or is gone.
var ErrStale = errors.New("a row has changed meanwhile")

// Known is an order that has a business key already.
type Known struct {
	ID          uuid.UUID
	ContentHash []byte
	Copy        int64
}

// Document is the part of an order that changes only with an amendment.
type Document struct {
	Key      BusinessKey
	AsOf     time.Time
	Snapshot []byte
	Revision int32
}

// InsertOrders stores the orders whose business key is free and gives their ids.
func InsertOrders(ctx context.Context, tx DBTX, orders []NewOrder, asOf time.Time) (map[uuid.UUID]bool, error) {
	n := len(orders)
	p := InsertOrdersParams{
		OrderIds: make([]uuid.UUID, n), PartnerIds: make([]string, n), Channels: make([]string, n),
		ExternalOrderIds: make([]string, n), ReleaseNumbers: make([]string, n), AccountIds: make([]string, n),
		ContentHashes: make([][]byte, n), ReceivedAts: make([]pgtype.Timestamptz, n), AsOf: stamp(asOf),
		Snapshots: make([][]byte, n), Copies: make([]int64, n),
	}
	for i := range orders {
		o := &orders[i]
		p.OrderIds[i], p.AccountIds[i], p.Copies[i] = o.Order.ID, o.AccountID, o.Copy
		p.PartnerIds[i], p.Channels[i], p.ExternalOrderIds[i], p.ReleaseNumbers[i] = o.Key.Partner, o.Key.Channel, o.Key.ExternalID, o.Key.Release
		p.ContentHashes[i], p.Snapshots[i], p.ReceivedAts[i] = o.ContentHash, o.Snapshot, stamp(o.Order.ReceivedAt)
	}
	ids, err := New(tx).InsertOrders(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("insert orders: %w", err)
	}
	stored := make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		stored[id] = true
	}
	return stored, nil
}

// FindByKey gives the orders that have one of the business keys, the first one of each key first.
func FindByKey(ctx context.Context, tx DBTX, keys []BusinessKey) (map[BusinessKey][]Known, error) {
	var p FindOrdersByKeyParams
	for _, key := range keys {
		p.PartnerIds = append(p.PartnerIds, key.Partner)
		p.Channels = append(p.Channels, key.Channel)
		p.ExternalOrderIds = append(p.ExternalOrderIds, key.ExternalID)
		p.ReleaseNumbers = append(p.ReleaseNumbers, key.Release)
	}
	rows, err := New(tx).FindOrdersByKey(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("find orders by key: %w", err)
	}
	found := make(map[BusinessKey][]Known, len(rows))
	for _, row := range rows {
		key := BusinessKey{Partner: row.PartnerID, Channel: row.Channel, ExternalID: row.ExternalOrderID, Release: row.ReleaseNumber}
		found[key] = append(found[key], Known{ID: row.OrderID, ContentHash: row.ContentHash, Copy: row.Copy})
	}
	return found, nil
}

// InsertStates stores the changing part of new orders and sets their version to 1.
func InsertStates(ctx context.Context, tx DBTX, orders []*domain.Order) error {
	n := len(orders)
	p := InsertStatesParams{
		OrderIds: make([]uuid.UUID, n), Shards: make([]int64, n), Sequences: make([]int64, n), States: make([]string, n),
		Statuses: make([]string, n), Movings: make([]bool, n), Policies: make([]string, n), Priorities: make([]int64, n),
		NotBefores: make([]pgtype.Date, n), ReceivedAts: make([]pgtype.Timestamptz, n),
		Lines: make([]string, n), Progresses: make([]string, n),
	}
	for i, o := range orders {
		lines, progress, err := encode(o)
		if err != nil {
			return err
		}
		p.OrderIds[i], p.Shards[i], p.Sequences[i], p.States[i] = o.ID, int64(o.Shard), o.Sequence, string(o.State)
		p.Statuses[i], p.Movings[i] = string(o.Status()), o.Moving()
		p.Policies[i], p.Priorities[i] = string(o.Policy), int64(o.Priority)
		p.NotBefores[i] = day(o.NotBefore)
		p.ReceivedAts[i], p.Lines[i], p.Progresses[i] = stamp(o.ReceivedAt), lines, progress
	}
	if err := New(tx).InsertStates(ctx, p); err != nil {
		return fmt.Errorf("insert order states: %w", err)
	}
	for _, o := range orders {
		o.Version = 1
	}
	return nil
}

// SaveStates saves orders under the versions with which they were loaded and raises these.
func SaveStates(ctx context.Context, writes *database.Pipeline, orders []*domain.Order) error {
	n := len(orders)
	if n == 0 {
		return nil
	}
	p := UpdateStatesParams{
		OrderIds: make([]uuid.UUID, n), Versions: make([]int64, n), Sequences: make([]int64, n), States: make([]string, n),
		Statuses: make([]string, n), Movings: make([]bool, n), AcceptedAts: make([]pgtype.Timestamptz, n),
		CompletedAts: make([]pgtype.Timestamptz, n), Lines: make([]string, n), Progresses: make([]string, n),
		NotBefores: make([]pgtype.Date, n),
	}
	for i, o := range orders {
		lines, progress, err := encode(o)
		if err != nil {
			return err
		}
		p.OrderIds[i], p.Versions[i], p.Sequences[i], p.States[i] = o.ID, o.Version, o.Sequence, string(o.State)
		p.Statuses[i], p.Movings[i] = string(o.Status()), o.Moving()
		p.AcceptedAts[i], p.CompletedAts[i] = stamp(o.AcceptedAt), stamp(o.CompletedAt)
		p.Lines[i], p.Progresses[i] = lines, progress
		p.NotBefores[i] = day(o.NotBefore)
	}
	if err := exactly(writes, n, func(q *Queries) (int64, error) { return q.UpdateStates(ctx, p) }); err != nil {
		return err
	}
	for _, o := range orders {
		o.Version++
	}
	return nil
}

// exactly collects a write that must change so many rows.
func exactly(writes *database.Pipeline, rows int, write func(*Queries) (int64, error)) error {
	return writes.Exactly(rows, ErrStale, func() error {
		_, err := write(New(writes))
		return err
	})
}

// LockOrders loads orders and keeps others from changing them until the transaction ends.
func LockOrders(ctx context.Context, tx DBTX, ids []uuid.UUID) (map[uuid.UUID]*domain.Order, error) {
	if len(ids) == 0 {
		return map[uuid.UUID]*domain.Order{}, nil
	}
	rows, err := New(tx).LockStates(ctx, ids)
	return decodeAll(rows, err)
}

// FindOrders loads orders; those that do not exist are left out.
func FindOrders(ctx context.Context, tx DBTX, ids []uuid.UUID) (map[uuid.UUID]*domain.Order, error) {
	if len(ids) == 0 {
		return map[uuid.UUID]*domain.Order{}, nil
	}
	rows, err := New(tx).FindStates(ctx, ids)
	return decodeAll(rows, err)
}

// FindDocuments loads the parts of orders that change only with an amendment.
func FindDocuments(ctx context.Context, tx DBTX, ids []uuid.UUID) (map[uuid.UUID]Document, error) {
	if len(ids) == 0 {
		return map[uuid.UUID]Document{}, nil
	}
	rows, err := New(tx).FindOrders(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("find orders: %w", err)
	}
	found := make(map[uuid.UUID]Document, len(rows))
	for _, row := range rows {
		found[row.OrderID] = Document{
			Key:      BusinessKey{Partner: row.PartnerID, Channel: row.Channel, ExternalID: row.ExternalOrderID, Release: row.ReleaseNumber},
			AsOf:     row.AsOf.Time,
			Snapshot: row.Snapshot, Revision: int32(row.Revision),
		}
	}
	return found, nil
}

// Stored is an order with the derived columns as they stand in its row, for checks.
type Stored struct {
	Order  *domain.Order
	Status domain.Status
	Moving bool
}

// PageOrders loads a page of all orders after an id, in the order of their ids.
func PageOrders(ctx context.Context, tx DBTX, after uuid.UUID, limit int32) ([]Stored, error) {
	rows, err := New(tx).PageStates(ctx, PageStatesParams{After: after, PageLimit: limit})
	if err != nil {
		return nil, fmt.Errorf("page order states: %w", err)
	}
	page := make([]Stored, 0, len(rows))
	for i := range rows {
		o, err := decode(&rows[i])
		if err != nil {
			return nil, err
		}
		page = append(page, Stored{Order: o, Status: domain.Status(rows[i].Status), Moving: rows[i].Moving})
	}
	return page, nil
}

func decodeAll(rows []OrderState, err error) (map[uuid.UUID]*domain.Order, error) {
	if err != nil {
		return nil, fmt.Errorf("load order states: %w", err)
	}
	found := make(map[uuid.UUID]*domain.Order, len(rows))
	for i := range rows {
		o, err := decode(&rows[i])
		if err != nil {
			return nil, err
		}
		found[o.ID] = o
	}
	return found, nil
}

func decode(row *OrderState) (*domain.Order, error) {
	o := &domain.Order{
		ID: row.OrderID, Shard: int32(row.Shard), Version: row.Version, Sequence: row.Sequence,
		State: domain.State(row.State), Policy: domain.Policy(row.Policy), Priority: int32(row.Priority),
		NotBefore: row.NotBefore.Time, ReceivedAt: row.ReceivedAt.Time, AcceptedAt: row.AcceptedAt.Time,
		CompletedAt: row.CompletedAt.Time,
	}
	if err := json.Unmarshal(row.Lines, &o.Lines); err != nil {
		return nil, fmt.Errorf("lines of order %s: %w", row.OrderID, err)
	}
	if err := json.Unmarshal(row.Progress, &o.Progress); err != nil {
		return nil, fmt.Errorf("progress of order %s: %w", row.OrderID, err)
	}
	return o, nil
}

func encode(o *domain.Order) (lines, progress string, err error) {
	if err := o.Verify(); err != nil {
		return "", "", err
	}
	encodedLines, err := json.Marshal(o.Lines)
	if err != nil {
		return "", "", fmt.Errorf("lines of order %s: %w", o.ID, err)
	}
	encodedProgress, err := json.Marshal(&o.Progress)
	if err != nil {
		return "", "", fmt.Errorf("progress of order %s: %w", o.ID, err)
	}
	return string(encodedLines), string(encodedProgress), nil
}

// day is a date for the database; the zero time is NULL.
func day(t time.Time) pgtype.Date { return pgtype.Date{Time: t, Valid: !t.IsZero()} }

// stamp is a time for the database, which keeps microseconds; the zero time is NULL.
func stamp(t time.Time) pgtype.Timestamptz { return pgtype.Timestamptz{Time: t, Valid: !t.IsZero()} }
