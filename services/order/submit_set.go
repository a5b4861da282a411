package order

import (
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
	// differs says which prices differ from ours so that it is held; empty: none.
	differs string
	// asks is what outside systems are asked about it.
	asks domain.Asks
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
			s.follow(subs[i], one.order)
			results[i].Value.order, results[i].Value.snapshot, results[i].Value.asOf = one.order, drafts[i].snapshot, asOf
			if one.start == nil {
				continue // it is held
			}
			works = append(works, &process.Work{
				Process: one.start, Order: one.order, Fresh: true,
				Snapshot: &snapshot{wire: drafts[i].wire, parsed: drafts[i].snapshot, asOf: asOf},
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
		if err == nil {
			err = sub.passed(now)
		}
		if err != nil {
			drafts[i].err = err
			continue
		}
		drafts[i].account, drafts[i].differs = priced.Account, priced.Differences()
		drafts[i].lines = openLines(priced)
		for at, line := range sub.request.GetLines() {
			if line.GetAllowSubstitution() {
				drafts[i].lines[at].Substitutes = priced.Lines[at].Item.Substitutes
			}
		}
		drafts[i].snapshot = snapshotOf(sub, priced, now)
		direct(drafts[i].snapshot, drafts[i].lines, sub.request, priced)
		drafts[i].asks = s.asks(drafts[i].snapshot)
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
	if err := set.insertCopies(ctx, tx, asOf); err != nil {
		return nil, err
	}
	writes := database.NewPipeline(tx)
	if err := store.InsertStates(ctx, writes, set.orders); err != nil {
		return nil, err
	}
	if err := store.InsertProcesses(ctx, writes, set.starts); err != nil {
		return nil, err
	}
	if err := idempotency.Save(ctx, writes, set.records); err != nil {
		return nil, err
	}
	if err := outbox.Add(ctx, writes, set.events...); err != nil {
		return nil, err
	}
	return outcomes, writes.Flush(ctx)
}

// set is what one transaction stores.
type set struct {
	drafts   []draft
	outcomes []stored
	now      time.Time

	first   map[store.BusinessKey]int // the draft of each business key that is to be stored
	copies  []int                     // drafts to be stored under a key that another order has
	known   map[store.BusinessKey][]store.Known
	repeats []int // drafts whose business key stands in the set before
	fresh   []int // drafts to be stored
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
