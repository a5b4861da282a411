package domain_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// bay is a dock that goes on from set to set.
type bay struct {
	t      reporter
	dock   *domain.Dock
	told   []domain.ReceiptEvent
	serial byte
}

func newBay(t reporter) *bay {
	return &bay{t: t, dock: &domain.Dock{
		Now: at, Catalog: catalog, Receipts: map[uuid.UUID]*domain.Receipt{}, Keys: map[string]*domain.Receipt{},
	}}
}

func (b *bay) newID() uuid.UUID {
	b.serial++
	return uuid.UUID{15: b.serial, 6: 0x70, 8: 0x80}
}

func (b *bay) apply(command domain.ReceiptCommand) domain.ReceiptOutcome {
	outcome := b.dock.Apply([]domain.ReceiptCommand{command})[0]
	b.told = append(b.told, b.dock.Changes.Events...)
	b.dock.Changes = domain.ReceiptChanges{}
	return outcome
}

func (b *bay) one(command domain.ReceiptCommand) *domain.Receipt {
	b.t.Helper()
	outcome := b.apply(command)
	if outcome.Refusal != nil {
		b.t.Fatalf("%T refused: %v", command, outcome.Refusal)
	}
	return outcome.Receipt
}

func (b *bay) refused(reason string, command domain.ReceiptCommand) {
	b.t.Helper()
	before := len(b.told)
	if refusal := b.apply(command).Refusal; refusal == nil || refusal.Reason != reason || len(b.told) != before {
		b.t.Errorf("%T: got %v, want a refusal %s and nothing told", command, refusal, reason)
	}
}

// tells expects the events since the last call.
func (b *bay) tells(kinds ...domain.ReceiptEventKind) {
	b.t.Helper()
	var got []domain.ReceiptEventKind
	for _, event := range b.told {
		got = append(got, event.Kind)
	}
	if b.told = nil; !slices.Equal(got, kinds) {
		b.t.Errorf("told %v, want %v", got, kinds)
	}
}

func (b *bay) notice(lines ...domain.AnnouncedLine) domain.Announce {
	return domain.Announce{ID: b.newID(), SupplierID: "SUP", ASN: "A1", NodeID: "LEEDS", Lines: lines}
}

func (b *bay) truck(document string, lines ...domain.ReceivedLine) domain.Receive {
	return domain.Receive{NewID: b.newID(), SupplierID: "SUP", ASN: "A1", NodeID: "LEEDS", Document: document, Lines: lines}
}

func arrived(sku, lot string, received, damaged, onHold int64) domain.ReceivedLine {
	return domain.ReceivedLine{SKU: sku, Lot: lot, Arrived: domain.Arrived{Received: received, Damaged: damaged, OnHold: onHold}}
}

func TestNoticeIsReplacedUntilGoodsCome(t *testing.T) {
	b := newBay(t)
	first := b.notice(domain.AnnouncedLine{SKU: "goods", Quantity: "5"}, domain.AnnouncedLine{SKU: "GOODS", Quantity: "2"},
		domain.AnnouncedLine{SKU: "LOTTED", Lot: "L1", Quantity: "3", ExpiresOn: "2027-01-01"})
	r := b.one(first)
	if len(r.Lines) != 2 || r.Lines[0].Expected != 7 || r.Lines[0].SKU != "GOODS" || r.Lines[1].Lot != "L1" {
		t.Errorf("lines %+v", r.Lines)
	}
	b.one(first)
	b.tells(domain.ReceiptWasAnnounced)
	other := b.notice(domain.AnnouncedLine{SKU: "METRE", Quantity: "0.25"})
	if again := b.one(other); again != r || len(r.Lines) != 1 || r.Lines[0].Expected != 25 {
		t.Errorf("receipt %+v", again)
	}
	b.one(b.truck("d", arrived("METRE", "", 10, 0, 0)))
	b.one(other)
	b.refused(domain.ReasonReceiptStarted, first)
	b.refused(domain.ReasonReceiptStarted, domain.EndReceipt{ID: r.ID, Cancel: true})
	b.tells(domain.ReceiptWasAnnounced, domain.ReceiptWasReceived)
	for reason, notice := range map[string]domain.Announce{
		"LOT_REQUIRED": b.notice(domain.AnnouncedLine{SKU: "LOTTED", Quantity: "1"}), "NOT_STOCKED": b.notice(domain.AnnouncedLine{SKU: "CARRIAGE", Quantity: "1"}),
		"UNKNOWN_ITEM": b.notice(domain.AnnouncedLine{SKU: "NONE", Quantity: "1"}), "UOM_NOT_DIVISIBLE": b.notice(domain.AnnouncedLine{SKU: "GOODS", Quantity: "0.5"}),
		"DATE_INVALID": b.notice(domain.AnnouncedLine{SKU: "GOODS", Quantity: "1", ExpiresOn: "2026-13-01"}),
	} {
		b.refused(reason, notice)
	}
}

func TestReceiptShowsEveryDiscrepancyPerLot(t *testing.T) {
	b := newBay(t)
	r := b.one(b.notice(domain.AnnouncedLine{SKU: "GOODS", Quantity: "10"}, domain.AnnouncedLine{SKU: "LOTTED", Lot: "L1", Quantity: "4"}))
	b.one(b.truck("d1", arrived("GOODS", "", 6, 1, 2), arrived("LOTTED", "L1", 4, 0, 0)))
	if r.State != domain.ReceiptReceiving || r.Discrepancy() {
		t.Errorf("%s with discrepancy %t: the rest may still come", r.State, r.Discrepancy())
	}
	b.one(b.truck("d2", arrived("GOODS", "", 3, 0, 0), arrived("LOTTED", "L2", 1, 0, 0), arrived("METRE", "", 50, 0, 0)))
	if !r.Discrepancy() {
		t.Error("a lot that was not announced is a discrepancy at once")
	}
	b.refused(domain.ReasonLotRequired, b.truck("d3", arrived("LOTTED", "", 1, 0, 0)))
	b.refused(domain.ReasonUnknownItem, b.truck("d3", arrived("GOODS", "", 1, 0, 0), arrived("NONE", "", 1, 0, 0)))
	last := b.truck("d2", arrived("GOODS", "", 3, 0, 0))
	last.Final = true
	b.one(last)
	b.one(last)
	b.tells(domain.ReceiptWasAnnounced, domain.ReceiptWasReceived, domain.ReceiptWasReceived, domain.ReceiptWasClosed)
	want := []domain.ReceiptLine{
		{Position: 1, SKU: "GOODS", BaseUnit: "EA", Expected: 10, Arrived: domain.Arrived{Received: 9, Damaged: 1, OnHold: 2}},
		{Position: 2, SKU: "LOTTED", Lot: "L1", BaseUnit: "EA", Expected: 4, Arrived: domain.Arrived{Received: 4}},
		{Position: 3, SKU: "LOTTED", Lot: "L2", BaseUnit: "EA", Arrived: domain.Arrived{Received: 1}},
		{Position: 4, SKU: "METRE", BaseUnit: "M", Scale: 2, Arrived: domain.Arrived{Received: 50}},
	}
	if diff := cmp.Diff(want, r.Lines, cmpopts.IgnoreFields(domain.ReceiptLine{}, "By")); diff != "" {
		t.Error(diff)
	}
	b.one(b.truck("d4", arrived("GOODS", "", 1, 0, 0)))
	b.tells(domain.ReceiptWasReceived)
	if r.State != domain.ReceiptClosed {
		t.Errorf("what comes late leaves it closed, not %s", r.State)
	}
}

func TestMissingGoodsAreADiscrepancyOnceNothingMoreIsExpected(t *testing.T) {
	b := newBay(t)
	r := b.one(b.notice(domain.AnnouncedLine{SKU: "GOODS", Quantity: "10"}))
	b.one(b.truck("d1", arrived("GOODS", "", 9, 0, 0)))
	before := r.Discrepancy()
	b.one(domain.EndReceipt{ID: r.ID})
	if before || !r.Discrepancy() {
		t.Errorf("discrepancy %t before it was closed and %t after", before, r.Discrepancy())
	}
	b.one(b.truck("d1", arrived("GOODS", "", 10, 0, 0)))
	if r.Discrepancy() {
		t.Error("the missing one came late, and is missed all the same")
	}
}

func TestBlindReceiptIsRecorded(t *testing.T) {
	b := newBay(t)
	blind := b.truck("d1", arrived("GOODS", "", 5, 0, 0))
	blind.SupplierID, blind.ASN = "", ""
	r := b.one(blind)
	if r.Announced || r.NodeID != "LEEDS" || r.Lines[0].Expected != 0 || r.State != domain.ReceiptReceiving {
		t.Errorf("receipt %+v", r)
	}
	if again := b.one(blind); again != r {
		t.Error("a repeat made another receipt")
	}
	for reason, change := range map[string]func(*domain.Receive){
		"NODE_REQUIRED":     func(c *domain.Receive) { c.NodeID, c.Document = "", "d9" },
		"UNKNOWN_NODE":      func(c *domain.Receive) { c.NodeID = "NOWHERE" },
		"UNKNOWN_RECEIPT":   func(c *domain.Receive) { c.Named = true },
		"SUPPLIER_REQUIRED": func(c *domain.Receive) { c.ASN = "A9" },
		"NOTHING_RECEIVED":  func(c *domain.Receive) { c.Lines = nil },
		"LOT_REQUIRED":      func(c *domain.Receive) { c.Lines = []domain.ReceivedLine{arrived("LOTTED", "", 1, 0, 0)} },
	} {
		wrong := blind
		change(&wrong)
		b.refused(reason, wrong)
	}
}

func TestGoodsAheadOfTheirNoticeAndAstray(t *testing.T) {
	b := newBay(t)
	ahead := b.one(b.truck("d1", arrived("GOODS", "", 5, 0, 0)))
	announced := b.one(b.notice(domain.AnnouncedLine{SKU: "METRE", Quantity: "1"}, domain.AnnouncedLine{SKU: "GOODS", Quantity: "8"}))
	if announced != ahead || !ahead.Announced || ahead.Lines[0].Expected != 8 || ahead.Lines[0].Received != 5 || ahead.Lines[1].Expected != 100 {
		t.Errorf("receipt %+v", announced)
	}
	astray := b.truck("d2", arrived("GOODS", "", 2, 0, 0))
	astray.NodeID = "YORK"
	other := b.one(astray)
	if other == ahead || other.NodeID != "YORK" || other.ASN != "" || other.SupplierID != "SUP" || ahead.Lines[0].Received != 5 {
		t.Errorf("receipt %+v", other)
	}
}

func TestWithdrawnNotice(t *testing.T) {
	b := newBay(t)
	notice := b.notice(domain.AnnouncedLine{SKU: "GOODS", Quantity: "8"})
	r := b.one(notice)
	b.one(domain.EndReceipt{ID: r.ID, Cancel: true})
	b.one(domain.EndReceipt{ID: r.ID, Cancel: true})
	b.one(domain.EndReceipt{ID: r.ID})
	if r.State != domain.ReceiptCancelled || r.Discrepancy() {
		t.Errorf("%s, discrepancy %t", r.State, r.Discrepancy())
	}
	b.tells(domain.ReceiptWasAnnounced, domain.ReceiptWasClosed)
	b.one(notice)
	if r.State != domain.ReceiptExpected {
		t.Errorf("announced again it is %s", r.State)
	}
	b.one(domain.EndReceipt{ID: r.ID, Cancel: true})
	b.one(b.truck("d", arrived("GOODS", "", 8, 0, 0)))
	if r.State != domain.ReceiptClosed {
		t.Errorf("goods of a withdrawn notice leave it %s", r.State)
	}
}

func TestReceiptReportsInAnyOrderGiveTheSameState(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		straight, mixed := newBay(r), newBay(r)
		part := rapid.Int64Range(0, 5)
		known := map[string]domain.Arrived{}
		var reports []domain.Receive
		for range rapid.IntRange(1, 6).Draw(r, "reports") {
			document := rapid.SampledFrom([]string{"d1", "d2"}).Draw(r, "document")
			step := known[document]
			damaged, held := part.Draw(r, "damaged"), part.Draw(r, "held")
			step.Damaged, step.OnHold = step.Damaged+damaged, step.OnHold+held
			step.Received += damaged + held + part.Draw(r, "sound") + 1
			known[document] = step
			reports = append(reports, straight.truck(document, domain.ReceivedLine{SKU: "GOODS", Arrived: step}))
		}
		for _, report := range reports {
			straight.one(report)
		}
		shuffled := append(slices.Clone(reports), reports...)
		order := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 0))
		order.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for _, report := range shuffled {
			mixed.one(report)
		}
		key := domain.NoticeKey("SUP", "A1")
		if diff := cmp.Diff(straight.dock.Keys[key].Lines, mixed.dock.Keys[key].Lines); diff != "" {
			r.Fatal(diff)
		}
		for _, b := range []*bay{straight, mixed} {
			sum, line := domain.Arrived{}, b.dock.Keys[key].Lines[0]
			for _, event := range b.told {
				for _, m := range event.Movements {
					sum.Received, sum.Damaged, sum.OnHold = sum.Received+m.Received, sum.Damaged+m.Damaged, sum.OnHold+m.OnHold
				}
			}
			if sum != line.Arrived {
				r.Fatalf("the movements told add up to %+v, the line holds %+v", sum, line.Arrived)
			}
		}
	})
}
