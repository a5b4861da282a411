package billing

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/money"
)

// charge adds a charge to an order, spread over its lines by their net amounts.
func charge(order *orderv1.PricedOrder, kind orderv1.ChargeType, amount int64) *orderv1.PricedOrder {
	order.Charges = append(order.Charges, &orderv1.PricedCharge{Type: kind, Description: "a charge", AmountMinor: amount, TaxClass: "standard"})
	return respread(order)
}

// respread splits every charge over the lines anew.
func respread(order *orderv1.PricedOrder) *orderv1.PricedOrder {
	nets := convertAll(order.GetLines(), (*orderv1.PricedLine).GetNetAmountMinor)
	for _, line := range order.GetLines() {
		line.ChargeMinor = nil
	}
	for _, charge := range order.GetCharges() {
		for i, part := range money.Allocate(charge.GetAmountMinor(), nets) {
			order.Lines[i].ChargeMinor = append(order.Lines[i].ChargeMinor, part)
		}
	}
	return reprice(order)
}

const (
	discount = orderv1.ChargeType_CHARGE_TYPE_DISCOUNT
	freight  = orderv1.ChargeType_CHARGE_TYPE_FREIGHT
	fee      = orderv1.ChargeType_CHARGE_TYPE_FEE
)

// charged sums what the invoices take of charges, by type.
func charged(invoices []*billingv1.Invoice) map[orderv1.ChargeType]int64 {
	sums := map[orderv1.ChargeType]int64{}
	for _, invoice := range invoices {
		for _, charge := range invoice.GetCharges() {
			sums[charge.GetType()] += charge.GetNetAmountMinor()
		}
	}
	return sums
}

// A discount, a freight and a fee of an order that ships in three parts: each part takes its share, the last one the rest,
// and each stands in its ledger.
func TestChargesOfAnOrderInThreeShipments(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "10", "3.33")
	charge(charge(charge(order, discount, -1000), freight, 500), fee, 100)
	w.granted(order)
	w.wantCredit("ACME", 0, 0, (9250+450+1940)+(3080+150+646)) // each line with its charges and the tax on them
	w.run(w.service)
	w.ship(shipped(order, 1, 3))
	first := w.allIssued(1)[0]
	// Line 1 has 750 of the discount, 375 of the freight, 75 of the fee; three tenths of each.
	want := []int64{3000, -225, 113, 23}
	got := []int64{first.GetLines()[0].GetNetAmountMinor()}
	for _, charge := range first.GetCharges() {
		got = append(got, charge.GetNetAmountMinor())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if line := first.GetLines()[0]; line.GetDiscountMinor() != -225 || line.GetTaxAmountMinor() != 555 {
		t.Errorf("the discount is not taken off before the tax: %v", line)
	}
	wantPosting := []string{
		"RECEIVABLE/ACME/3494/0", "REVENUE_GOODS//0/2775", "FREIGHT//0/113", "REVENUE_SERVICES//0/23", "TAX_PAYABLE/GB-0/0/583",
	}
	if diff := cmp.Diff(wantPosting, w.posting()); diff != "" {
		t.Error(diff)
	}
	w.ship(shipped(order, 2, 10))
	w.ship(shipped(order, 1, 7))
	invoices := w.allIssued(3)
	if diff := cmp.Diff(map[orderv1.ChargeType]int64{discount: -1000, freight: 500, fee: 100}, charged(invoices)); diff != "" {
		t.Error(diff)
	}
	var owed int64
	for _, invoice := range invoices {
		owed += invoice.GetTotal().GetMinorUnits()
	}
	w.wantCredit("ACME", owed, 0, 0)
}

// Parts that do not add up stop the order at the door.
func TestChargesThatDoNotAddUpAreRefused(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	for name, spoil := range map[string]func(*orderv1.PricedOrder){
		"a part is missing":    func(order *orderv1.PricedOrder) { order.Lines[1].ChargeMinor = nil },
		"a cent is lost":       func(order *orderv1.PricedOrder) { order.Lines[0].ChargeMinor[0]++ },
		"a discount is raised": func(order *orderv1.PricedOrder) { order.Charges[0].AmountMinor = 1000 },
		"no kind":              func(order *orderv1.PricedOrder) { order.Charges[0].Type = 0 },
		"more than the line": func(order *orderv1.PricedOrder) {
			order.Lines[0].ChargeMinor[0], order.Lines[1].ChargeMinor[0] = 0, -1000
			order.Lines[1].UnitPrice = "0.01"
		},
	} {
		order := charge(priced("ACME", "10", "10"), discount, -1000)
		spoil(order)
		if reasons := w.claim(claimOf(name, reprice(order))); reasons[0] != "SNAPSHOT_INVALID" {
			t.Errorf("%s: %v", name, reasons)
		}
	}
}

// What a warehouse ships beyond the order on a planned line is invoiced at the order's price; its charges do not grow.
func TestOverShippedUnitsAreInvoiced(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := charge(priced("ACME", "10"), freight, 500)
	w.granted(order)
	over := shipped(order, 1, 12)
	over.Shipment.Lines[0].OverShipped = 2
	w.ship(over)
	w.run(w.service)
	invoice := w.allIssued(1)[0]
	if got := totals(invoice); got != "12500 + 2500 = 15000 GBP" {
		t.Errorf("twelve of ten: %s", got)
	}
	w.wantCredit("ACME", 15_000, 0, 0)
}

// A shipment that makes unplanned lines billable is invoiced under its own id, those lines never.
func TestAbsorbingShipmentIsInvoicedUnderItsOwnID(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "10")
	w.granted(order)
	surplus := shipped(order, 1, 10, 1, 2)
	surplus.Shipment.Lines[1].Unplanned = true
	absorbing := shipped(order, 1, 2)
	absorbing.Shipment.AbsorbsShipmentId = surplus.GetShipmentId()
	w.ship(surplus)
	w.ship(absorbing, absorbing)
	w.run(w.service)
	invoices := w.allIssued(2)
	if invoices[0].GetShipmentId() != absorbing.GetShipmentId() || totals(invoices[0]) != "2000 + 400 = 2400 GBP" || totals(invoices[1]) != "10000 + 2000 = 12000 GBP" {
		t.Errorf("invoices %v", invoices)
	}
}
