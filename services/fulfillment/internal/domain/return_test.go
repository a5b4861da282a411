package domain_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

const (
	requested  = domain.ReturnWasRequested
	authorized = domain.ReturnWasAuthorized
	declined   = domain.ReturnWasDeclined
	voided     = domain.ReturnWasVoided
	inTransit  = domain.ReturnWasShipped
	received   = domain.ReturnWasReceived
	inspected  = domain.ReturnWasInspected
	closed     = domain.ReturnWasClosed
)

func TestReturnFromRequestToClosed(t *testing.T) {
	o := newOffice(t)
	lines := o.shipped(domain.ShipmentLine{SKU: "GOODS", Quantity: 10})
	ask := o.ask(refer(lines[0], "6"))
	ask.ForReview = true
	r := o.one(ask)
	o.state(r, domain.ReturnRequested)
	if r.OrderID != "ord_1" || r.PartnerID != "acme" || r.AccountID != "CUST-1" || r.NodeID != "LEEDS" || r.RMA == "" {
		t.Errorf("made %+v", r)
	}
	o.tells(requested)
	fee := int32(1500)
	o.one(domain.AuthorizeReturn{ID: r.ID, Lines: []domain.AuthorizedLine{{Position: 1, Quantity: 5, FeeBP: &fee}}})
	o.state(r, domain.ReturnAuthorized)
	if r.ExpiresOn != "2026-03-31" || r.Lines[0].FeeBP != 1500 {
		t.Errorf("expires on %s, fee %d", r.ExpiresOn, r.Lines[0].FeeBP)
	}
	o.tells(authorized)
	o.one(domain.ShipReturn{ID: r.ID, Carrier: "DHL", Tracking: "1Z"})
	o.state(r, domain.ReturnInTransit)
	o.tells(inTransit)
	o.one(came(r, "d1", 1, 3))
	o.state(r, domain.ReturnReceiving)
	o.tells(received)
	o.one(found(r, "i1", 1, restock(3)))
	o.state(r, domain.ReturnInspected)
	o.one(creditAll(r))
	o.state(r, domain.ReturnCredited)
	o.one(came(r, "d1", 1, 5))
	o.state(r, domain.ReturnReceiving)
	o.one(found(r, "i1", 1, restock(5)))
	o.tells(inspected, received, inspected)
	o.one(creditAll(r))
	o.state(r, domain.ReturnClosed)
	o.tells(closed)
	o.refused(domain.ReasonReturnEnded, domain.AuthorizeReturn{ID: r.ID, Lines: []domain.AuthorizedLine{{Position: 1, Quantity: 1}}})
}

func TestNoMoreComesBackThanWasShipped(t *testing.T) {
	o := newOffice(t)
	lines := o.shipped(domain.ShipmentLine{SKU: "GOODS", Quantity: 10})
	first := o.one(o.ask(refer(lines[0], "7")))
	refusal := o.refused(domain.ReasonNotReturnable, o.ask(refer(lines[0], "4")))
	if refusal.Meta["available"] != "3" || len(refusal.Fields) != 1 || refusal.Fields[0].Path != "lines[0].quantity" {
		t.Errorf("refused with %+v", refusal)
	}
	twice := o.ask(refer(lines[0], "2"), domain.ReturnAsk{ShipmentLineID: lines[0], Quantity: "2", Lot: "L"})
	o.refused(domain.ReasonNotReturnable, twice)
	o.one(domain.VoidReturn{ID: first.ID, Lines: []domain.VoidedLine{{Position: 1, Quantity: 1}}})
	second := o.one(o.ask(refer(lines[0], "4")))
	o.refused(domain.ReasonNotReturnable, domain.AuthorizeReturn{ID: second.ID, Lines: []domain.AuthorizedLine{{Position: 1, Quantity: 1}}})
	o.one(domain.EndReturn{ID: first.ID, To: domain.ReturnCancelled})
	o.one(domain.AuthorizeReturn{ID: second.ID, Lines: []domain.AuthorizedLine{{Position: 1, Quantity: 6}}})
	o.refused(domain.ReasonNotReturnable, o.ask(refer(lines[0], "1")))
}

func TestBlindReturnIsNotCreditedUntilItIsAuthorised(t *testing.T) {
	o := newOffice(t)
	lines := o.shipped(domain.ShipmentLine{SKU: "GOODS", Quantity: 10})
	report := domain.ReceiveReturn{NewID: o.newID(), NodeID: "YORK", Document: "d1", Lines: []domain.ReturnedLine{
		{ShipmentLineID: lines[0], Received: 4}, {SKU: "lotted", Lot: "L1", Received: 2},
	}}
	r := o.one(report)
	if !r.Blind() || r.OrderID != "ord_1" || r.AccountID != "CUST-1" || r.NodeID != "YORK" || r.Lines[1].Lot != "L1" {
		t.Errorf("made %+v", r)
	}
	o.state(r, domain.ReturnReceiving)
	o.tells(received)
	o.one(found(r, "i", 1, restock(4)))
	o.one(found(r, "i", 2, domain.Inspection{OnHold: 2}))
	if r.Lines[0].Credited != 0 || r.Lines[0].Blind != 4 || r.Lines[1].OnHold != 2 {
		t.Errorf("lines %+v", r.Lines)
	}
	o.state(r, domain.ReturnInspected)
	o.tells(inspected, inspected)
	o.one(domain.AuthorizeReturn{ID: r.ID})
	o.tells(authorized, inspected)
	if moved := o.all[len(o.all)-1].Movements; len(moved) != 1 || moved[0] != (domain.ReturnMovement{Position: 1, Credited: 4}) {
		t.Errorf("credited by %+v", moved)
	}
	o.one(creditAll(r))
	o.state(r, domain.ReturnCredited) // two units are still on hold
	o.one(domain.EndReturn{ID: r.ID, To: domain.ReturnClosed, Reason: "kept"})
	o.state(r, domain.ReturnClosed)
	if again := o.one(report); again != r || len(o.kinds()) != 1 {
		t.Error("a repeat of the report has done something")
	}
}

func TestMoreThanAuthorisedIsBlind(t *testing.T) {
	o := newOffice(t)
	lines := o.shipped(domain.ShipmentLine{SKU: "GOODS", Quantity: 10})
	r := o.one(o.ask(refer(lines[0], "2")))
	o.one(came(r, "d", 1, 5))
	o.one(found(r, "i", 1, restock(5)))
	if line := r.Lines[0]; line.Blind != 3 || line.Credited != 2 {
		t.Errorf("line %+v", line)
	}
	o.one(creditAll(r))
	o.state(r, domain.ReturnCredited) // three units wait for a decision
	o.one(domain.AuthorizeReturn{ID: r.ID, Lines: []domain.AuthorizedLine{{Position: 1, Quantity: 1}}})
	if line := r.Lines[0]; line.Blind != 2 || line.Credited != 3 {
		t.Errorf("line %+v", line)
	}
	o.one(domain.EndReturn{ID: r.ID, To: domain.ReturnClosed, Reason: "theirs"})
	o.state(r, domain.ReturnInspected) // the credit is under way
	o.one(creditAll(r))
	o.state(r, domain.ReturnClosed)
}

func TestInspectionPartitionsWhatArrived(t *testing.T) {
	o := newOffice(t)
	lines := o.shipped(domain.ShipmentLine{SKU: "GOODS", Quantity: 20})
	r := o.one(o.ask(refer(lines[0], "15")))
	o.one(came(r, "d", 1, 12))
	o.kinds()
	o.one(found(r, "i", 1, domain.Inspection{
		Split: domain.Split{Restocked: 3, Damaged: 2, Scrapped: 1, ReturnedToVendor: 1}, OnHold: 4, Withheld: 2,
	}))
	line := r.Lines[0]
	if line.Uninspected != 1 || line.OnHold != 4 || line.Credited != 9 || line.WithheldReason == "" {
		t.Errorf("line %+v", line)
	}
	o.one(found(r, "i", 1, domain.Inspection{FromHold: domain.Split{Restocked: 2, Scrapped: 1}}))
	want := []domain.ReturnMovement{{Position: 1, OnHold: -3, Split: domain.Split{Restocked: 2, Scrapped: 1}}}
	if diff := cmp.Diff(want, o.all[len(o.all)-1].Movements); diff != "" {
		t.Error(diff)
	}
	if line = r.Lines[0]; line.Restocked != 5 || line.Scrapped != 2 || line.OnHold != 1 || line.Credited != 9 {
		t.Errorf("line %+v", line)
	}
	o.kinds()
	o.one(found(r, "i2", 1, restock(3))) // two of them nobody has seen come
	o.tells(received, inspected)
	if line = r.Lines[0]; line.Received != 14 || line.Uninspected != 0 || line.Credited != 12 {
		t.Errorf("line %+v", line)
	}
	o.one(came(r, "d", 1, 14))
	o.tells()
	o.refused(domain.ReasonUnknownLine, found(r, "i", 2, restock(1)))
	o.refused(domain.ReasonWithheldReason, domain.Inspect{ID: r.ID, Document: "i", Lines: []domain.InspectedLine{
		{Position: 1, Inspection: domain.Inspection{Withheld: 3}},
	}})
}

func TestReturnEndsBeforeAnythingCame(t *testing.T) {
	o := newOffice(t)
	lines := o.shipped(domain.ShipmentLine{SKU: "GOODS", Quantity: 10})
	free := o.desk.Allowances[lines[0]].Free
	ask := o.ask(refer(lines[0], "3"))
	ask.ForReview = true
	r := o.one(ask)
	o.refused(domain.ReasonNotAuthorized, domain.EndReturn{ID: r.ID, To: domain.ReturnClosed})
	o.one(domain.EndReturn{ID: r.ID, To: domain.ReturnDeclined, Reason: "too old"})
	o.one(domain.EndReturn{ID: r.ID, To: domain.ReturnDeclined, Reason: "again"})
	o.state(r, domain.ReturnDeclined)
	o.tells(requested, declined)
	r = o.one(o.ask(refer(lines[0], "3")))
	o.refused(domain.ReasonNotRequested, domain.EndReturn{ID: r.ID, To: domain.ReturnDeclined})
	o.one(domain.EndReturn{ID: r.ID, To: domain.ReturnCancelled, Reason: "kept"})
	o.state(r, domain.ReturnCancelled)
	o.tells(requested, authorized, declined)
	r = o.one(o.ask(refer(lines[0], "3")))
	o.refused(domain.ReasonNotVoidable, domain.VoidReturn{ID: r.ID, Lines: []domain.VoidedLine{{Position: 1, Quantity: 4}}})
	o.one(domain.VoidReturn{ID: r.ID, Lines: []domain.VoidedLine{{Position: 1, Quantity: 1}}})
	o.one(domain.VoidReturn{ID: r.ID})
	o.state(r, domain.ReturnCancelled)
	o.tells(requested, authorized, voided, declined)
	r = o.one(o.ask(refer(lines[0], "3")))
	o.one(domain.ExpireReturn{ID: r.ID, Today: r.ExpiresOn})
	o.state(r, domain.ReturnAuthorized)
	o.one(domain.ExpireReturn{ID: r.ID, Today: "2026-04-01"})
	o.state(r, domain.ReturnExpired)
	o.tells(requested, authorized, declined)
	if free() != 10 {
		t.Errorf("%d may come back, want all", free())
	}
	o.one(came(r, "d", 1, 2))
	o.state(r, domain.ReturnReceiving)
	if !r.Blind() {
		t.Error("what comes after its time is blind")
	}
	o.refused(domain.ReasonReturnStarted, domain.EndReturn{ID: r.ID, To: domain.ReturnCancelled})
	o.refused(domain.ReasonNotInspected, domain.EndReturn{ID: r.ID, To: domain.ReturnClosed})
}

func TestLateRestExpiresAndTheReturnCloses(t *testing.T) {
	o := newOffice(t)
	lines := o.shipped(domain.ShipmentLine{SKU: "GOODS", Quantity: 10})
	r := o.one(o.ask(refer(lines[0], "5")))
	o.one(came(r, "d", 1, 2))
	o.one(found(r, "i", 1, domain.Inspection{Split: domain.Split{Scrapped: 2}, Withheld: 2}))
	o.state(r, domain.ReturnInspected)
	o.kinds()
	o.desk.Now = o.desk.Now.Add(40 * 24 * time.Hour)
	o.one(domain.ExpireReturn{ID: r.ID, Today: o.desk.Now.Format(time.DateOnly)})
	o.state(r, domain.ReturnClosed)
	o.tells(voided, closed)
	if r.Lapses() != "" {
		t.Errorf("it lapses again on %s", r.Lapses())
	}
}

func TestRepeatsAndMemosNeverCountTooMuch(t *testing.T) {
	o := newOffice(t)
	lines := o.shipped(domain.ShipmentLine{SKU: "GOODS", Quantity: 10}, domain.ShipmentLine{SKU: "METRE", Quantity: 10})
	r := o.one(o.ask(refer(lines[0], "10"), refer(lines[1], "10")))
	report := domain.ReceiveReturn{ID: r.ID, Named: true, Document: "d", Lines: []domain.ReturnedLine{
		{Position: 1, Received: 3}, {Position: 2, Received: 3},
	}}
	o.one(report)
	report.Lines = []domain.ReturnedLine{{Position: 1, Received: 5}, {Position: 2, Received: 1}}
	o.one(report)
	if r.Lines[0].Received != 5 || r.Lines[1].Received != 3 {
		t.Errorf("lines %+v: an older counter beside a newer one changes nothing", r.Lines)
	}
	o.one(found(r, "i", 1, restock(4)))
	version := r.Version
	o.one(found(r, "i", 1, restock(4)))
	o.one(report)
	if r.Version != version {
		t.Error("a repeat has changed the return")
	}
	o.one(domain.CreditReturn{ID: r.ID, Lines: []domain.CreditedLine{{ShipmentLineID: lines[0], SKU: "GOODS", Quantity: "9"}}})
	if r.Lines[0].CreditIssued != 4 || r.Lines[1].CreditIssued != 0 {
		t.Errorf("lines %+v: a memo credits at most what is due", r.Lines)
	}
	o.refused("QUANTITY_INVALID", domain.CreditReturn{ID: r.ID, Lines: []domain.CreditedLine{{ShipmentLineID: lines[0], SKU: "GOODS", Quantity: "x"}}})
}
