package domain_test

import (
	"testing"
	"time"

	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

func TestServicesAreCreditedWhenTheyAreAuthorised(t *testing.T) {
	o := newOffice(t)
	lines := o.shipped(domain.ShipmentLine{SKU: "CARRIAGE", Quantity: 1, Service: true})
	r := o.one(o.ask(refer(lines[0], "1")))
	if r.Lines[0].Credited != 1 || r.NodeID != "" {
		t.Errorf("return %+v", r)
	}
	o.state(r, domain.ReturnAuthorized)
	o.refused(domain.ReasonReturnStarted, domain.EndReturn{ID: r.ID, To: domain.ReturnCancelled})
	o.refused(domain.ReasonNotStocked, domain.ReceiveReturn{ID: r.ID, Named: true, NodeID: "LEEDS", Document: "d",
		Lines: []domain.ReturnedLine{{Position: 1, Received: 1}}})
	o.refused(domain.ReasonNotStocked, found(r, "i", 1, restock(1)))
	o.one(creditAll(r))
	o.state(r, domain.ReturnClosed)
	o.tells(requested, authorized, closed)
}

func TestReturnWithoutReferenceIsCreditedAtTheAgreedPrice(t *testing.T) {
	o := newOffice(t)
	ask := o.ask(
		domain.ReturnAsk{SKU: "goods", Quantity: "3", AgreedPrice: "1.25", FeeBP: 500}, domain.ReturnAsk{SKU: "Metre", Quantity: "0.25"},
	)
	o.refused(domain.ReasonAccountRequired, ask)
	ask.AccountID = "CUST-2"
	o.refused(domain.ReasonCurrencyRequired, ask)
	ask.CurrencyCode = "GBP"
	o.refused(domain.ReasonNodeRequired, ask)
	ask.NodeID = "NOWHERE"
	o.refused(domain.ReasonUnknownNode, ask)
	ask.NodeID = "LEEDS"
	partner := ask
	partner.MayAuthorize = false
	o.refused(domain.ReasonReferenceRequired, partner)
	r := o.one(ask)
	o.state(r, domain.ReturnAuthorized)
	if line := r.Lines[0]; line.SKU != "GOODS" || line.TaxClass != "standard" || line.AgreedPrice != "1.25" || r.Lines[1].Requested != 25 {
		t.Errorf("lines %+v", r.Lines)
	}
	o.one(domain.ReceiveReturn{ID: r.ID, Named: true, Document: "d", Lines: []domain.ReturnedLine{
		{SKU: "GOODS", Received: 3}, {SKU: "METRE", Received: 25},
	}})
	o.one(found(r, "i", 1, restock(3)))
	o.one(found(r, "i", 2, restock(25)))
	if r.Lines[0].Credited != 3 || r.Lines[1].Credited != 0 {
		t.Errorf("credited %d and %d: nothing is due where no price is agreed", r.Lines[0].Credited, r.Lines[1].Credited)
	}
	o.one(creditAll(r))
	o.state(r, domain.ReturnClosed)
}

// One item at two prices is two lines: each is received, inspected and credited by itself.
func TestItemMayStandTwiceWithoutReference(t *testing.T) {
	o := newOffice(t)
	ask := o.ask(domain.ReturnAsk{SKU: "GOODS", Quantity: "3", AgreedPrice: "1.25"}, domain.ReturnAsk{SKU: "GOODS", Quantity: "4", AgreedPrice: "1.1"})
	ask.AccountID, ask.NodeID, ask.CurrencyCode, ask.MayAuthorize = "CUST-1", "LEEDS", "GBP", true
	r := o.one(ask)
	o.one(domain.ReceiveReturn{ID: r.ID, Named: true, Document: "d", Lines: []domain.ReturnedLine{
		{Position: 1, Received: 3}, {Position: 2, Received: 4},
	}})
	if r.Lines[0].Received != 3 || r.Lines[1].Received != 4 || r.Blind() {
		t.Errorf("received %d and %d", r.Lines[0].Received, r.Lines[1].Received)
	}
	o.one(found(r, "i", 2, restock(4)))
	o.one(found(r, "i", 1, restock(3)))
	if r.Lines[0].Credited != 3 || r.Lines[1].Credited != 4 {
		t.Errorf("credited %d and %d", r.Lines[0].Credited, r.Lines[1].Credited)
	}
	o.one(creditAll(r))
	o.state(r, domain.ReturnClosed)
}

func TestRequestIsRefusedFieldByField(t *testing.T) {
	o := newOffice(t)
	lines := o.shipped(domain.ShipmentLine{SKU: "GOODS", Quantity: 10})
	other := o.shipped(domain.ShipmentLine{SKU: "GOODS", Quantity: 10})
	for id := range o.desk.Shipments {
		if id == domain.ShipmentOf(other[0]) {
			o.desk.Shipments[id].OrderID = "ord_2"
		}
	}
	with := func(change func(*domain.RequestReturn), lines ...domain.ReturnAsk) domain.RequestReturn {
		ask := o.ask(lines...)
		change(&ask)
		return ask
	}
	nothing := func(*domain.RequestReturn) {}
	for name, c := range map[string]struct {
		reason, field string
		ask           domain.RequestReturn
	}{
		"no such line":     {"UNKNOWN_SHIPMENT_LINE", "lines[0].shipment_line_id", with(nothing, refer(lines[0]+"1", "1"))},
		"nonsense":         {"UNKNOWN_SHIPMENT_LINE", "lines[0].shipment_line_id", with(nothing, refer("nonsense", "1"))},
		"another's":        {"UNKNOWN_SHIPMENT_LINE", "lines[0].shipment_line_id", with(func(c *domain.RequestReturn) { c.Caller = "other" }, refer(lines[0], "1"))},
		"two orders":       {"ORDERS_DIFFER", "lines[1].shipment_line_id", with(nothing, refer(lines[0], "1"), refer(other[0], "1"))},
		"twice":            {"LINE_TWICE", "lines[1].sku", with(nothing, refer(lines[0], "1"), refer(lines[0], "1"))},
		"not whole":        {"UOM_NOT_DIVISIBLE", "lines[0].quantity", with(nothing, refer(lines[0], "0.5"))},
		"nothing":          {"QUANTITY_NOT_POSITIVE", "lines[0].quantity", with(nothing, refer(lines[0], "0"))},
		"another account":  {"ACCOUNT_DIFFERS", "lines[0].shipment_line_id", with(func(c *domain.RequestReturn) { c.AccountID = "CUST-9" }, refer(lines[0], "1"))},
		"a number alone":   {"PARTNER_MISMATCH", "lines[0].shipment_line_id", with(func(c *domain.RequestReturn) { c.RMA = "R1" }, refer(lines[0], "1"))},
		"no day":           {"DATE_INVALID", "expires_on", with(func(c *domain.RequestReturn) { c.ExpiresOn = "2026-02-30" }, refer(lines[0], "1"))},
		"its own price":    {"HAS_REFERENCE", "lines[0].shipment_line_id", with(nothing, domain.ReturnAsk{ShipmentLineID: lines[0], Quantity: "1", AgreedPrice: "1"})},
		"another item":     {"ITEM_DIFFERS", "lines[0].shipment_line_id", with(nothing, domain.ReturnAsk{ShipmentLineID: lines[0], Quantity: "1", SKU: "METRE"})},
		"an unknown item":  {"UNKNOWN_ITEM", "lines[0].sku", with(nothing, domain.ReturnAsk{SKU: "NONE", Quantity: "1"})},
		"a fee of its own": {"FEE_DENIED", "lines[0].restocking_fee_bp", with(func(c *domain.RequestReturn) { c.MayAuthorize = false }, domain.ReturnAsk{ShipmentLineID: lines[0], Quantity: "1", FeeBP: 1})},
	} {
		refusal := o.refused(c.reason, c.ask)
		if len(refusal.Fields) == 0 || refusal.Fields[0].Path != c.field {
			t.Errorf("%s: fields %+v, want %s", name, refusal.Fields, c.field)
		}
	}
	if len(o.desk.Returns) != 0 {
		t.Errorf("%d returns were made", len(o.desk.Returns))
	}
}

func TestPartnersNumberIsOneReturn(t *testing.T) {
	o := newOffice(t)
	lines := o.shipped(domain.ShipmentLine{SKU: "GOODS", Quantity: 10})
	ask := o.ask(refer(lines[0], "2"))
	ask.PartnerID, ask.RMA, ask.Hash = "acme", "R1", []byte{1}
	r := o.one(ask)
	ask.ID = o.newID()
	if again := o.one(ask); again != r {
		t.Error("a repeat made another return")
	}
	ask.Hash = []byte{2}
	o.refused(domain.ReasonReturnDiffers, ask)
}

func TestPolicyAuthorisesYoungShipments(t *testing.T) {
	o := newOffice(t)
	lines := o.shipped(domain.ShipmentLine{SKU: "GOODS", Quantity: 10})
	partner := func() domain.RequestReturn {
		ask := o.ask(refer(lines[0], "1"))
		ask.MayAuthorize, ask.Caller = false, "acme"
		return ask
	}
	o.state(o.one(partner()), domain.ReturnRequested)
	o.desk.Policy.AuthorizeWithin = 4 * 24 * time.Hour
	o.state(o.one(partner()), domain.ReturnAuthorized)
	o.desk.Policy.AuthorizeWithin = 2 * 24 * time.Hour
	o.state(o.one(partner()), domain.ReturnRequested)
}

func TestRecoverTakesBackWhatMayStillComeBack(t *testing.T) {
	o := newOffice(t)
	lines := o.shipped(domain.ShipmentLine{SKU: "GOODS", Quantity: 10}, domain.ShipmentLine{SKU: "GOODS", Quantity: 4, Unplanned: true},
		domain.ShipmentLine{SKU: "CARRIAGE", Quantity: 1, Service: true})
	shipment := domain.ShipmentOf(lines[0])
	o.one(o.ask(refer(lines[0], "3")))
	surplus := o.one(domain.RecoverShipment{ID: o.newID(), ShipmentID: shipment, UnplannedOnly: true, Reason: "surplus"})
	if len(surplus.Lines) != 1 || surplus.Lines[0].Authorized != 4 || !surplus.Lines[0].Unbilled {
		t.Errorf("lines %+v", surplus.Lines)
	}
	o.one(came(surplus, "d", 1, 4))
	o.one(found(surplus, "i", 1, restock(4)))
	o.state(surplus, domain.ReturnClosed) // never invoiced, so nothing is due
	rest := o.one(domain.RecoverShipment{ID: o.newID(), ShipmentID: shipment, Reason: "undeliverable"})
	if len(rest.Lines) != 1 || rest.Lines[0].Authorized != 7 {
		t.Errorf("lines %+v", rest.Lines)
	}
	o.refused(domain.ReasonNotReturnable, domain.RecoverShipment{ID: o.newID(), ShipmentID: shipment, Reason: "again"})
}

func TestReturnedLotsStandOnLinesOfTheirOwn(t *testing.T) {
	o := newOffice(t)
	lines := o.shipped(domain.ShipmentLine{SKU: "LOTTED", Quantity: 10})
	r := o.one(o.ask(refer(lines[0], "6")))
	o.refused(domain.ReasonLotRequired, came(r, "d", 1, 4))
	o.refused(domain.ReasonLotRequired, found(r, "i", 1, restock(1)))
	o.one(domain.ReceiveReturn{ID: r.ID, Named: true, Document: "d", Lines: []domain.ReturnedLine{
		{Position: 1, Lot: "A", Received: 4}, {Position: 1, Lot: "B", Received: 2},
	}})
	if len(r.Lines) != 2 || r.Lines[0].Lot != "A" || r.Lines[0].Received != 4 || r.Lines[1].Lot != "B" || r.Lines[1].Blind != 2 {
		t.Fatalf("lines %+v", r.Lines)
	}
	o.one(domain.VoidReturn{ID: r.ID, Lines: []domain.VoidedLine{{Position: 1, Quantity: 2}}})
	o.one(domain.AuthorizeReturn{ID: r.ID, Lines: []domain.AuthorizedLine{{Position: 2, Quantity: 2}}})
	if r.Blind() || r.Outstanding() {
		t.Errorf("lines %+v", r.Lines)
	}
}

func TestGoodsAtAnotherPlaceAreABlindReturnThere(t *testing.T) {
	o := newOffice(t)
	lines := o.shipped(domain.ShipmentLine{SKU: "GOODS", Quantity: 10})
	r := o.one(o.ask(refer(lines[0], "6")))
	report := came(r, "d1", 1, 2)
	report.NodeID = "YORK"
	o.one(report)
	if r.NodeID != "YORK" {
		t.Errorf("the first goods came to YORK, and the return says %s", r.NodeID)
	}
	astray := domain.ReceiveReturn{NewID: o.newID(), ID: r.ID, Named: true, NodeID: "LEEDS", Document: "d2", Lines: []domain.ReturnedLine{
		{ShipmentLineID: lines[0], Received: 1},
	}}
	other := o.one(astray)
	if other == r || other.NodeID != "LEEDS" || !other.Blind() {
		t.Errorf("return %+v", other)
	}
}
