package order

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/process"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// maxCopies is how many orders may have one business key: what FindOrdersByKey gives.
const maxCopies = 100

const reasonDuplicate = "DUPLICATE_ORDER"

// insert stores the orders whose business key is free, and gives those that have the others.
func (st *set) insert(ctx context.Context, tx database.Transaction, asOf time.Time) (map[store.BusinessKey][]store.Known, error) {
	rows := make([]store.NewOrder, 0, len(st.fresh))
	for _, i := range st.fresh {
		rows = append(rows, st.drafts[i].row(st.now))
	}
	inserted, err := store.InsertOrders(ctx, tx, rows, asOf)
	if err != nil {
		return nil, err
	}
	var missing []store.BusinessKey
	for at, i := range st.fresh {
		if inserted[rows[at].Order.ID] {
			if err := st.add(i, rows[at].Order); err != nil {
				return nil, err
			}
		} else {
			missing = append(missing, st.drafts[i].business)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	return store.FindByKey(ctx, tx, missing)
}

func (d *draft) row(now time.Time) store.NewOrder {
	return store.NewOrder{
		Order: d.newOrder(now), Key: d.business, AccountID: d.account.ID, ContentHash: d.hash, Snapshot: d.wire,
	}
}

// add takes an order into the set: its first events, its process, its record. One that is held waits for a person and has
// no process yet.
func (st *set) add(i int, order *domain.Order) error {
	d := &st.drafts[i]
	order.Sequence++
	st.events = append(st.events, receivedEvent(order, d.wire, st.now))
	d.hold(order, st.now)
	held, err := tellAll(order, nil, st.now)
	if err != nil {
		return err
	}
	order.Events = nil
	st.events = append(st.events, held...)
	st.starts = append(st.starts, process.Timers(order, st.now)...)
	st.orders = append(st.orders, order)
	st.outcomes[i] = stored{id: order.ID, order: order}
	if order.State == domain.Received {
		start := process.Accept(order, st.now)
		start.Hand(st.now)
		st.starts = append(st.starts, start)
		st.outcomes[i].start = start
	}
	st.record(i, order.ID)
	return nil
}

// hold places the holds with which an order is stored.
func (d *draft) hold(order *domain.Order, now time.Time) {
	if order.DuplicateOf != "" {
		order.Hold(domain.HoldDuplicate, reasonDuplicate, order.DuplicateOf+" has the same number and another content", now)
	}
	if d.differs != "" {
		order.Hold(domain.HoldPrice, domain.ReasonPriceDiffers, d.differs, now)
	}
}

func (st *set) record(i int, order uuid.UUID) {
	st.records = append(st.records, idempotency.Record{Key: st.drafts[i].key, Hash: st.drafts[i].hash, Response: order[:]})
}

// follow answers those whose order exists, under the same business key, stored before or by this set, in the order in
// which they came: the same content is a repeat; another one is refused, or becomes a copy that is held.
func (st *set) follow(taken map[store.BusinessKey][]store.Known) {
	later := slices.Clone(st.repeats)
	st.known = taken
	for _, i := range st.fresh {
		if st.outcomes[i].order == nil {
			later = append(later, i)
		}
	}
	if len(later) == 0 {
		return
	}
	if st.known == nil {
		st.known = map[store.BusinessKey][]store.Known{}
	}
	for _, i := range st.fresh {
		if d := &st.drafts[i]; st.outcomes[i].order != nil {
			st.known[d.business] = []store.Known{{ID: d.id, ContentHash: d.hash}}
		}
	}
	recorded := make(map[idempotency.Key]bool, len(st.records))
	for _, record := range st.records {
		recorded[record.Key] = true
	}
	slices.Sort(later)
	for _, i := range later {
		d := &st.drafts[i]
		st.outcomes[i] = d.duplicateOf(st.known[d.business])
		switch {
		case st.outcomes[i].err != nil:
		case st.outcomes[i].id == uuid.Nil:
			st.copies = append(st.copies, i)
			known := st.known[d.business]
			st.known[d.business] = append(known, store.Known{ID: d.id, ContentHash: d.hash, Copy: known[len(known)-1].Copy + 1})
			recorded[d.key] = true // when it is stored
		case !recorded[d.key]:
			recorded[d.key] = true
			st.record(i, st.outcomes[i].id)
		}
	}
}

// duplicateOf answers with the order that has the same business key and the same content. Without one it is refused; no
// answer: it is to be stored as a copy.
func (d *draft) duplicateOf(known []store.Known) stored {
	for _, one := range known {
		if bytes.Equal(one.ContentHash, d.hash) {
			return stored{id: one.ID}
		}
	}
	if d.holdDuplicate && len(known) > 0 && len(known) < maxCopies {
		return stored{}
	}
	const text = "there is an order with this number and another content"
	return stored{err: fault.New(fault.AlreadyExists, reasonDuplicate, text).
		WithField("external_order_id", reasonDuplicate, text)}
}

// insertCopies stores the orders that are held because another one has their business key.
func (st *set) insertCopies(ctx context.Context, tx database.Transaction, asOf time.Time) error {
	if len(st.copies) == 0 {
		return nil
	}
	rows := make([]store.NewOrder, 0, len(st.copies))
	for _, i := range st.copies {
		d := &st.drafts[i]
		row, known := d.row(st.now), st.known[d.business]
		for _, one := range known {
			if one.ID == d.id {
				row.Copy = one.Copy
			}
		}
		row.Order.DuplicateOf = id.Format(id.Order, known[0].ID)
		rows = append(rows, row)
	}
	inserted, err := store.InsertOrders(ctx, tx, rows, asOf)
	if err != nil {
		return err
	}
	for at, i := range st.copies {
		if !inserted[rows[at].Order.ID] {
			return fmt.Errorf("copy %d of order %q was stored by somebody else", rows[at].Copy, st.drafts[i].business.ExternalID)
		}
		if err := st.add(i, rows[at].Order); err != nil {
			return err
		}
	}
	return nil
}

func (d *draft) newOrder(now time.Time) *domain.Order {
	lines := make([]domain.Line, len(d.lines))
	copy(lines, d.lines)
	return &domain.Order{
		ID: d.id, Shard: d.shard, State: domain.Received, Policy: d.policy, Priority: d.account.Priority,
		NotBefore: d.notBefore, ReceivedAt: now, Lines: lines, Progress: domain.Progress{Intake: d.intake, Prepaid: prepaid(d.snapshot), Asks: d.asks},
	}
}
