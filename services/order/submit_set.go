package order

import (
	"bytes"
	"context"
	"crypto/sha256"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/batch"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/process"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// maxSnapshot leaves room in an event for what is told of the order later: the invoice of all of it says the same of each
// line, and the taxes of several jurisdictions besides.
const maxSnapshot = 4 << 20

// draft is a submission that was priced: an order that can be stored, or why not.
type draft struct {
	*submission
	err      error
	account  *domain.Account
	lines    []domain.Line
	snapshot *orderv1.PricedOrder
	// wire is the snapshot's form in the table, in the event and in the credit claim: marshalled once.
	wire []byte
}

// stored is what one run of the transaction brought for a draft.
type stored struct {
	id    uuid.UUID
	err   error
	order *domain.Order
	start *process.Process
}

// storeSet stores a set of orders in one transaction, each with its process and the intent to claim credit and to reserve
// stock, and hands them to the driver. One that is refused is refused alone.
func (s *Service) storeSet(ctx context.Context, subs []*submission) []batch.Result[*submitted] {
	now := s.now()
	drafts, asOf, err := s.price(ctx, subs, now)
	if err != nil {
		return batch.Fail[*submitted](len(subs), err)
	}
	outcomes, err := database.Tx(ctx, s.db, "submit_order", func(tx database.Transaction) ([]stored, error) {
		return s.storeDrafts(ctx, tx, drafts, asOf, now)
	})
	if err != nil {
		return batch.Fail[*submitted](len(subs), err)
	}
	results := make([]batch.Result[*submitted], len(subs))
	works := make([]*process.Work, 0, len(subs))
	for i := range outcomes {
		one := &outcomes[i]
		if one.err != nil {
			results[i].Err = one.err
			continue
		}
		results[i].Value = &submitted{id: one.id}
		if one.order != nil {
			results[i].Value.order, results[i].Value.snapshot, results[i].Value.asOf = one.order, drafts[i].snapshot, asOf
			works = append(works, &process.Work{
				Process: one.start, Order: one.order, Fresh: true,
				Snapshot: &snapshot{wire: drafts[i].wire, parsed: drafts[i].snapshot},
			})
		}
	}
	s.driver.Offer(works...)
	return results
}

// price prices the set against the copy of the master data.
func (s *Service) price(ctx context.Context, subs []*submission, now time.Time) ([]draft, time.Time, error) {
	asks := make([]domain.Ask, len(subs))
	for i, sub := range subs {
		asks[i] = sub.ask
	}
	catalog, err := s.catalogs.For(ctx, s.db.Pool(), asks)
	if err != nil {
		return nil, time.Time{}, database.Fault(ctx, err)
	}
	drafts := make([]draft, len(subs))
	for i, sub := range subs {
		drafts[i] = draft{submission: sub}
		priced, err := domain.Price(sub.ask, catalog)
		if err != nil {
			drafts[i].err = err
			continue
		}
		drafts[i].account = priced.Account
		drafts[i].lines = openLines(priced)
		for at, line := range sub.request.GetLines() {
			if line.GetAllowSubstitution() {
				drafts[i].lines[at].Substitutes = priced.Lines[at].Item.Substitutes
			}
		}
		drafts[i].snapshot = snapshotOf(sub, priced, now)
		drafts[i].wire, drafts[i].err = sealSnapshot(drafts[i].snapshot)
	}
	return drafts, catalog.AsOf, nil
}

func openLines(priced *domain.Priced) []domain.Line {
	lines := make([]domain.Line, len(priced.Lines))
	for i := range priced.Lines {
		lines[i] = domain.Line{
			Service: priced.Lines[i].Item.Service, Ordered: priced.Lines[i].Base, Open: priced.Lines[i].Base,
		}
	}
	return lines
}

// sealSnapshot writes the hash of a snapshot into it and gives its wire form.
func sealSnapshot(snapshot *orderv1.PricedOrder) ([]byte, error) {
	wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(snapshot)
	if err != nil {
		return nil, err
	}
	if len(wire) > maxSnapshot {
		const text = "the order is too large to be told as one event"
		return nil, fault.New(fault.Invalid, "ORDER_TOO_LARGE", text).WithField("lines", "ORDER_TOO_LARGE", text)
	}
	sum := sha256.Sum256(wire)
	snapshot.SnapshotHash = sum[:]
	return appendBytesField(wire, snapshotHashField, sum[:]), nil
}

// storeDrafts decides which drafts are new, and stores those.
func (s *Service) storeDrafts(
	ctx context.Context, tx database.Transaction, drafts []draft, asOf, now time.Time,
) ([]stored, error) {
	outcomes := make([]stored, len(drafts))
	keys := make([]idempotency.Key, len(drafts))
	for i := range drafts {
		keys[i] = drafts[i].key
	}
	known, err := idempotency.Load(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	set := newSet(drafts, outcomes, known, now)
	taken, err := set.insert(ctx, tx, asOf)
	if err != nil {
		return nil, err
	}
	set.follow(taken)
	if err := store.InsertStates(ctx, tx, set.orders); err != nil {
		return nil, err
	}
	if err := store.InsertProcesses(ctx, tx, set.starts); err != nil {
		return nil, err
	}
	if err := idempotency.Save(ctx, tx, set.records); err != nil {
		return nil, err
	}
	return outcomes, outbox.Add(ctx, tx, set.events...)
}

// set is what one transaction stores.
type set struct {
	drafts   []draft
	outcomes []stored
	now      time.Time

	first   map[store.BusinessKey]int // the draft of each business key that is to be stored
	repeats []int                     // drafts whose business key stands in the set before
	fresh   []int                     // drafts to be stored
	records []idempotency.Record
	orders  []*domain.Order
	starts  []*process.Process
	events  []outbox.Event
}

// newSet sorts out the repeats: by request id, which answer with what is stored, and by business key.
func newSet(drafts []draft, outcomes []stored, known map[idempotency.Key]idempotency.Record, now time.Time) *set {
	st := &set{drafts: drafts, outcomes: outcomes, now: now, first: make(map[store.BusinessKey]int, len(drafts))}
	inSet := make(map[idempotency.Key]int, len(drafts))
	for i := range drafts {
		d := &drafts[i]
		if record, ok := known[d.key]; ok {
			if outcomes[i].err = record.Matches(d.hash); outcomes[i].err == nil {
				outcomes[i].id, outcomes[i].err = uuid.FromBytes(record.Response)
			}
			continue
		}
		if earlier, ok := inSet[d.key]; ok {
			same := idempotency.Record{Hash: drafts[earlier].hash}
			if outcomes[i].err = same.Matches(d.hash); outcomes[i].err == nil {
				st.repeats = append(st.repeats, i)
			}
			continue
		}
		if d.err != nil {
			outcomes[i].err = d.err
			continue
		}
		inSet[d.key] = i
		if _, ok := st.first[d.business]; ok {
			st.repeats = append(st.repeats, i)
			continue
		}
		st.first[d.business] = i
		st.fresh = append(st.fresh, i)
	}
	return st
}

// insert stores the orders whose business key is free, and gives those that have the others.
func (st *set) insert(ctx context.Context, tx database.Transaction, asOf time.Time) (map[store.BusinessKey]store.Known, error) {
	rows := make([]store.NewOrder, 0, len(st.fresh))
	for _, i := range st.fresh {
		d := &st.drafts[i]
		rows = append(rows, store.NewOrder{
			Order: d.newOrder(st.now), Key: d.business, AccountID: d.account.ID, ContentHash: d.hash, Snapshot: d.wire,
		})
	}
	inserted, err := store.InsertOrders(ctx, tx, rows, asOf)
	if err != nil {
		return nil, err
	}
	var missing []store.BusinessKey
	for at, i := range st.fresh {
		if inserted[rows[at].Order.ID] {
			st.add(i, rows[at].Order)
		} else {
			missing = append(missing, st.drafts[i].business)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	return store.FindByKey(ctx, tx, missing)
}

// add takes an order into the set: its first event, its process, its record.
func (st *set) add(i int, order *domain.Order) {
	d := &st.drafts[i]
	start := process.Accept(order, st.now)
	order.Sequence++
	st.events = append(st.events, receivedEvent(order, d.wire, st.now))
	st.orders = append(st.orders, order)
	start.Hand(st.now)
	st.starts = append(st.starts, start)
	st.record(i, order.ID)
	st.outcomes[i] = stored{id: order.ID, order: order, start: start}
}

func (st *set) record(i int, order uuid.UUID) {
	st.records = append(st.records, idempotency.Record{Key: st.drafts[i].key, Hash: st.drafts[i].hash, Response: order[:]})
}

// follow answers those whose order exists: under the same business key, stored before or by this set.
func (st *set) follow(taken map[store.BusinessKey]store.Known) {
	for _, i := range st.fresh {
		if d := &st.drafts[i]; st.outcomes[i].order == nil {
			st.outcomes[i] = d.duplicateOf(taken[d.business])
			if st.outcomes[i].err == nil {
				st.record(i, st.outcomes[i].id)
			}
		}
	}
	recorded := make(map[idempotency.Key]bool, len(st.records))
	for _, record := range st.records {
		recorded[record.Key] = true
	}
	for _, i := range st.repeats {
		d := &st.drafts[i]
		first := st.first[d.business]
		if first != i && st.outcomes[first].err != nil {
			st.outcomes[i].err = st.outcomes[first].err
			continue
		}
		st.outcomes[i] = d.duplicateOf(store.Known{ID: st.outcomes[first].id, ContentHash: st.drafts[first].hash})
		if st.outcomes[i].err == nil && !recorded[d.key] {
			recorded[d.key] = true
			st.record(i, st.outcomes[i].id)
		}
	}
}

// duplicateOf answers with an order that has the same business key: the same content is a repeat.
func (d *draft) duplicateOf(known store.Known) stored {
	if known.ID != uuid.Nil && bytes.Equal(known.ContentHash, d.hash) {
		return stored{id: known.ID}
	}
	const text = "there is an order with this number and another content"
	return stored{err: fault.New(fault.AlreadyExists, "DUPLICATE_ORDER", text).
		WithField("external_order_id", "DUPLICATE_ORDER", text)}
}

func (d *draft) newOrder(now time.Time) *domain.Order {
	lines := make([]domain.Line, len(d.lines))
	copy(lines, d.lines)
	return &domain.Order{
		ID: d.id, Shard: d.shard, State: domain.Received, Policy: d.policy, Priority: d.account.Priority,
		NotBefore: d.notBefore, ReceivedAt: now, Lines: lines, Progress: domain.Progress{Prepaid: prepaid(d.snapshot)},
	}
}
