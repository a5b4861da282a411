package domain_test

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// broken names the first invariant that does not hold.
func (w *world) broken() error {
	reserved, picked := map[domain.StockKey]int64{}, map[domain.StockKey]int64{}
	waiting := map[demandKey]int64{}
	for id, claims := range w.claims {
		for _, c := range claims {
			if c.Quantity != c.Remaining+c.Consumed+c.GivenBack || min(c.Remaining, c.Consumed, c.GivenBack, c.Held) < 0 ||
				c.Held > c.GivenBack || c.Picked < 0 || c.Picked > c.Remaining {
				return fmt.Errorf("R1: claim %+v", c)
			}
			if c.Node != domain.Nowhere {
				key := domain.StockKey{SKU: c.SKU, Node: c.Node}
				reserved[key] += c.Remaining
				picked[key] += c.Picked
			} else if c.Remaining > 0 {
				waiting[demandKey{c.SKU, id, c.Line}] = c.Remaining
			}
		}
	}
	for key, b := range w.balances {
		if b.Available() < 0 || min(b.OnHand, b.Reserved, b.Picked, b.QualityHold, b.Damaged) < 0 || b.Picked > b.Reserved {
			return fmt.Errorf("I1, I2: %+v", b)
		}
		if b.Reserved != reserved[key] || b.Picked != picked[key] {
			return fmt.Errorf("I4: %+v, claims %d, picked %d", b, reserved[key], picked[key])
		}
		if b.Frozen != w.isDeferred(key) {
			return fmt.Errorf("frozen is %v: %+v, deferred %+v", b.Frozen, b, w.deferred)
		}
		if err := cmp.Or(w.fold(b), w.lotsOf(b), w.likeNaive(b)); err != nil {
			return err
		}
		delete(reserved, key)
	}
	for key, quantity := range reserved {
		if quantity != 0 {
			return fmt.Errorf("I4: %d promised of %v without a balance", quantity, key)
		}
	}
	if len(waiting) != len(w.demand) {
		return fmt.Errorf("%d claims wait, %d in the queue", len(waiting), len(w.demand))
	}
	for key, quantity := range waiting {
		if w.demand[key] != quantity {
			return fmt.Errorf("waiting: %v has %d, the queue %d", key, quantity, w.demand[key])
		}
	}
	return nil
}

func (w *world) isDeferred(key domain.StockKey) bool {
	for _, fact := range w.deferred {
		if fact.StockKey == key {
			return true
		}
	}
	return false
}

// fold is I3.
func (w *world) fold(balance domain.Balance) error {
	buckets := map[domain.Bucket]int64{}
	for _, movement := range w.ledger[balance.StockKey] {
		if movement.Quantity <= 0 {
			return fmt.Errorf("I3: movement %+v", movement)
		}
		buckets[movement.From] -= movement.Quantity
		buckets[movement.To] += movement.Quantity
	}
	if buckets[domain.Sellable] != balance.OnHand-balance.QualityHold-balance.Damaged ||
		buckets[domain.QualityHold] != balance.QualityHold || buckets[domain.Damaged] != balance.Damaged {
		return fmt.Errorf("I3: %+v, ledger %v", balance, buckets)
	}
	return nil
}

// starved names demand that waits beside stock that it may have.
func (w *world) starved() error {
	for key := range w.demand {
		reservation := w.reservations[key.reservation]
		for _, node := range w.nodes {
			balance := w.balances[domain.StockKey{SKU: key.sku, Node: node.ID}]
			excluded := false
			for _, each := range reservation.Excluded {
				excluded = excluded || each == node.ID
			}
			quota, limited := w.quotas[domain.QuotaKey{SKU: key.sku, Channel: reservation.Channel}]
			safety := domain.SafetyStocks(w.safety[balance.StockKey]).For(reservation.Channel)
			if !excluded && (!limited || quota.Left() > 0) && balance.Sellable(&node, safety) > 0 {
				return fmt.Errorf("%v waits beside %+v", key, balance)
			}
		}
	}
	return nil
}

var (
	skus     = []domain.SKU{"A", "B", "C"}
	channels = []domain.Channel{"", "WEB", "EDI"}
	orders   = []domain.OrderID{"o1", "o2", "o3", "o4"}
)

// machine draws random commands.
type machine struct {
	*world
	keys int
}

func (m *machine) key() string {
	m.keys++
	return fmt.Sprintf("k%d", m.keys)
}

func (m *machine) someKey(t *rapid.T) string {
	if m.keys > 0 && rapid.IntRange(0, 5).Draw(t, "repeat") == 0 {
		return fmt.Sprintf("k%d", rapid.IntRange(1, m.keys+2).Draw(t, "key"))
	}
	return m.key()
}

func (m *machine) drawWant(t *rapid.T) domain.Want {
	want := domain.Want{
		ID: m.id(), Key: m.someKey(t), Order: rapid.SampledFrom(orders).Draw(t, "order"),
		Shortage: domain.Shortage(rapid.IntRange(1, 3).Draw(t, "policy")), Priority: rapid.Int32Range(-1, 1).Draw(t, "priority"),
	}
	for line := range rapid.IntRange(1, 4).Draw(t, "lines") {
		want.Lines = append(want.Lines, domain.WantLine{
			Line: int32(line + 1), SKU: rapid.SampledFrom(skus).Draw(t, "sku"), Quantity: rapid.Int64Range(1, 12).Draw(t, "quantity"),
		})
	}
	want.Channel = rapid.SampledFrom(channels).Draw(t, "channel")
	if rapid.IntRange(0, 2).Draw(t, "soft") == 0 {
		want.ExpiresAt = m.clock.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "ttl")) * time.Minute)
	} else if rapid.Bool().Draw(t, "replaces") {
		want.Replaces = fmt.Sprintf("k%d", rapid.IntRange(1, m.keys).Draw(t, "replaced"))
	}
	if rapid.IntRange(0, 3).Draw(t, "exclude") == 0 {
		want.Excluded = []domain.NodeID{rapid.SampledFrom(m.nodes).Draw(t, "node").ID}
	}
	if want.ExpiresAt.IsZero() && rapid.IntRange(0, 2).Draw(t, "anew") == 0 {
		want.KeepsAge = rapid.Bool().Draw(t, "keeps age")
		want.GivesBack = m.drawBack(t)
	}
	return want
}

func (m *machine) Reserve(t *rapid.T) {
	wants := rapid.SliceOfN(rapid.Custom(m.drawWant), 1, 3).Draw(t, "wants")
	before := maps.Clone(m.quotas)
	defer func() {
		for key, quota := range m.quotas {
			if quota.Reserved > max(quota.Quantity, before[key].Reserved) {
				t.Fatalf("quota %+v, reserved %d before", quota, before[key].Reserved)
			}
		}
	}()
	known := maps.Clone(m.outcomes)
	for i, outcome := range m.reserve(wants...) {
		if _, repeat := known[wants[i].Key]; repeat || (outcome.Refusal != nil && outcome.Returned == nil) {
			continue
		}
		if known[wants[i].Key] = outcome; outcome.Refusal != nil || (outcome.Returned != nil) != (len(wants[i].GivesBack) > 0) {
			t.Fatalf("given back: %+v", outcome)
		}
		if err := m.madeOf(wants[i], outcome); err != nil {
			t.Fatal(err)
		}
		for j, line := range outcome.Lines {
			total := line.Backordered + line.Unfilled
			for _, placed := range line.Placed {
				total += placed.Quantity
			}
			if total != wants[i].Lines[j].Quantity {
				t.Fatalf("line %+v of %+v", line, wants[i])
			}
			if wants[i].Shortage == domain.Refuse && line.Backordered+line.Unfilled > 0 {
				t.Fatalf("short, not refused: %+v", outcome)
			}
		}
	}
}

// madeOf says what is wrong with the age of a new reservation and with what was given back for it.
func (m *machine) madeOf(want domain.Want, outcome domain.Outcome) error {
	if made := outcome.ReservationID; made != want.ID {
		older := false
		for id, reservation := range m.reservations {
			older = older || reservation.Order == want.Order && id != made && bytes.Equal(id[:8], made[:8])
		}
		if !want.KeepsAge || !older || bytes.Compare(made[:], want.ID[:]) > 0 || !bytes.Equal(made[8:], want.ID[8:]) {
			return fmt.Errorf("made as old as %s, asked for by %s", made, want.ID)
		}
	}
	asked := map[claimKey]int64{}
	for _, line := range want.GivesBack {
		asked[claimKey{line.Line, line.Node}] += line.Quantity
	}
	if outcome.Returned != nil {
		for _, line := range outcome.Returned.GivenBack {
			if line.Quantity > asked[claimKey{line.Line, line.Node}] {
				return fmt.Errorf("given back %+v of %+v", line, want.GivesBack)
			}
		}
	}
	return nil
}

func (m *machine) Cancel(t *rapid.T) {
	request := domain.Cancellation{Key: "c" + m.someKey(t), Order: rapid.SampledFrom(orders).Draw(t, "order"), Reason: "test"}
	switch rapid.IntRange(0, 2).Draw(t, "what") {
	case 0:
		request.ReservationKey = m.someKey(t)
	case 1:
		request.Lines = m.drawBack(t)
	}
	m.cancel(request)
}

func (m *machine) drawBack(t *rapid.T) (lines []domain.CancelLine) {
	for range rapid.IntRange(1, 3).Draw(t, "back") {
		lines = append(lines, domain.CancelLine{
			Line:     rapid.Int32Range(1, 4).Draw(t, "line"),
			Node:     rapid.SampledFrom([]domain.NodeID{"", "N1", "N2", "N3"}).Draw(t, "node"),
			Quantity: rapid.Int64Range(1, 12).Draw(t, "quantity"),
		})
	}
	return lines
}

func (m *machine) Adjust(t *rapid.T) {
	var adjustments []domain.Adjustment
	for range rapid.IntRange(1, 3).Draw(t, "count") {
		quantity := rapid.Int64Range(-10, 20).Filter(func(q int64) bool { return q != 0 }).Draw(t, "quantity")
		key := m.drawStock(t)
		adjustments = append(adjustments, domain.Adjustment{
			StockKey: key, Lot: m.drawLot(t, key.SKU), Quantity: quantity, Reason: "COUNT", OccurredAt: moment(t),
		})
	}
	_ = m.adjust(adjustments...) // refused when it takes too much: then nothing has changed
}

func (m *machine) drawStock(t *rapid.T) domain.StockKey {
	return domain.StockKey{SKU: rapid.SampledFrom(skus).Draw(t, "sku"), Node: rapid.SampledFrom(m.nodes).Draw(t, "node").ID}
}

// drawSpot chooses a line of an order in a place: mostly one to which something is promised.
func (m *machine) drawSpot(t *rapid.T) (order domain.OrderID, line int32, node domain.NodeID) {
	type spot struct {
		order domain.OrderID
		claimKey
	}
	var promised []spot
	for id, claims := range m.claims {
		for key, claim := range claims {
			if key.node != domain.Nowhere && claim.Remaining > 0 {
				promised = append(promised, spot{m.reservations[id].Order, key})
			}
		}
	}
	if len(promised) > 0 && rapid.IntRange(0, 3).Draw(t, "promised") > 0 {
		slices.SortFunc(promised, func(a, b spot) int {
			return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.line, b.line), cmp.Compare(a.node, b.node))
		})
		chosen := rapid.SampledFrom(promised).Draw(t, "spot")
		return chosen.order, chosen.line, chosen.node
	}
	return rapid.SampledFrom(orders).Draw(t, "order"), rapid.Int32Range(1, 4).Draw(t, "line"), rapid.SampledFrom(m.nodes).Draw(t, "node").ID
}

func (m *machine) drawFact(t *rapid.T) domain.Fact {
	order, line, node := m.drawSpot(t)
	fulfillment := fmt.Sprintf("f-%s-%s-%d", order, node, rapid.IntRange(1, 2).Draw(t, "release"))
	sku := m.skuOf(order, line)
	if sku == "" || rapid.IntRange(0, 9).Draw(t, "substituted") == 0 {
		sku = rapid.SampledFrom(skus).Draw(t, "sku")
	}
	if rapid.Bool().Draw(t, "ships") {
		return domain.Fact{Shipment: &domain.Shipment{
			ID: m.key(), Fulfillment: fulfillment, Order: order, Node: node, OccurredAt: moment(t),
			Lines: []domain.ShipmentLine{{
				Line: line, SKU: sku, Quantity: rapid.Int64Range(1, 12).Draw(t, "quantity"), Lot: m.drawLot(t, sku),
			}},
		}}
	}
	counter := rapid.Int64Range(0, 12)
	return domain.Fact{Report: &domain.Report{
		Fulfillment: fulfillment, Order: order, Node: node, OccurredAt: now,
		Lines: []domain.ReportLine{{
			Line: line, SKU: sku, Requested: counter.Draw(t, "requested"), Picked: counter.Draw(t, "picked"),
			Shorted: counter.Draw(t, "shorted"), Cancelled: counter.Draw(t, "cancelled"),
		}},
	}}
}

// skuOf is the item that was asked for on the line first.
func (m *machine) skuOf(order domain.OrderID, line int32) domain.SKU {
	for made := range m.made {
		var id uuid.UUID
		copy(id[:8], fmt.Sprintf("%08d", made+1))
		copy(id[8:], id[:8])
		for _, node := range []domain.NodeID{"", "N1", "N2", "N3"} {
			if claim, known := m.claims[id][claimKey{line, node}]; known && m.reservations[id].Order == order {
				return claim.SKU
			}
		}
	}
	return ""
}

func (m *machine) Facts(t *rapid.T) {
	if err := m.facts(rapid.SliceOfN(rapid.Custom(m.drawFact), 1, 3).Draw(t, "facts")...); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) Node(t *rapid.T) {
	m.nodes[rapid.IntRange(0, len(m.nodes)-1).Draw(t, "which")].Inactive = rapid.Bool().Draw(t, "inactive")
}

func (m *machine) Serve(t *rapid.T) {
	m.serve()
	if m.limit < 100 {
		return
	}
	if err := m.starved(); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) Check(t *rapid.T) {
	if err := cmp.Or(m.broken(), m.drifted()); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) Policy(t *rapid.T) {
	channel := rapid.SampledFrom(channels).Draw(t, "channel")
	quantity := rapid.Int64Range(0, 8).Draw(t, "quantity")
	if rapid.Bool().Draw(t, "safety") || channel == "" {
		key := m.drawStock(t)
		m.keepBack(key.SKU, key.Node, channel, quantity)
		return
	}
	m.limitChannel(rapid.SampledFrom(skus).Draw(t, "sku"), channel, 2*quantity)
}

func (m *machine) Time(t *rapid.T) {
	m.clock = m.clock.Add(time.Duration(rapid.IntRange(1, 10).Draw(t, "minutes")) * time.Minute)
	if rapid.Bool().Draw(t, "sweep") {
		m.sweep()
	}
}

func (m *machine) Hold(t *rapid.T) {
	key := m.someKey(t)
	if rapid.Bool().Draw(t, "release") {
		m.withHolds(func(shelf *domain.Shelf) { shelf.Release(key) })
		return
	}
	until := m.clock.Add(time.Duration(rapid.IntRange(-5, 30).Draw(t, "until")) * time.Minute)
	m.withHolds(func(shelf *domain.Shelf) { _ = shelf.Extend(key, until) }) // refused when it is over
}

func TestInvariantsHoldWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{world: newWorld(
			domain.Node{ID: "N1", Priority: 1}, domain.Node{ID: "N2", Priority: 1}, domain.Node{ID: "N3"},
		)}
		m.tracked["C"] = rapid.Bool().Draw(t, "lots")
		m.limit = rapid.SampledFrom([]int{1, 1000}).Draw(t, "limit")
		t.Repeat(rapid.StateMachineActions(m))
	})
}
