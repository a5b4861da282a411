package domain_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// putMoving loads a balance in which something is about to move.
func (w *world) putMoving(shelf *domain.Shelf, key domain.StockKey) {
	w.putBalance(shelf, key)
	if w.tracked[key.SKU] {
		var lots []domain.Lot
		for _, lot := range w.lots[key] {
			lots = append(lots, lot)
		}
		shelf.TrackLots(key, lots)
	}
	if w.balances[key].Frozen {
		w.putClaimsOn(shelf, key)
		for _, fact := range w.deferred {
			if fact.StockKey == key {
				shelf.PutDeferred(fact)
			}
		}
	}
}

// flow moves goods; the refusal is nil when it was done.
func (w *world) flow(flows ...domain.Flow) (*domain.FlowRefusal, error) {
	shelf := domain.NewShelf(w.nodes, now)
	var skus []domain.SKU
	for _, key := range keysOf(flows, func(flow domain.Flow) domain.StockKey { return flow.StockKey }) {
		w.putMoving(shelf, key)
		skus = append(skus, key.SKU)
	}
	for _, key := range shelf.Takings(flows) {
		w.putClaimsOn(shelf, key)
	}
	w.putDemand(shelf, skus)
	refusal, err := shelf.Flow(flows)
	if refusal == nil && err == nil {
		w.save(shelf)
	}
	return refusal, err
}

func (w *world) count(counts ...domain.Count) ([]domain.Counted, error) {
	shelf := domain.NewShelf(w.nodes, now)
	var skus []domain.SKU
	for _, key := range keysOf(counts, func(count domain.Count) domain.StockKey { return count.StockKey }) {
		w.putMoving(shelf, key)
		skus = append(skus, key.SKU)
	}
	for i := range counts {
		counts[i].Since = w.changeSince(counts[i])
	}
	for _, key := range shelf.Shortages(counts) {
		w.putClaimsOn(shelf, key)
	}
	w.putDemand(shelf, skus)
	outcomes := make([]domain.Counted, len(counts))
	for i, count := range counts {
		var err error
		if outcomes[i], err = shelf.Count(count); err != nil {
			return nil, err
		}
	}
	if _, err := shelf.Flow(nil); err != nil {
		return nil, err
	}
	w.save(shelf)
	return outcomes, nil
}

func keysOf[T any](all []T, key func(T) domain.StockKey) []domain.StockKey {
	var keys []domain.StockKey
	for _, one := range all {
		keys = append(keys, key(one))
	}
	slices.SortFunc(keys, domain.CompareStock)
	return slices.Compact(keys)
}

// changeSince is what the store sums up: the change of what is physically there after the count's moment.
func (w *world) changeSince(count domain.Count) int64 {
	var since int64
	for _, m := range w.ledger[count.StockKey] {
		if m.OccurredAt.After(count.At) && (!w.tracked[count.SKU] || m.Lot == count.Lot) {
			since += physical(m.To)*m.Quantity - physical(m.From)*m.Quantity
		}
	}
	return since
}

func physical(bucket domain.Bucket) int64 {
	if bucket == domain.Sellable || bucket == domain.QualityHold || bucket == domain.Damaged {
		return 1
	}
	return 0
}

// lotsOf: the lots of a balance add up to it, and none is overdrawn.
func (w *world) lotsOf(balance domain.Balance) error {
	if !w.tracked[balance.SKU] {
		return nil
	}
	var sum domain.Balance
	for _, lot := range w.lots[balance.StockKey] {
		if min(lot.OnHand-lot.QualityHold-lot.Damaged, lot.QualityHold, lot.Damaged) < 0 {
			return fmt.Errorf("lot %s of %v has %d/%d/%d: %+v", lot.Lot, balance, lot.OnHand, lot.QualityHold, lot.Damaged, w.ledger[balance.StockKey])
		}
		sum.OnHand, sum.QualityHold, sum.Damaged = sum.OnHand+lot.OnHand, sum.QualityHold+lot.QualityHold, sum.Damaged+lot.Damaged
	}
	if sum.OnHand != balance.OnHand || sum.QualityHold != balance.QualityHold || sum.Damaged != balance.Damaged {
		return fmt.Errorf("lots add up to %+v, not to %+v", sum, balance)
	}
	return nil
}

// said is something that was said about what is physically there of an item without lots: it changed, or so much is there.
type said struct {
	at       time.Time
	quantity int64
	count    bool
}

// likeNaive compares with a model that knows no ledger: the newest count, and what happened after it. It does not apply
// while a fact is kept aside.
func (w *world) likeNaive(balance domain.Balance) error {
	if w.tracked[balance.SKU] || w.isDeferred(balance.StockKey) {
		return nil
	}
	var from time.Time
	var want int64
	for _, one := range w.said[balance.StockKey] {
		if one.count && one.at.After(from) {
			from, want = one.at, one.quantity
		}
	}
	for _, one := range w.said[balance.StockKey] {
		if !one.count && one.at.After(from) {
			want += one.quantity
		}
	}
	if balance.OnHand != want {
		return fmt.Errorf("naive model: %d on hand of %v, not %d: %+v", want, balance, balance.OnHand, w.said[balance.StockKey])
	}
	return nil
}

func (w *world) say(key domain.StockKey, one said) { w.said[key] = append(w.said[key], one) }

// moment draws a time before now: facts are recorded late.
func moment(t *rapid.T) time.Time {
	return now.Add(-time.Duration(rapid.IntRange(0, 6).Draw(t, "minutes")) * time.Minute)
}

func (m *machine) drawLot(t *rapid.T, sku domain.SKU) string {
	if !m.tracked[sku] {
		return ""
	}
	return rapid.SampledFrom([]string{"L1", "L2", "L3"}).Draw(t, "lot")
}

func (m *machine) Count(t *rapid.T) {
	var counts []domain.Count
	for range rapid.IntRange(1, 2).Draw(t, "counts") {
		key := m.drawStock(t)
		counts = append(counts, domain.Count{
			StockKey: key, Lot: m.drawLot(t, key.SKU), Quantity: rapid.Int64Range(0, 20).Draw(t, "counted"), At: moment(t),
			Reason: domain.ReasonCount, Document: m.key(), Looked: rapid.Bool().Draw(t, "looked"),
			Snapshot: rapid.SampledFrom([]*domain.SnapshotApplied{nil, {}}).Draw(t, "snapshot"),
		})
	}
	outcomes, err := m.count(counts...)
	if err != nil {
		t.Fatal(err)
	}
	for i, outcome := range outcomes {
		if !outcome.Stale {
			m.say(counts[i].StockKey, said{counts[i].At, counts[i].Quantity, true})
		}
	}
}

// Flow draws receipts, returns, scrapping, and changes of status, as facts and as commands.
func (m *machine) Flow(t *rapid.T) {
	pairs := [][2]domain.Bucket{
		{domain.Supplier, domain.Sellable}, {domain.Customer, domain.QualityHold}, {domain.QualityHold, domain.Sellable},
		{domain.QualityHold, domain.Adjusted}, {domain.Sellable, domain.Damaged}, {domain.Sellable, domain.Transit},
		{domain.Damaged, domain.Supplier}, {domain.Transit, domain.Sellable},
	}
	key, pair := m.drawStock(t), rapid.SampledFrom(pairs).Draw(t, "buckets")
	flow := domain.Flow{
		StockKey: key, ID: m.key(), Policy: domain.Policy(rapid.IntRange(0, 2).Draw(t, "policy")),
		Movement: domain.Movement{
			From: pair[0], To: pair[1], Lot: m.drawLot(t, key.SKU), Quantity: rapid.Int64Range(1, 10).Draw(t, "quantity"),
			Reason: "TEST", OccurredAt: moment(t),
		},
	}
	refusal, err := m.flow(flow)
	if err != nil {
		t.Fatal(err)
	}
	if refusal != nil {
		if flow.Policy == domain.Record {
			t.Fatalf("a fact was refused: %+v", refusal)
		}
		return
	}
	m.say(key, said{flow.OccurredAt, (physical(flow.To) - physical(flow.From)) * flow.Quantity, false})
}

// TestTransfersConserveWhatLeft is I5 for one transfer, whatever arrives and is declared lost in whatever order.
func TestTransfersConserveWhatLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		transfer := &domain.Transfer{From: "N1", To: "N2"}
		for i, shipped := range rapid.SliceOfN(rapid.Int64Range(1, 20), 1, 3).Draw(t, "shipped") {
			transfer.Lines = append(transfer.Lines, domain.TransferLine{Position: int32(i + 1), SKU: "A", Shipped: shipped})
		}
		buckets := map[domain.Bucket]int64{}
		post := func(flows []domain.Flow) {
			for _, flow := range flows {
				buckets[flow.From] -= flow.Quantity
				buckets[flow.To] += flow.Quantity
			}
		}
		post(transfer.Leave("t", domain.Revoke))
		left := -buckets[domain.Sellable]
		buckets[domain.Sellable] = 0 // of the other place from here on
		for range rapid.IntRange(0, 8).Draw(t, "steps") {
			if rapid.IntRange(0, 3).Draw(t, "close") == 0 {
				post(transfer.Close("LOST", "t", now))
			} else {
				flows, unknown := transfer.Arrive([]domain.Arrival{{
					Position: int32(rapid.IntRange(1, len(transfer.Lines)).Draw(t, "line")),
					Quantity: rapid.Int64Range(1, 15).Draw(t, "arrived"), Bucket: domain.Sellable,
				}}, "t", now)
				if unknown >= 0 {
					t.Fatalf("arrival %d is of no line", unknown)
				}
				post(flows)
			}
			var transit, received, lost, surplus int64
			for _, line := range transfer.Lines {
				if min(line.InTransit(), line.Received, line.Lost, line.Surplus) < 0 {
					t.Fatalf("line %+v", line)
				}
				transit, received = transit+line.InTransit(), received+line.Received
				lost, surplus = lost+line.Lost, surplus+line.Surplus
			}
			if left != transit+received+lost || buckets[domain.Transit] != transit ||
				buckets[domain.Sellable] != received+surplus || buckets[domain.Adjusted] != lost-surplus {
				t.Fatalf("%d left, %+v, ledger %v", left, transfer.Lines, buckets)
			}
		}
	})
}
