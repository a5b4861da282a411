package billing

import (
	"testing"

	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/internal/reconcile/reconciletest"
)

// Three shipments of a line of 10 at 0.333: 1 + 1.33 + 1 minor units of rounding must end at the line's 3.33.
func TestPartialShipmentsAddUpToTheLine(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "0.333", "2")
	order.Lines[1].Service = true
	w.granted(order)
	w.ship(shipped(order, 1, 3, 2, 10), shipped(order, 1, 4))
	w.ship(shipped(order, 1, 2, 1, 1)) // one line in two parts of one shipment
	w.run(w.service)
	invoices := w.allIssued(3)
	var net int64
	for _, invoice := range invoices {
		for _, line := range invoice.GetLines() {
			if line.GetLineNumber() == 1 {
				net += line.GetNetAmountMinor()
			}
		}
	}
	if net != 333 {
		t.Errorf("the parts add up to %d, want the line's 333", net)
	}
	w.wantCredit("ACME", (333+67)+(2000+400), 0, 0)
}

func TestDuplicatedShipmentsAreInvoicedOnce(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "10")
	w.granted(order)
	one := shipped(order, 1, 10)
	w.ship(one, one)
	w.ship(one)
	w.run(w.service)
	w.allIssued(1)
	w.ship(one)
	w.wantCredit("ACME", 12_000, 0, 0)
	if n := w.count("invoice"); n != 1 {
		t.Errorf("%d invoices", n)
	}
	w.holds()
}

// A shipment that comes before its order's prices names its event, so that only this event waits.
func TestShipmentBeforeItsOrderWaits(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order, late := priced("ACME", "10"), priced("ACME", "10")
	w.granted(order)
	both := []proto.Message{shipped(order, 1, 1), shipped(late, 1, 1)}
	err := w.deliver(w.service.onShipmentShipped, both...)
	if fault.KindOf(err) != fault.Unavailable || fault.ReasonOf(err) != "ORDER_UNKNOWN" {
		t.Fatalf("error %v, want ORDER_UNKNOWN that says later", err)
	}
	if n := w.count("invoice"); n != 0 {
		t.Errorf("%d invoices of a batch that failed", n)
	}
	w.granted(late)
	if err := w.deliver(w.service.onShipmentShipped, both...); err != nil {
		t.Fatal(err)
	}
	if n := w.count("invoice"); n != 2 {
		t.Errorf("%d invoices", n)
	}
	w.holds()
}

func TestUnplannedLinesAreNotBilled(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "10")
	w.granted(order)
	mixed, nothing := shipped(order, 1, 10, 1, 3), shipped(order, 1, 1)
	mixed.Shipment.Lines[1].Unplanned, nothing.Shipment.Lines[0].Unplanned = true, true
	w.ship(mixed, nothing)
	w.run(w.service)
	invoices := w.allIssued(1)
	if len(invoices[0].GetLines()) != 1 || invoices[0].GetNetTotal().GetMinorUnits() != 10_000 {
		t.Errorf("invoice %v", invoices[0])
	}
	planned := reconcile.Key{Subject: mixed.GetShipmentId(), Line: 1, Part: mixed.GetShipment().GetLines()[0].GetShipmentLineId()}
	lines := reconciletest.Read(t, w.db, Figures(), "billing.shipment_lines")
	if len(lines) != 1 || lines[0] != (reconcile.Entry{Key: planned, Value: "10", Order: order.GetOrderId()}) {
		t.Errorf("invoiced lines %v", lines)
	}
	w.wantSnapshot(order, order)
}

func TestShipmentsThatCannotBeBilledAreBlamed(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "10")
	w.granted(order)
	scaled := shipped(order, 1, 1)
	scaled.Shipment.Lines[0].Scale = 2
	for reason, shipment := range map[string]proto.Message{"ORDER_LINE_UNKNOWN": shipped(order, 7, 1), "SCALE_MISMATCH": scaled} {
		if err := w.deliver(w.service.onShipmentShipped, shipment); fault.ReasonOf(err) != reason || fault.Retryable(err) {
			t.Errorf("error %v, want %s that no waiting mends", err, reason)
		}
	}
}

// A line without a price is invoiced like others: the order is shipped and must come to its end.
func TestFreeOrdersAreInvoiced(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "0")
	w.granted(order)
	w.ship(shipped(order, 1, 10))
	w.run(w.service)
	invoice := w.allIssued(1)[0]
	if invoice.GetInvoiceNumber() != "INV-MAIN-00000001" || invoice.GetTotal().GetMinorUnits() != 0 || invoice.GetJournalId() == "" {
		t.Errorf("invoice %v", invoice)
	}
	if invoice.GetState() != billingv1.InvoiceState_INVOICE_STATE_PAID || w.told("billing.invoice.paid") != 1 {
		t.Errorf("an invoice of nothing is settled as it is issued, not %s", invoice.GetState())
	}
}
